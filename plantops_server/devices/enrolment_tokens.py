"""Enrolment tokens: a device that shows one may register. Only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from plantops_server.devices.sql import SQL
from plantops_server.errors import EnrolmentTokenNotFound
from plantops_server.store.database import Connection
from plantops_server.store.ids import new_id

Row = dict[str, Any]

LIFETIME = timedelta(hours=24)
"""How long a token works unless somebody says otherwise."""

_PREFIX = "pe_"
_SECRET_BYTES = 32


class Made(NamedTuple):
    """A new token; ``secret`` exists nowhere else."""

    row: Row
    secret: str


async def make_token(
    conn: Connection, name: str, uses: int, lifetime: timedelta | None, who: str, now: datetime
) -> Made:
    """Make a token for ``uses`` registrations."""
    secret = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    values = {
        "id": new_id("ent"), "name": name, "hash": digest(secret), "uses": uses, "created_by": who, "now": now,
        "expires_at": now + (lifetime or LIFETIME),
    }  # fmt: skip
    row = await (await conn.execute(SQL["insert_token"], values)).fetchone()
    assert row is not None  # noqa: S101 - INSERT … RETURNING
    return Made(row, secret)


async def list_tokens(
    conn: Connection, limit: int, after: str | None = None, q: str | None = None
) -> list[Row]:
    """Tokens by id, without their secrets."""
    return await (await conn.execute(SQL["list_tokens"], {"limit": limit, "after": after, "q": q})).fetchall()


async def get_token(conn: Connection, token_id: str) -> Row:
    """One token without its secret. Raises EnrolmentTokenNotFound."""
    row = await (await conn.execute(SQL["get_token"], {"id": token_id})).fetchone()
    if row is None:
        raise EnrolmentTokenNotFound(id=token_id)
    return row


async def revoke_token(conn: Connection, token_id: str) -> None:
    """Make a token useless; devices that registered with it stay. Raises EnrolmentTokenNotFound."""
    if await (await conn.execute(SQL["delete_token"], {"id": token_id})).fetchone() is None:
        raise EnrolmentTokenNotFound(id=token_id)


async def is_valid(conn: Connection, secret: str, now: datetime) -> bool:
    """Whether a device that shows ``secret`` may register (or ask again for a lost answer)."""
    return await find(conn, secret, now) is not None


async def find(conn: Connection, secret: str, now: datetime) -> Row | None:
    """The token with this secret unless it has expired; it may be used up. Looked up by hash: no timing to measure."""
    return await (await conn.execute(SQL["token_by_hash"], {"hash": digest(secret), "now": now})).fetchone()


async def use(conn: Connection, token_id: str, now: datetime) -> bool:
    """Take one use of a token; False when none is left."""
    return await (await conn.execute(SQL["use_token"], {"id": token_id, "now": now})).fetchone() is not None


def digest(secret: str) -> bytes:
    """What is stored of a token: it is 256 random bits, which need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()
