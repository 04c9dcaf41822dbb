"""The server's own accounts: made once, sealed, the same for whoever asks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from plantops_server.broker.identities import ServerLogins, server_logins
from plantops_server.errors import WrongSecretKey
from plantops_server.store.database import Database
from plantops_server.store.vault import Vault, get_setting


async def logins(db: Database, vault: Vault, worker: str | None = None) -> ServerLogins:
    async with db.transaction() as conn:
        return await server_logins(conn, vault, worker)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.from_key_file(tmp_path / "secret.key")


async def test_processes_that_start_together_agree_on_one_password(db: Database, vault: Vault) -> None:
    made = await asyncio.gather(*(logins(db, vault) for _ in range(4)))
    assert len({login.ingest.password for login in made}) == 1


async def test_each_worker_has_accounts_of_its_own_and_all_are_known_to_everyone(
    db: Database, vault: Vault
) -> None:
    await logins(db, vault)
    worker = await logins(db, vault, "a")
    assert worker.ingest.client_id == "plantops-ingest-a"
    names = {login.username for login in (await logins(db, vault)).all}
    assert names == {"plantops-ingest", "plantops-downlink", "plantops-ingest-a", "plantops-downlink-a"}


async def test_passwords_are_sealed_in_the_database_and_hidden_in_what_is_printed(
    db: Database, vault: Vault
) -> None:
    made = await logins(db, vault)
    async with db.connection() as conn:
        kept = str(await get_setting(conn, "broker.identities"))
    for text in (kept, repr(made)):
        assert made.ingest.password not in text


async def test_another_key_is_told_so_and_makes_no_new_passwords(
    db: Database, vault: Vault, tmp_path: Path
) -> None:
    made = await logins(db, vault)
    with pytest.raises(WrongSecretKey):
        await logins(db, Vault.from_key_file(tmp_path / "another.key"))
    assert await logins(db, vault) == made
