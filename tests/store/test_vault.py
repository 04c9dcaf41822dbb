"""Secrets at rest."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantops_server import errors
from plantops_server.store.database import Database
from plantops_server.store.vault import Vault, get_setting, put_setting


def test_the_key_file_is_made_for_its_owner_only_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "state" / "secret.key"
    sealed = Vault.from_key_file(path).seal("hook")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Vault.from_key_file(path).unseal(sealed) == "hook"


def test_another_key_gives_a_sentence_and_not_garbage(tmp_path: Path) -> None:
    sealed = Vault.from_key_file(tmp_path / "a").seal("hook")
    with pytest.raises(errors.WrongSecretKey, match="original key file"):
        Vault.from_key_file(tmp_path / "b").unseal(sealed)


@pytest.mark.parametrize("content", ["", "short", "not base64 at all!"])
def test_a_damaged_key_file_is_refused_and_left_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secret.key"
    path.write_text(content)
    with pytest.raises(errors.WrongSecretKey):
        Vault.from_key_file(path)
    assert path.read_text() == content


@given(secret=st.text(max_size=200))
def test_what_was_sealed_comes_back_and_is_not_readable_meanwhile(secret: str) -> None:
    vault = Vault(b"k" * 32, Path("k"))
    sealed = vault.seal(secret)
    assert vault.unseal(sealed) == secret
    assert len(secret) < 4 or secret not in sealed
    assert sealed != vault.seal(secret)


async def test_a_setting_is_replaced_and_an_unknown_one_is_none(db: Database) -> None:
    async with db.transaction() as conn:
        await put_setting(conn, "colour", {"a": 1})
        await put_setting(conn, "colour", {"a": 2})
        assert await get_setting(conn, "colour") == {"a": 2}
        assert await get_setting(conn, "shape") is None
