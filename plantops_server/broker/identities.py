"""The server's own accounts at the broker: made once, sealed in the database, never changed while they are in use.

A change of password or role makes Mosquitto end the connection and empty the session, and with it every reading that
waits there.
"""

from __future__ import annotations

from typing import NamedTuple

from plantops_server.broker.address import Login
from plantops_server.broker.passwords import new_password
from plantops_server.broker.rights import DOWNLINK, INGEST
from plantops_server.store.database import Connection
from plantops_server.store.vault import Vault, get_setting, put_setting

_SETTING = "broker.identities"
_LOCK = 0x504C_4E54_0002  # two processes that start at once must not both make a password


class ServerLogins(NamedTuple):
    """This process's own accounts, and those of every process that ever ran (the broker must keep them all)."""

    ingest: Login
    downlink: Login
    all: list[Login]


async def server_logins(
    conn: Connection, vault: Vault, worker: str | None = None, *, process: str | None = None
) -> ServerLogins:
    """The accounts of this process, made at the first call; ``worker`` names one of several that ingest.

    ``process`` tells the downlinks of processes apart that do not ingest side by side (two connections under one
    client id would throw one another out for ever); default: ``worker``. Call inside a transaction. Raises
    WrongSecretKey when the stored passwords were sealed with another key.
    """
    mine = (_name(INGEST, worker), _name(DOWNLINK, worker or process))
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    sealed: dict[str, str] = await get_setting(conn, _SETTING) or {}
    missing = [name for name in mine if name not in sealed]
    if missing:
        sealed |= {name: vault.seal(new_password()) for name in missing}
        await put_setting(conn, _SETTING, sealed)
    logins = {name: Login(name, name, vault.unseal(secret)) for name, secret in sealed.items()}
    return ServerLogins(logins[mine[0]], logins[mine[1]], list(logins.values()))


async def all_logins(conn: Connection, vault: Vault) -> list[Login]:
    """The accounts of every process that ever ran. Raises WrongSecretKey."""
    sealed: dict[str, str] = await get_setting(conn, _SETTING) or {}
    return [Login(name, name, vault.unseal(secret)) for name, secret in sealed.items()]


def _name(base: str, suffix: str | None) -> str:
    return f"{base}-{suffix}" if suffix else base
