"""What a plant measured, as columns: raw points when they are few, else equal buckets whose gaps are null.

Buckets have a round width and begin at round times, so that two requests a minute apart show the same buckets.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypedDict

from psycopg import sql
from psycopg.rows import tuple_row

from plantops_api.wire import METRICS, PLANT_METRICS
from plantops_server.store.database import Connection
from plantops_server.telemetry import flags
from plantops_server.telemetry.rollups import HALF_HOUR
from plantops_server.telemetry.statements import SQL

SPARK_BUCKETS = 48
SPARK_METRICS: tuple[str, ...] = PLANT_METRICS[:4]
"""What every card has a line of; conductivity has one where it was measured."""

WIDTHS_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200, 86_400, 172_800,
    604_800,
)  # fmt: skip
"""Widths a bucket may have, s: divisors of a day, then days, so that buckets line up with the clock."""

_HOUR_S = 3600
_KINDS = ("mean", "min", "max")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Column = list[float | None]


class Columns(TypedDict):
    """The columns of ``wire.History``. Raw points have ``bucket_s`` None, flags, and min = mean = max."""

    plant_id: str
    start: datetime
    end: datetime
    bucket_s: float | None
    times: list[datetime]
    flags: list[int]
    series: dict[str, dict[str, _Column]]


class Sparklines(NamedTuple):
    """24 h in 48 buckets a metric, the last one ending at ``end``: plant id -> metric -> mean (list), min, max."""

    end: datetime
    of_plant: dict[str, dict[str, dict[str, Any]]]


async def history(
    conn: Connection, plant_id: str, start: datetime, end: datetime, points: int, metrics: Sequence[str]
) -> Columns:
    """What was measured in [start, end): raw when at most ``points`` readings lie there, else about that many buckets.

    Raw points include flagged readings, with their flags; buckets hold trusted ones only. ``metrics`` are names of
    ``wire.METRICS``. Buckets of an hour and more come from the hourly roll-up, which the worker keeps a minute behind.
    """
    unknown = set(metrics) - set(METRICS)
    if unknown:
        raise ValueError(f"not a metric: {', '.join(sorted(unknown))}")
    if await _at_most(conn, plant_id, start, end, points):
        return await _raw(conn, plant_id, start, end, metrics)
    return await _bucketed(conn, plant_id, start, end, _width(start, end, points), metrics)


async def sparklines(conn: Connection, plant_ids: Sequence[str], end: datetime) -> Sparklines:
    """The last 24 h of these plants in one query; a plant without readings has empty buckets."""
    last = _EPOCH + math.ceil((end - _EPOCH) / HALF_HOUR) * HALF_HOUR
    first = last - SPARK_BUCKETS * HALF_HOUR
    found: dict[str, dict[str, dict[str, Any]]] = {}
    async with conn.cursor(row_factory=tuple_row, binary=True) as cursor:
        await cursor.execute(SQL["sparklines"], {"plant_ids": list(plant_ids), "start": first, "end": last})
        for plant_id, places, *columns in await cursor.fetchall():
            found[plant_id] = _sparks(places, columns)
    empty = {metric: _spark([], [], None, None) for metric in SPARK_METRICS}
    return Sparklines(last, {plant_id: found.get(plant_id, empty) for plant_id in plant_ids})


def _sparks(places: list[int], columns: Sequence[Any]) -> dict[str, dict[str, Any]]:
    sparks = {}
    for position, metric in enumerate((*SPARK_METRICS, "conductivity")):
        means, low, high = columns[3 * position : 3 * position + 3]
        if metric in SPARK_METRICS or high is not None:
            sparks[metric] = _spark(places, means, low, high)
    return sparks


def _spark(places: list[int], means: _Column, low: float | None, high: float | None) -> dict[str, Any]:
    at = dict(zip(places, means, strict=True))
    return {"mean": list(map(at.get, range(SPARK_BUCKETS))), "min": low, "max": high}


async def _at_most(conn: Connection, plant_id: str, start: datetime, end: datetime, points: int) -> bool:
    cursor = await conn.execute(
        SQL["count_up_to"], {"plant_id": plant_id, "start": start, "end": end, "limit": points + 1}
    )
    row = await cursor.fetchone()
    return row is not None and row["n"] <= points


async def _raw(
    conn: Connection, plant_id: str, start: datetime, end: datetime, metrics: Sequence[str]
) -> Columns:
    query = sql.SQL(SQL["raw_points"]).format(columns=_identifiers(metrics))
    async with conn.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(query, {"plant_id": plant_id, "start": start, "end": end})
        rows = await cursor.fetchall()
    columns: list[list[Any]] = [list(c) for c in zip(*rows, strict=True)] or [
        [] for _ in range(len(metrics) + 2)
    ]
    times, bits, *values = columns
    return {
        "plant_id": plant_id, "start": start, "end": end, "bucket_s": None, "times": times, "flags": bits,
        "series": {m: {"mean": v, "min": v, "max": v} for m, v in zip(metrics, values, strict=True)},
    }  # fmt: skip


def _width(start: datetime, end: datetime, points: int) -> int:
    """The narrowest round width that gives at most ``points`` whole buckets."""
    least = (end - start).total_seconds() / max(points, 1)
    return next((width for width in WIDTHS_S if width >= least), math.ceil(least / 604_800) * 604_800)


async def _bucketed(
    conn: Connection, plant_id: str, start: datetime, end: datetime, width: int, metrics: Sequence[str]
) -> Columns:
    step = timedelta(seconds=width)
    first = _EPOCH + (start - _EPOCH) // step * step
    count = math.ceil((end - first) / step)
    rolled = width >= _HOUR_S and set(metrics) <= set(PLANT_METRICS)
    arguments = {
        "plant_id": plant_id, "start": first, "end": first + count * step if rolled else end,
        "step": step, "untrusted": flags.UNTRUSTED,
    }  # fmt: skip
    series: dict[str, dict[str, _Column]] = {m: {k: [None] * count for k in _KINDS} for m in metrics}
    async with conn.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(_bucket_query(metrics, rolled), arguments)
        async for bucket, *values in cursor:
            place = (bucket - first) // step
            for position, metric in enumerate(metrics):
                for offset, kind in enumerate(_KINDS):
                    series[metric][kind][place] = values[3 * position + offset]
    return {
        "plant_id": plant_id, "start": start, "end": end, "bucket_s": float(width),
        "times": [first + n * step for n in range(count)], "flags": [], "series": series,
    }  # fmt: skip


def _bucket_query(metrics: Sequence[str], rolled: bool) -> sql.Composed:
    raw = "avg({0})::real, min({0}), max({0})"
    hourly = "(sum({1}::float8 * {3}) / nullif(sum({3}), 0))::real, min({2}), max({4})"
    columns = sql.SQL(", ").join(
        sql.SQL(hourly if rolled else raw).format(
            *map(sql.Identifier, (m, f"{m}_mean", f"{m}_min", f"{m}_count", f"{m}_max"))
        )
        for m in metrics
    )
    return sql.SQL(SQL["hourly_buckets" if rolled else "raw_buckets"]).format(columns=columns)


def _identifiers(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
