"""SSH keys of people, and the sessions that they open: a short-lived token each, which goes with its key."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from plantops_server.access import tokens, users
from plantops_server.access.callers import Caller
from plantops_server.access.public_keys import openssh_line, parse_public_key
from plantops_server.errors import NotAllowed, SshKeyNotFound, SshKeyTaken, UserNotFound
from plantops_server.store.database import Connection
from plantops_server.store.ids import new_id
from plantops_server.store.queries import load_queries

SESSION_LIFE = timedelta(hours=24)
"""A session that lasts longer asks to connect again: a door that died unseen leaves no token for longer."""

ME = "me"
"""Stands for the caller's own user in a path."""

_SQL = load_queries(__package__, "ssh_keys.sql")

Row = dict[str, Any]


async def owner_of_keys(conn: Connection, caller: Caller, user_id: str) -> users.Row:
    """The user whose keys ``caller`` may see and change: its own, or, as admin, anybody's.

    Raises UserNotFound, also for somebody else's: whether that user exists is not told.
    """
    if user_id in (ME, caller.user_id):
        return await users.get_user(conn, caller.user_id)
    if not caller.may("admin"):
        raise UserNotFound(id=user_id)
    return await users.get_user(conn, user_id)


async def add_key(conn: Connection, caller: Caller, user_id: str, line: str, now: datetime) -> Row:
    """Let a key log its user in. Raises NotAnSshKey, SshKeyTaken, UserNotFound.

    Raises NotAllowed when ``caller`` may less than the user: a weak token of an admin is no way up.
    """
    owner = await owner_of_keys(conn, caller, user_id)
    if not caller.may(owner["role"]):
        raise NotAllowed(needed=owner["role"], username=caller.username, role=caller.role)
    key = parse_public_key(line)
    values = {
        "id": new_id("key"), "user_id": owner["id"], "key_type": key.key_type, "key_data": key.data,
        "fingerprint": key.fingerprint, "comment": key.comment, "now": now,
    }  # fmt: skip
    row = await (await conn.execute(_SQL["insert_ssh_key"], values)).fetchone()
    if row is None:
        raise SshKeyTaken(fingerprint=key.fingerprint)
    return shown({**row, "username": owner["username"]})


async def list_keys(
    conn: Connection, user_id: str | None, limit: int, after: str | None, q: str | None,
    fingerprint: str | None = None,
) -> list[Row]:  # fmt: skip
    """Up to ``limit`` keys by id, of one user or of all."""
    values = {"user_id": user_id, "limit": limit, "after": after, "q": q, "fingerprint": fingerprint}
    rows = await (await conn.execute(_SQL["list_ssh_keys"], values)).fetchall()
    return [shown(row) for row in rows]


async def remove_key(conn: Connection, caller: Caller, user_id: str, key_id: str) -> None:
    """Take a key away; what is open by it is refused at its next request. Raises SshKeyNotFound, UserNotFound."""
    owner = await owner_of_keys(conn, caller, user_id)
    values = {"id": key_id, "user_id": owner["id"]}
    if await (await conn.execute(_SQL["delete_ssh_key"], values)).fetchone() is None:
        raise SshKeyNotFound(id=key_id)


async def open_session(
    conn: Connection, username: str, fingerprint: str | None, address: str | None, now: datetime
) -> Row:
    """A token with which an SSH door acts as ``username``, with that user's role or, once it is lowered, the lower one.

    With ``fingerprint`` the key must be that user's, and the token ends when the key is removed.
    Raises UserNotFound, SshKeyNotFound.
    """
    await conn.execute(_SQL["delete_expired_ssh_tokens"], {"now": now})
    user = await users.user_named(conn, username)
    if user is None:
        raise UserNotFound(id=username)
    key = None if fingerprint is None else await _key_of(conn, user["id"], fingerprint)
    name = f"ssh session from {address}" if address else "ssh session"
    issued = await tokens.issue_token(conn, user["id"], name, user["role"], now + SESSION_LIFE, now)
    if key is not None:
        await conn.execute(_SQL["bind_token"], {"token_id": issued.row["id"], "key_id": key["id"]})
        await conn.execute(_SQL["used_ssh_key"], {"id": key["id"], "now": now})
    return {**issued.row, "username": user["username"], "token": issued.secret}


def shown(row: Row) -> Row:
    """A key as ``wire.SshKey`` has it."""
    return {**row, "public_key": openssh_line(row["key_type"], row["key_data"])}


async def _key_of(conn: Connection, user_id: str, fingerprint: str) -> Row:
    row = await (await conn.execute(_SQL["ssh_key_by_fingerprint"], {"fingerprint": fingerprint})).fetchone()
    if row is None or row["user_id"] != user_id:
        raise SshKeyNotFound(id=fingerprint)
    return row
