"""API tokens: made once, shown once, kept as a hash, revoked at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from plantops_api.wire import ROLES, Role, TokenBody
from plantops_server.access import users
from plantops_server.access.callers import Caller, lower_role, require_role
from plantops_server.access.secrets import digest, new_api_token
from plantops_server.errors import ApiTokenNotFound
from plantops_server.store.database import Connection
from plantops_server.store.ids import new_id
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__)


class IssuedToken(NamedTuple):
    """A new token: its row, and the secret that is shown this once."""

    row: dict[str, Any]
    secret: str


async def issue_token(
    conn: Connection, user_id: str, name: str, role: Role, expires_at: datetime | None, now: datetime
) -> IssuedToken:
    """Make an API token for a user; its effective role is never above the user's."""
    secret = new_api_token()
    values = {
        "id": new_id("tok"), "user_id": user_id, "name": name, "hash": digest(secret), "role": role,
        "now": now, "expires_at": expires_at,
    }  # fmt: skip
    row = await (await conn.execute(_SQL["insert_token"], values)).fetchone()
    assert row is not None, "INSERT .. RETURNING without ON CONFLICT gives a row"  # noqa: S101
    return IssuedToken(row, secret)


async def give_token(conn: Connection, caller: Caller, body: TokenBody, now: datetime) -> dict[str, Any]:
    """A token that ``caller`` makes for itself or, as admin, for another user (``wire.TokenCreated``).

    Raises RoleTooHigh, NotAllowed and UserNotFound.
    """
    role = body.role or caller.role
    require_role(caller, role)
    owner = await users.managed_by(conn, caller, body.username)
    expires_at = None if body.expires_in_s is None else now + timedelta(seconds=body.expires_in_s)
    issued = await issue_token(conn, owner["id"], body.name, role, expires_at, now)
    effective = lower_role(role, owner["role"])
    return {**issued.row, "username": owner["username"], "role": effective, "token": issued.secret}


async def list_tokens(
    conn: Connection, user_id: str | None, limit: int, after: str | None, q: str | None
) -> list[dict[str, Any]]:
    """Up to ``limit`` tokens by id, of one user or of all; ``role`` is the effective one."""
    values = {"user_id": user_id, "limit": limit, "after": after, "q": q}
    rows = await (await conn.execute(_SQL["list_tokens"], values)).fetchall()
    return [_shown(row) for row in rows]


async def get_token(conn: Connection, token_id: str, caller: Caller) -> dict[str, Any]:
    """A token: an admin's any, another caller's own.

    Raises ApiTokenNotFound, also for a token of somebody else: whether it exists is not told.
    """
    values = {"id": token_id, "user_id": None if caller.may("admin") else caller.user_id}
    row = await (await conn.execute(_SQL["get_token"], values)).fetchone()
    if row is None:
        raise ApiTokenNotFound(id=token_id)
    return _shown(row)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "role": lower_role(row["token_role"], row["user_role"])}


async def revoke_token(conn: Connection, token_id: str, caller: Caller) -> None:
    """Revoke a token: an admin's any, another caller's own, none that is mightier than the caller.

    Raises ApiTokenNotFound, also for a token of somebody else: whether it exists is not told.
    """
    values = {
        "id": token_id,
        "user_id": None if caller.may("admin") else caller.user_id,
        "roles": list(ROLES[: ROLES.index(caller.role) + 1]),
    }
    if await (await conn.execute(_SQL["delete_token"], values)).fetchone() is None:
        raise ApiTokenNotFound(id=token_id)


async def revoke_tokens_named(conn: Connection, user_id: str, name: str) -> None:
    """Revoke a user's tokens of that name."""
    await conn.execute(_SQL["delete_tokens_named"], {"user_id": user_id, "name": name})
