"""People: names, roles, password hashes. The last admin stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from plantops_api.wire import Role
from plantops_server.access.callers import Caller
from plantops_server.errors import LastAdmin, NotAllowed, UsernameTaken, UserNotFound
from plantops_server.store.database import Connection
from plantops_server.store.ids import new_id
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__)

Row = dict[str, Any]


async def list_users(conn: Connection, limit: int, after: str | None, q: str | None) -> list[Row]:
    """Up to ``limit`` users by name, after the name ``after``."""
    cursor = await conn.execute(_SQL["list_users"], {"limit": limit, "after": after, "q": q})
    return await cursor.fetchall()


async def user_named(conn: Connection, username: str) -> Row | None:
    """The user of that name, with the password hash; None when there is none."""
    return await (await conn.execute(_SQL["user_by_name"], {"username": username})).fetchone()


async def get_user(conn: Connection, user_id: str) -> Row:
    """One user; raises UserNotFound."""
    row = await (await conn.execute(_SQL["user_by_id"], {"id": user_id})).fetchone()
    if row is None:
        raise UserNotFound(id=user_id)
    return row


async def managed_by(conn: Connection, caller: Caller, username: str | None) -> Row:
    """The user for whom ``caller`` makes a key: itself without ``username``, or, as admin, anybody.

    Raises NotAllowed and UserNotFound.
    """
    if username is None or username == caller.username:
        user: Row | None = await get_user(conn, caller.user_id)
    elif caller.may("admin"):
        user = await user_named(conn, username)
    else:
        raise NotAllowed(needed="admin", username=caller.username, role=caller.role)
    if user is None:
        raise UserNotFound(id=username)
    return user


async def create_user(
    conn: Connection, username: str, password_hash: str | None, role: Role, now: datetime
) -> Row:
    """Add a user; raises UsernameTaken."""
    values = {
        "id": new_id("usr"), "username": username, "password_hash": password_hash, "role": role, "now": now,
    }  # fmt: skip
    row = await (await conn.execute(_SQL["insert_user"], values)).fetchone()
    if row is None:
        raise UsernameTaken(username=username)
    return row


async def change_user(conn: Connection, user_id: str, role: Role | None, password_hash: str | None) -> Row:
    """Change role or password. A new password ends every session of the user.

    Raises UserNotFound, and LastAdmin rather than leaving nobody in charge.
    """
    if role is not None and role != "admin":
        await _keep_an_admin(conn, user_id)
    values = {"id": user_id, "role": role, "password_hash": password_hash}
    row = await (await conn.execute(_SQL["update_user"], values)).fetchone()
    if row is None:
        raise UserNotFound(id=user_id)
    if password_hash is not None:
        await conn.execute(_SQL["delete_sessions_of_user"], {"user_id": user_id})
    return row


async def remove_user(conn: Connection, user_id: str) -> None:
    """Remove a user with all tokens and sessions; raises UserNotFound and LastAdmin."""
    await _keep_an_admin(conn, user_id)
    if await (await conn.execute(_SQL["delete_user"], {"id": user_id})).fetchone() is None:
        raise UserNotFound(id=user_id)


async def note_login(conn: Connection, user_id: str, now: datetime, new_hash: str | None) -> None:
    """Remember a login; ``new_hash`` replaces a password hash that was made with older parameters."""
    await conn.execute(_SQL["logged_in"], {"id": user_id, "now": now})
    if new_hash is not None:
        await conn.execute(_SQL["rehash_password"], {"id": user_id, "password_hash": new_hash})


async def count_users(conn: Connection) -> int:
    """How many users there are: none only before the first start."""
    row = await (await conn.execute(_SQL["count_users"])).fetchone()
    return int(row["n"]) if row else 0


async def _keep_an_admin(conn: Connection, leaving: str) -> None:
    """Raises LastAdmin when ``leaving`` is the only admin; holds the admins' rows until the transaction ends."""
    admins = await (await conn.execute(_SQL["lock_admins"])).fetchall()
    if [admin["id"] for admin in admins] == [leaving]:
        raise LastAdmin(username=admins[0]["username"])
