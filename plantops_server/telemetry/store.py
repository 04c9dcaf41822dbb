"""Readings become rows, each once: by (device, time), or by (device, boot, seq) for a device without a clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple, cast

from psycopg.rows import tuple_row

from plantops_api.wire import METRICS
from plantops_server.store.database import Connection
from plantops_server.telemetry import flags
from plantops_server.telemetry.packets import Reading
from plantops_server.telemetry.statements import SQL


class Row(NamedTuple):
    """One row of ``telemetry`` but for ``received_at``, which the database stamps as it stores it."""

    time: datetime
    device_id: str
    plant_id: str | None
    soil_moisture: float | None
    temperature: float | None
    humidity: float | None
    light_level: float | None
    conductivity: float | None
    battery: float | None
    rssi: float | None
    soil_raw: float | None
    boot: int | None
    seq: int | None
    flags: int


_METRICS = slice(Row._fields.index(METRICS[0]), Row._fields.index(METRICS[-1]) + 1)
_FILLED = Row._fields[_METRICS.start : Row._fields.index("flags")]
_fillable = attrgetter(*_FILLED)
_MEASURED = frozenset(METRICS)


class Identity(NamedTuple):
    """Identity of a reading that has no time of its own."""

    device_id: str
    boot: int
    seq: int


def row_of(reading: Reading, device_id: str, plant_id: str | None, bits: int) -> Row:
    """The row of a reading that ``device_id`` sent while it was tied to ``plant_id``."""
    return Row(
        reading.time, device_id, plant_id, *reading[1:9], boot=reading.boot, seq=reading.seq, flags=bits
    )


def values_of(row: Row) -> dict[str, float]:
    """What a row measured, by metric."""
    measured = cast(tuple[float | None, ...], row[_METRICS])
    return {metric: value for metric, value in zip(METRICS, measured, strict=True) if value is not None}


async def insert(conn: Connection, rows: Sequence[Row]) -> dict[int, Row]:
    """Store rows; what was new in them, by their place among ``rows``.

    A row that exists already stays as it is, but for what it lacks: a device that sends each metric in a message of its
    own, all with one time, makes one row, and of a row that completes another one only what it added is new. The caller
    has locked the devices.

    Raises psycopg.errors.CheckViolation when there is no partition for a time.
    """
    if not rows:
        return {}
    async with conn.cursor(binary=True, row_factory=tuple_row) as cursor:
        await cursor.execute(SQL["insert_readings"], list(map(list, zip(*rows, strict=True))))
        if cursor.rowcount == len(rows):
            return dict(enumerate(rows))
        stored = set(await cursor.fetchall())
    new: dict[int, Row] = {}
    again: dict[int, Row] = {}
    for place, row in enumerate(rows):
        key = (row.device_id, row.time)
        if key in stored:
            stored.discard(key)
            new[place] = row
        elif values_of(row):
            again[place] = row
    return dict(sorted((new | await _complete(conn, again)).items()))


async def _complete(conn: Connection, again: Mapping[int, Row]) -> dict[int, Row]:
    """Add to stored rows what they lack and these have; what each of these added, by place."""
    if not again:
        return {}
    times = [row.time for row in again.values()]
    span = {"first": min(times), "last": max(times)}
    keys = {"times": times, "device_ids": [row.device_id for row in again.values()]}
    async with conn.cursor(binary=True, row_factory=tuple_row) as cursor:
        await cursor.execute(SQL["stored_readings"], keys | span)
        stored = {(row.device_id, row.time): row for row in map(Row._make, await cursor.fetchall())}
    added: dict[int, Row] = {}
    changed: dict[tuple[str, datetime], Row] = {}
    for place, row in again.items():
        key = (row.device_id, row.time)
        known = stored.get(key, row)
        lacks: dict[str, Any] = {
            name: value
            for name, value, there in zip(_FILLED, _fillable(row), _fillable(known), strict=True)
            if there is None and value is not None
        }
        if lacks.keys() & _MEASURED:
            only: dict[str, Any] = {name: lacks.get(name) for name in _FILLED}
            added[place] = row._replace(**only)
            changed[key] = stored[key] = known._replace(**lacks, flags=_flags_of_both(known, row))
    if changed:
        columns = list(map(list, zip(*changed.values(), strict=True)))
        await conn.execute(SQL["complete_readings"], [*columns, span["first"], span["last"]])
    return added


def _flags_of_both(one: Row, other: Row) -> int:
    """Flags of a row that two messages made: a fault of either; replayed or late only if both are."""
    both = flags.RETAINED | flags.BACKFILL
    return (one.flags | other.flags) & ~both | one.flags & other.flags & both


async def unseen(conn: Connection, identities: Iterable[Identity]) -> set[Identity]:
    """Remember these identities; those that were not known before."""
    wanted = sorted(set(identities))
    if not wanted:
        return set()
    async with conn.cursor(binary=True, row_factory=tuple_row) as cursor:
        await cursor.execute(SQL["remember_new_sequences"], list(map(list, zip(*wanted, strict=True))))
        return {Identity(*row) for row in await cursor.fetchall()}


async def remember(conn: Connection, identities: Iterable[Identity]) -> None:
    """Remember these identities, known or not."""
    wanted = sorted(set(identities))
    if wanted:
        await conn.execute(SQL["remember_sequences"], list(map(list, zip(*wanted, strict=True))))


async def forget_sequences_before(conn: Connection, cutoff: datetime) -> int:
    """Forget identities not seen since ``cutoff``, which must lie before any message the broker may still hold."""
    return (await conn.execute(SQL["forget_sequences"], (cutoff,))).rowcount
