"""Who is calling: an API token or a session cookie becomes a Caller, by one lookup in the database a request.

Nothing is cached, so that a revoked token or session is refused at its next request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from plantops_api.wire import ROLES, Role
from plantops_server.access.secrets import digest
from plantops_server.errors import RoleTooHigh, TokenNotAccepted, Unauthenticated
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

SESSION_IDLE = timedelta(days=7)
SESSION_ABSOLUTE = timedelta(days=30)
TOUCH_EVERY = timedelta(minutes=1)
"""``last_used_at`` is exact to this: a write at each request would cost more than the request."""

_SQL = load_queries(__package__)


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated person or program and what it may do."""

    user_id: str
    username: str
    role: Role
    via: Literal["session", "token"]
    token_id: str | None = None
    token_name: str | None = None

    def may(self, needed: Role) -> bool:
        """Whether this caller's role includes ``needed``."""
        return ROLES.index(self.role) >= ROLES.index(needed)


def lower_role(one: Role, other: Role) -> Role:
    """The weaker of two roles."""
    return min(one, other, key=ROLES.index)


def require_role(caller: Caller, asked: Role) -> None:
    """Raises RoleTooHigh when ``caller`` would give away more than it may itself."""
    if not caller.may(asked):
        raise RoleTooHigh(username=caller.username, role=caller.role, asked=asked)


async def caller_of_token(conn: Connection, token: str, now: datetime) -> Caller:
    """The caller who holds an API token; its role is never above its user's.

    Raises TokenNotAccepted for an unknown, expired or revoked one, all alike.
    """
    row = await (await conn.execute(_SQL["caller_of_token"], {"hash": digest(token), "now": now})).fetchone()
    if row is None:
        raise TokenNotAccepted
    if _stale(row["last_used_at"], now):
        await conn.execute(_SQL["touch_token"], {"id": row["token_id"], "now": now})
    role = lower_role(row["token_role"], row["user_role"])
    return Caller(row["user_id"], row["username"], role, "token", row["token_id"], row["token_name"])


async def caller_of_session(conn: Connection, secret: str, now: datetime) -> Caller:
    """The caller whose browser holds this session; raises Unauthenticated when it is over."""
    key = {"hash": digest(secret), "now": now, "idle_since": now - SESSION_IDLE}
    row = await (await conn.execute(_SQL["caller_of_session"], key)).fetchone()
    if row is None:
        raise Unauthenticated
    if _stale(row["last_used_at"], now):
        await conn.execute(_SQL["touch_session"], key)
    return Caller(row["user_id"], row["username"], row["user_role"], "session")


def _stale(last_used_at: datetime | None, now: datetime) -> bool:
    return last_used_at is None or now - last_used_at >= TOUCH_EVERY
