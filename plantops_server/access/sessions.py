"""Sessions of browsers and the one-time links that open them. Kept by the server, so that it can end them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from plantops_server.access import users
from plantops_server.access.callers import SESSION_ABSOLUTE, SESSION_IDLE, Caller, require_role
from plantops_server.access.secrets import digest, new_opaque_secret
from plantops_server.errors import LoginLinkNotAccepted
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

LINK_LIFE = timedelta(minutes=10)

_SQL = load_queries(__package__)


async def open_session(conn: Connection, user_id: str, now: datetime, replaces: str | None = None) -> str:
    """A new session's secret, for the cookie; ``replaces`` is the session that the browser came with.

    Always a fresh secret: one that was planted before the login is worth nothing after it.
    """
    secret = new_opaque_secret()
    if replaces is not None:
        await close_session(conn, replaces)
    await conn.execute(_SQL["delete_expired_sessions"], {"now": now, "idle_since": now - SESSION_IDLE})
    values = {"hash": digest(secret), "user_id": user_id, "now": now, "expires_at": now + SESSION_ABSOLUTE}
    await conn.execute(_SQL["insert_session"], values)
    return secret


async def close_session(conn: Connection, secret: str) -> None:
    """End a session; nothing happens when it is over already."""
    await conn.execute(_SQL["delete_session"], {"hash": digest(secret)})


async def give_login_link(
    conn: Connection, caller: Caller, username: str | None, base_url: str, now: datetime
) -> dict[str, Any]:
    """A login link that ``caller`` makes for itself or, as admin, for another user (``wire.LoginLink``).

    Raises NotAllowed, UserNotFound, and RoleTooHigh when the session could do more than the caller.
    """
    owner = await users.managed_by(conn, caller, username)
    require_role(caller, owner["role"])
    secret = await make_login_link(conn, owner["id"], now)
    return {
        "url": link_url(base_url, secret), "username": owner["username"], "expires_at": now + LINK_LIFE,
    }  # fmt: skip


def link_url(base_url: str, secret: str) -> str:
    """Where a browser uses a login link. In the query, which no log of ours keeps; a page there asks to go on."""
    return f"{base_url.rstrip('/')}/login?link={secret}"


async def make_login_link(conn: Connection, user_id: str, now: datetime) -> str:
    """The secret of a link that logs ``user_id`` in once, within LINK_LIFE."""
    secret = new_opaque_secret()
    await conn.execute(_SQL["delete_expired_login_links"], {"now": now})
    values = {"hash": digest(secret), "user_id": user_id, "expires_at": now + LINK_LIFE}
    await conn.execute(_SQL["insert_login_link"], values)
    return secret


async def login_link_owner(conn: Connection, secret: str, now: datetime) -> str:
    """Whom a link would log in; it stays good. Raises LoginLinkNotAccepted."""
    cursor = await conn.execute(_SQL["login_link_owner"], {"hash": digest(secret), "now": now})
    row: dict[str, Any] | None = await cursor.fetchone()
    if row is None:
        raise LoginLinkNotAccepted
    return str(row["username"])


async def use_login_link(conn: Connection, secret: str, now: datetime) -> str:
    """The user id behind a link, which is spent by this; raises LoginLinkNotAccepted."""
    cursor = await conn.execute(_SQL["use_login_link"], {"hash": digest(secret)})
    row: dict[str, Any] | None = await cursor.fetchone()
    if row is None or row["expires_at"] <= now:
        raise LoginLinkNotAccepted
    return str(row["user_id"])
