"""Incidents of kind ``battery_low``: one a device, by the slow median of what it says of its battery.

A battery's voltage sags in the cold and while the radio sends, so single readings say little. What a person set as the
plant's lower limit of ``battery`` holds instead of the default. An incident that ended is not opened again for a day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from plantops_server.incidents import outbox
from plantops_server.incidents.breach import PlantContext
from plantops_server.store.bell import ring
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__, "battery.sql")

LOW = 20.0
"""%, below which the median is too low, unless the plant has a limit of its own."""
CLEARANCE = 5.0
"""Percentage points above the limit at which it is over."""
CHANGED = 50.0
"""%, at which the newest readings show a new or charged battery, whatever the slow median still says."""
REST = timedelta(hours=24)
_OVER = "the battery was changed or charged"


class BatteryLevel(NamedTuple):
    """What a device says of its battery, %: the median of a day, and the least of its newest readings."""

    device_id: str
    device_name: str | None
    plant_id: str | None
    median: float
    newest: float


async def judge_batteries(
    conn: Connection, levels: Sequence[BatteryLevel], contexts: Mapping[str, PlantContext], now: datetime
) -> list[int]:
    """Open and resolve incidents by these levels; the ids of those that changed.

    Writes ``alerts`` and the outbox and rings ``alert`` in the caller's transaction.
    """
    rows = await (await conn.execute(_SQL["open_batteries"], {"since": now - REST})).fetchall()
    known = {row["device_id"]: row["id"] for row in rows if row["resolved_at"] is None}
    resting = {row["device_id"] for row in rows}
    limits = {level.device_id: limit_of(contexts.get(level.plant_id or "")) for level in levels}
    over = [known[v.device_id] for v in levels if v.device_id in known and _over(v, limits[v.device_id])]
    low = [v for v in levels if v.device_id not in resting and _low(v, limits[v.device_id])]
    changed = [*await _resolve(conn, over, now), *await _open(conn, low, limits, contexts, now)]
    await ring(conn, "alert", map(str, changed))
    return changed


async def open_devices(conn: Connection) -> set[str]:
    """The devices with an open incident."""
    return {row["device_id"] for row in await (await conn.execute(_SQL["open_devices"])).fetchall()}


def limit_of(context: PlantContext | None) -> float:
    """The lower limit of the battery, %, of a device that sits in this plant."""
    threshold = context.thresholds.get("battery") if context else None
    return LOW if threshold is None or threshold.min is None else threshold.min


def _low(level: BatteryLevel, limit: float) -> bool:
    return level.median < limit and level.newest <= limit + CLEARANCE


def _over(level: BatteryLevel, limit: float) -> bool:
    return level.median > limit + CLEARANCE or level.newest > max(CHANGED, limit + CLEARANCE)


async def _resolve(conn: Connection, ids: Sequence[int], now: datetime) -> list[int]:
    if not ids:
        return []
    cursor = await conn.execute(_SQL["resolve"], {"ids": list(ids), "text": _OVER, "now": now})
    news = {
        row["id"]: {"resolved_at": now.isoformat(), "resolution": _OVER} for row in await cursor.fetchall()
    }
    await outbox.enqueue_again(conn, "resolved", news, now)
    return list(news)


async def _open(
    conn: Connection, low: Sequence[BatteryLevel], limits: Mapping[str, float],
    contexts: Mapping[str, PlantContext], now: datetime,
) -> list[int]:  # fmt: skip
    if not low:
        return []
    cursor = await conn.execute(
        _SQL["open"],
        {
            "plants": [level.plant_id for level in low],
            "devices": [level.device_id for level in low],
            "values": [level.median for level in low],
            "thresholds": [limits[level.device_id] for level in low],
            "now": now,
        },
    )
    ids = {row["device_id"]: row["id"] for row in await cursor.fetchall()}
    events = [
        _opened(ids[v.device_id], v, limits[v.device_id], contexts.get(v.plant_id or ""), now)
        for v in low
        if v.device_id in ids
    ]
    await outbox.enqueue(conn, events, now)
    return [event.alert_id for event in events]


def _opened(
    alert_id: int, level: BatteryLevel, limit: float, context: PlantContext | None, now: datetime
) -> outbox.Event:
    return outbox.Event(
        happened="opened", alert_id=alert_id, kind="battery_low", severity="warning", plant_id=level.plant_id,
        facts=outbox.Facts(
            plant_name=context.name if context else None, species=context.species if context else None,
            location=context.location if context else None,
            device_id=level.device_id, device_name=level.device_name,
            metric="battery", value=level.median, threshold=limit, min=limit, opened_at=now,
        ),
    )  # fmt: skip
