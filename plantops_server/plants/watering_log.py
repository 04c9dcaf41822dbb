"""Waterings that were found in readings, beside those that people log: one event, one row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from plantops_server.plants.watering import Found
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__ or "", "knowledge.sql")

SAME = timedelta(hours=6)
"""A found watering this near to a known one is the same."""

Row = dict[str, Any]


async def write_found(
    conn: Connection, plant_id: str, found: Sequence[Found], since: datetime, until: datetime
) -> list[Found]:
    """Make the detected waterings of [since, until) those that were found; answers the new ones.

    A watering that a person logged keeps its time and source and learns what the probe showed. Detected ones that are
    not found any more go: more readings have shown that the rise did not last. Running it twice changes nothing.
    """
    await conn.execute(_SQL["lock_plant_waterings"], (plant_id,))
    values = {"plant_id": plant_id, "since": since - SAME}
    known: list[Row] = await (await conn.execute(_SQL["waterings_around"], values)).fetchall()
    kept: set[int] = set()
    new = []
    for event in (event for event in found if since <= event.at < until):
        match = _nearest(known, event, kept)
        numbers = {"at": event.at, "before": event.before, "after": event.after}
        if match is None:
            await conn.execute(_SQL["add_detected"], {"plant_id": plant_id, **numbers})
            new.append(event)
            continue
        kept.add(match["id"])
        if match["source"] == "detected" and match["at"] != event.at:
            await conn.execute(_SQL["move_detected"], {"id": match["id"], **numbers})
        elif match["moisture_before"] is None:
            await conn.execute(_SQL["complete_watering"], {"id": match["id"], **numbers})
            new.append(event)
    gone = [
        row["id"]
        for row in known
        if row["source"] == "detected" and row["id"] not in kept and since <= row["at"] < until
    ]
    if gone:
        await conn.execute(_SQL["forget_detected"], (gone,))
    return new


async def detected_near(conn: Connection, plant_id: str, at: datetime) -> Row | None:
    """The watering that readings showed around a time, for a person who logs it later; locks the plant's log."""
    await conn.execute(_SQL["lock_plant_waterings"], (plant_id,))
    values = {"plant_id": plant_id, "since": at - SAME}
    rows = await (await conn.execute(_SQL["waterings_around"], values)).fetchall()
    near = [row for row in rows if row["source"] == "detected" and abs(row["at"] - at) <= SAME]
    return min(near, key=lambda row: abs(row["at"] - at), default=None)


async def watering_times(conn: Connection, plant_id: str, since: datetime, now: datetime) -> list[datetime]:
    """When a plant was watered since a time, oldest first."""
    values = {"plant_id": plant_id, "since": since, "now": now}
    return [row["at"] for row in await (await conn.execute(_SQL["watering_times"], values)).fetchall()]


def _nearest(known: Sequence[Row], event: Found, kept: set[int]) -> Row | None:
    near = [row for row in known if row["id"] not in kept and abs(row["at"] - event.at) <= SAME]
    return min(near, key=lambda row: (row["source"] != "logged", abs(row["at"] - event.at)), default=None)
