"""Incidents of kind ``light_low``: a whole day's light under what the species needs, never a dark moment.

The sum of yesterday decides. It is over after a day with a tenth more than the minimum; a dull day within three days
after that continues the incident, since one cloudy week is one problem.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from plantops_server.incidents import outbox
from plantops_server.incidents.breach import PlantContext
from plantops_server.store.bell import ring
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__, "light.sql")

CLEARANCE = 1.1
"""Times the minimum: a day with so much light is bright enough."""
SAME_WITHIN = timedelta(days=3)
_JUDGED_WITHIN = timedelta(hours=48)
_BRIGHT = "a day with enough light"
_NO_LIMIT = "the limit was removed"


class _Day(NamedTuple):
    """One plant's day: its light and the minimum, mol/m²/d."""

    plant_id: str
    dli: float
    minimum: float

    @property
    def detail(self) -> str:
        return f"{self.dli:.1f} mol/m² in a day, needs {self.minimum:g}"


async def judge_light(
    conn: Connection, dli_by_plant: Mapping[str, float], contexts: Mapping[str, PlantContext], day: datetime,
    now: datetime,
) -> list[int]:  # fmt: skip
    """Open and resolve incidents by the light of one whole day; the ids of those that changed.

    ``dli_by_plant`` is in mol/m²/d and names only plants of which the whole day is known; the minimum is the limit
    ``dli`` of the plant's context. ``day`` is when that day began. Judging a day twice changes nothing, also when a
    person resolved the incident in between, and neither does an older day after a later one, as when the clock is set
    back over midnight. Writes ``alerts`` and the outbox and rings ``alert``.
    """
    plants = sorted(dli_by_plant.keys() & contexts.keys())
    if not plants:
        return []
    values = {"plants": plants, "since": now - SAME_WITHIN, "day": day}
    known = {row["plant_id"]: row for row in await (await conn.execute(_SQL["incidents"], values)).fetchall()}
    days = [_Day(p, dli_by_plant[p], minimum_of(contexts[p]) or 0.0) for p in plants]
    dark = [d for d in days if d.dli < d.minimum and not _settled(known.get(d.plant_id), day)]
    over = {
        known[d.plant_id]["id"]: _BRIGHT if d.minimum else _NO_LIMIT
        for d in days
        if d.dli >= CLEARANCE * d.minimum and _open_since(known.get(d.plant_id), day)
    }
    again = {known[d.plant_id]["id"]: d for d in dark if d.plant_id in known and _resting(known[d.plant_id])}
    new = [d for d in dark if d not in again.values()]
    changed = [
        *await _resolve(conn, over, now),
        *await _reopen(conn, again, now),
        *await _open(conn, new, contexts, day, now),
    ]
    await ring(conn, "alert", map(str, changed))
    return changed


def minimum_of(context: PlantContext) -> float | None:
    """The least light of a day that this plant needs, mol/m²/d; None when nobody knows."""
    threshold = context.thresholds.get("dli")
    return threshold.min if threshold else None


def _open_since(row: Mapping[str, Any] | None, day: datetime) -> bool:
    """Whether something is open that this day may end: a later day opened nothing of it."""
    return row is not None and row["resolved_at"] is None and row["opened_at"] <= day


def _settled(row: Mapping[str, Any] | None, day: datetime) -> bool:
    """Whether nothing is to be opened: it is open already, a person closed what this day opened, or a later day was
    bright: a bright day is judged within two days after it began."""
    if row is None:
        return False
    if row["resolved_at"] is None or row["resolved_at"] >= day + _JUDGED_WITHIN:
        return True
    return bool(row["resolution"] != _BRIGHT and row["resolved_at"] > day)


def _resting(row: Mapping[str, Any]) -> bool:
    return bool(row["resolution"] == _BRIGHT)


async def _resolve(conn: Connection, over: Mapping[int, str], now: datetime) -> list[int]:
    if not over:
        return []
    cursor = await conn.execute(
        _SQL["resolve"], {"ids": list(over), "texts": list(over.values()), "now": now}
    )
    rows = await cursor.fetchall()
    news = {row["id"]: {"resolved_at": now.isoformat(), "resolution": row["resolution"]} for row in rows}
    await outbox.enqueue_again(conn, "resolved", news, now)
    return list(news)


async def _reopen(conn: Connection, again: Mapping[int, _Day], now: datetime) -> list[int]:
    if not again:
        return []
    cursor = await conn.execute(
        _SQL["reopen"],
        {
            "ids": list(again),
            "values": [day.dli for day in again.values()],
            "thresholds": [day.minimum for day in again.values()],
            "details": [day.detail for day in again.values()],
            "bright": _BRIGHT,
        },
    )
    news = {
        row["id"]: {
            "text": again[row["id"]].detail,
            "resolved_at": None,
            "resolution": None,
            "returned": True,
        }
        for row in await cursor.fetchall()
    }
    await outbox.enqueue_again(conn, "changed", news, now)
    return list(news)


async def _open(
    conn: Connection, dark: list[_Day], contexts: Mapping[str, PlantContext], day: datetime, now: datetime
) -> list[int]:
    if not dark:
        return []
    cursor = await conn.execute(
        _SQL["open"],
        {
            "plants": [d.plant_id for d in dark],
            "values": [d.dli for d in dark],
            "thresholds": [d.minimum for d in dark],
            "details": [d.detail for d in dark],
            "day": day,
        },
    )
    ids = {row["plant_id"]: row["id"] for row in await cursor.fetchall()}
    events = [_opened(ids[d.plant_id], d, contexts[d.plant_id], day) for d in dark if d.plant_id in ids]
    await outbox.enqueue(conn, events, now)
    return [event.alert_id for event in events]


def _opened(alert_id: int, dark: _Day, context: PlantContext, day: datetime) -> outbox.Event:
    return outbox.Event(
        happened="opened", alert_id=alert_id, kind="light_low", severity="warning", plant_id=dark.plant_id,
        facts=outbox.Facts(
            plant_name=context.name, species=context.species, location=context.location,
            opened_at=day, text=dark.detail,
        ),
    )  # fmt: skip
