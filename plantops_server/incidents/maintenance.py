"""Maintenance: for a while nothing is told, about one plant or about anything. Incidents are recorded all the same.

What opened meanwhile is marked, and told at the end if it is still open; what came and went is in the list only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from plantops_server.errors import InvalidInput
from plantops_server.store.bell import ring
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__, "maintenance.sql")

HELD = "maintenance"
"""Why a message waits: the mark by which the end of maintenance finds it."""
_LONGEST = timedelta(days=366)

Row = dict[str, Any]


async def begin(
    conn: Connection, plant_id: str | None, until: datetime, note: str | None, who: str, now: datetime
) -> Row:
    """Tell nothing about a plant (None: about anything) before ``until``.

    Raises InvalidInput when ``until`` is not within the next year.
    """
    if not now < until <= now + _LONGEST:
        raise InvalidInput(problem="Maintenance ends in the future and within a year; give another time.")
    values = {"plant_id": plant_id, "until": until, "note": note or None, "who": who, "now": now}
    row = await (await conn.execute(_SQL["begin"], values)).fetchone()
    assert row is not None, "INSERT .. RETURNING gives a row"  # noqa: S101
    return row


async def end(conn: Connection, plant_id: str | None, now: datetime) -> bool:
    """Tell again, also what waits and is still open; False when there was no such maintenance."""
    cursor = await conn.execute(_SQL["end"], {"plant_id": plant_id})
    if await cursor.fetchone() is None:
        return False
    await conn.execute(_SQL["release"], {"plant_id": plant_id, "now": now, "reason": HELD})
    await ring(conn, "outbox", ["maintenance"])
    return True


async def active(conn: Connection, now: datetime) -> list[Row]:
    """What is in maintenance; the whole installation first."""
    return await (await conn.execute(_SQL["active"], {"now": now})).fetchall()


async def mark(conn: Connection, alert_ids: Sequence[int], now: datetime) -> None:
    """Mark those of these incidents that open in maintenance."""
    if alert_ids:
        await conn.execute(_SQL["mark"], {"ids": list(alert_ids), "now": now})


async def forget_before(conn: Connection, before: datetime) -> None:
    """Forget maintenance that ended before then."""
    await conn.execute(_SQL["forget_past"], {"before": before})
