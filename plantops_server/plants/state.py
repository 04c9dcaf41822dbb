"""``plant_state``: one row a plant with its newest trusted values, kept by the transaction that stores readings.

Lock before judging, apply after it: two workers then never count the incidents of one plant at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import sql

from plantops_api.wire import METRICS, DeviceStatus, Severity
from plantops_server.plants.trust import health_of, trust_of
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

SQL = load_queries(__package__ or "", "state.sql")

Summary = tuple[int, Severity | None]
"""Open incidents of a plant: how many, and the worst severity of those about the plant itself."""


class News(NamedTuple):
    """What is new of one plant.

    ``values`` holds the newest trusted value and time by metric, ``last_reading_at`` the newest trusted reading
    that says something about the plant itself, ``faulty`` whether its newest soil reading shows a sensor fault (None:
    as it was); ``interval_s``, ``next_wake_at`` and ``status`` are of its devices (no interval: it has none).
    """

    plant_id: str
    values: Mapping[str, tuple[float, datetime]] = {}
    last_reading_at: datetime | None = None
    interval_s: float | None = None
    next_wake_at: datetime | None = None
    status: DeviceStatus | None = None
    faulty: bool | None = None


async def lock(conn: Connection, plant_ids: Iterable[str]) -> dict[str, dict[str, datetime]]:
    """Lock the state rows of these plants, in the order of their ids, until the transaction ends.

    Makes the rows that are missing. Answers, for the ids that exist as plants, when each metric was measured last.
    """
    ids = sorted(set(plant_ids))
    if not ids:
        return {}
    rows = await _lock(conn, ids)
    if len(rows) < len(ids):
        await conn.execute(SQL["add_missing_states"], (ids,))
        rows = await _lock(conn, ids)
    return {
        row["plant_id"]: {m: row[f"{m}_at"] for m in METRICS if row[f"{m}_at"] is not None} for row in rows
    }


async def apply(
    conn: Connection, news: Sequence[News], summaries: Mapping[str, Summary], now: datetime
) -> list[str]:
    """Bring the rows of these plants up to date; call ``lock`` first.

    Values only ever become newer. Trust and health are those at ``now``. Answers the ids whose health, trust or open
    incidents changed.
    """
    if not news:
        return []
    rows = {row["plant_id"]: row for row in await _read(conn, [n.plant_id for n in news])}
    known = [n for n in news if n.plant_id in rows]
    words = [_words(n, rows[n.plant_id], summaries.get(n.plant_id, (0, None)), now) for n in known]
    await conn.execute(SQL["write_states"], _columns(known, words, now))
    before = [
        (row["health"], row["trust"], row["open_incidents"]) for row in (rows[n.plant_id] for n in known)
    ]
    return [
        n.plant_id
        for n, word, old in zip(known, words, before, strict=True)
        if (word.health, word.trust, word.open_incidents) != old
    ]


async def correct(conn: Connection, plant_id: str, metric: str, value: float, at: datetime) -> None:
    """Set the newest value of a metric whatever it was: it was derived anew. Call ``lock`` first."""
    query = sql.SQL(SQL["correct_state"]).format(sql.Identifier(metric), sql.Identifier(f"{metric}_at"))
    await conn.execute(query, (value, at, plant_id))


async def overdue(conn: Connection, now: datetime) -> list[str]:
    """Plants whose trust may have sunk by mere time: the watcher gives them to ``lock`` and ``apply``."""
    cursor = await conn.execute(SQL["overdue_states"], {"now": now})
    return [row["plant_id"] for row in await cursor.fetchall()]


class _Words(NamedTuple):
    health: str
    trust: str
    open_incidents: int
    last_reading_at: datetime | None
    interval_s: float | None
    faulty: bool


def _words(news: News, row: Mapping[str, Any], summary: Summary, now: datetime) -> _Words:
    times = [at for at in (news.last_reading_at, row["last_reading_at"]) if at is not None]
    newest = max(times) if times else None
    # When no device watches the plant any more, what was measured grows old by the interval that was kept.
    interval = (row["expected_interval_s"] if news.interval_s is None else news.interval_s) or 0.0
    faulty = row["faulty"] if news.faulty is None else news.faulty
    trust = trust_of(now, newest, interval, news.next_wake_at, news.status, faulty)
    count, worst = summary
    return _Words(health_of(trust, worst), trust, count, newest, interval or None, faulty)


def _columns(news: Sequence[News], words: Sequence[_Words], now: datetime) -> dict[str, Any]:
    columns: dict[str, Any] = {"now": now, "plant_id": [n.plant_id for n in news]}
    for field in _Words._fields:
        columns[field] = [getattr(word, field) for word in words]
    for metric in METRICS:
        pairs = [n.values.get(metric, (None, None)) for n in news]
        columns[metric] = [value for value, _ in pairs]
        columns[f"{metric}_at"] = [at for _, at in pairs]
    return columns


async def _lock(conn: Connection, plant_ids: list[str]) -> list[dict[str, Any]]:
    return await (await conn.execute(SQL["lock_states"], (plant_ids,))).fetchall()


async def _read(conn: Connection, plant_ids: list[str]) -> list[dict[str, Any]]:
    return await (await conn.execute(SQL["read_states"], (plant_ids,))).fetchall()
