"""Readings become rows, each once: by (device, time), or by (device, boot, seq) for a device without a clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, cast

from psycopg.rows import tuple_row

from plantops_api.wire import METRICS
from plantops_server.store.database import Connection
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


class Identity(NamedTuple):
    """Identity of a reading that has no time of its own."""

    device_id: str
    boot: int
    seq: int


def row_of(reading: Reading, device_id: str, plant_id: str | None, flags: int) -> Row:
    """The row of a reading that ``device_id`` sent while it was tied to ``plant_id``."""
    return Row(
        reading.time, device_id, plant_id, *reading[1:9], boot=reading.boot, seq=reading.seq, flags=flags
    )


def values_of(row: Row) -> dict[str, float]:
    """What a row measured, by metric."""
    measured = cast(tuple[float | None, ...], row[_METRICS])
    return {metric: value for metric, value in zip(METRICS, measured, strict=True) if value is not None}


async def insert(conn: Connection, rows: Sequence[Row]) -> list[Row]:
    """Store rows; those that were new, in their order. A row that exists already stays as it is.

    Raises psycopg.errors.CheckViolation when there is no partition for a time.
    """
    if not rows:
        return []
    async with conn.cursor(binary=True, row_factory=tuple_row) as cursor:
        await cursor.execute(SQL["insert_readings"], list(map(list, zip(*rows, strict=True))))
        if cursor.rowcount == len(rows):
            return list(rows)
        stored = set(await cursor.fetchall())
    new = []
    for row in rows:
        key = (row.device_id, row.time)
        if key in stored:
            stored.discard(key)
            new.append(row)
    return new


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
