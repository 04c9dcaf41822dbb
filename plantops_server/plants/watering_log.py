"""Waterings that were found in readings, beside those that people log: one event, one row; and those taken back."""

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
    not found any more go: more readings have shown that the rise did not last. One that a person took back is not found
    again. Running it twice changes nothing.
    """
    await conn.execute(_SQL["lock_plant_waterings"], (plant_id,))
    values = {"plant_id": plant_id, "since": since - SAME}
    known: list[Row] = await (await conn.execute(_SQL["waterings_around"], values)).fetchall()
    none = [row["at"] for row in await (await conn.execute(_SQL["taken_back"], values)).fetchall()]
    kept: set[int] = set()
    new = []
    for event in (event for event in _believed(found, none) if since <= event.at < until):
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


async def take_back(
    conn: Connection, plant_id: str, watering_id: int, who: str, now: datetime
) -> datetime | None:
    """A watering was none: when it is said to have been, or None where there is no such watering.

    What a probe showed of it is remembered to be no watering, so that it is not found again; locks the plant's log.
    """
    await conn.execute(_SQL["lock_plant_waterings"], (plant_id,))
    values = {"plant_id": plant_id, "id": watering_id}
    gone = await (await conn.execute(_SQL["take_watering_back"], values)).fetchone()
    if gone is None:
        return None
    at: datetime = gone["at"]
    if gone["moisture_before"] is not None:
        values = {"plant_id": plant_id, "at": at, "now": now, "who": who}
        await conn.execute(_SQL["remember_taken_back"], values)
    return at


async def believe_again(conn: Connection, plant_id: str, at: datetime) -> None:
    """What was taken back around a time is believed again, since a person logs a watering there."""
    values = {"plant_id": plant_id, "since": at - SAME, "until": at + SAME}
    await conn.execute(_SQL["forget_taken_back"], values)


async def watering_times(conn: Connection, plant_id: str, since: datetime, now: datetime) -> list[datetime]:
    """When a plant was watered since a time, oldest first."""
    values = {"plant_id": plant_id, "since": since, "now": now}
    return [row["at"] for row in await (await conn.execute(_SQL["watering_times"], values)).fetchall()]


def _believed(found: Sequence[Found], none: Sequence[datetime]) -> list[Found]:
    """Those of which nobody said that they were none; each time in ``none`` is the nearest of them and no second."""
    believed = list(found)
    for at in none:
        event = min(believed, key=lambda one: abs(one.at - at), default=None)
        if event is not None and abs(event.at - at) <= SAME:
            believed.remove(event)
    return believed


def _nearest(known: Sequence[Row], event: Found, kept: set[int]) -> Row | None:
    near = [row for row in known if row["id"] not in kept and abs(row["at"] - event.at) <= SAME]
    return min(near, key=lambda row: (row["source"] != "logged", abs(row["at"] - event.at)), default=None)
