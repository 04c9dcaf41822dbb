"""The bell: NOTIFY with ids, no data. Whoever hears it reads the row again, so a lost ring loses nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from typing import Literal, TypeAlias

from plantops_server.store.database import Connection, connect

Ring: TypeAlias = Literal["plant", "device", "alert", "care_plan", "outbox", "accounts"]

_CHANNEL = "plantops"
_KEEPALIVES = {"keepalives": 1, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}


async def ring(conn: Connection, event: Ring, ids: Iterable[str]) -> None:
    """Ring once for each id; heard when the caller's transaction commits, never when it rolls back."""
    payloads = [f"{event}:{i}" for i in dict.fromkeys(ids)]
    if payloads:
        await conn.execute("SELECT pg_notify(%s, p) FROM unnest(%s::text[]) AS p", (_CHANNEL, payloads))


async def listen(dsn: str) -> AsyncIterator[tuple[str, str]]:
    """Yield ``(event, id)`` for each ring, for ever, after one ``("listening", "")`` once it hears.

    Raises psycopg.OperationalError when the connection is lost: the caller listens again and, since rings
    may have been missed meanwhile, reads everything again.
    """
    conn = await connect(dsn, **_KEEPALIVES)
    async with conn:
        await conn.execute(f"LISTEN {_CHANNEL}")
        yield "listening", ""
        async with aclosing(conn.notifies()) as rings:
            async for notify in rings:
                event, _, id_ = notify.payload.partition(":")
                yield event, id_
