"""Read model of devices: what a list of them shows, with plant names, trust and rejected packets. Never a secret."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from plantops_server.errors import DeviceNotFound
from plantops_server.plants.trust import trust_of
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries
from plantops_server.telemetry import rejects

_SQL = load_queries(__package__ or "plantops_server", "roster.sql")

Row = dict[str, Any]


async def page_of_devices(
    conn: Connection, now: datetime, *, limit: int, after: str | None = None, q: str | None = None
) -> list[Row]:
    """Devices in use (``wire.Device``), the newest first; ``after`` is the id of the last one of the page before."""
    rows = await (
        await conn.execute(_SQL["page_of_devices"], {"limit": limit, "after": after, "q": q})
    ).fetchall()
    return [_shown(row, now) for row in rows]


async def device(conn: Connection, device_id: str, now: datetime) -> Row:
    """One device in use (``wire.Device``) with what was rejected of it. Raises DeviceNotFound."""
    row = await (await conn.execute(_SQL["device"], {"id": device_id})).fetchone()
    if row is None:
        raise DeviceNotFound(id=device_id)
    return _shown(row, now) | {"rejected": await rejects.of_device(conn, device_id)}


def _shown(row: Row, now: datetime) -> Row:
    interval, wake = row.pop("expected_interval_s"), row.pop("next_wake_at")
    faulty = row["fault"] is not None
    return row | {"trust": trust_of(now, row["last_reading_at"], interval, wake, row["status"], faulty)}
