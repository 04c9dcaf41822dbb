"""The memory of the fault detectors, one row a device, and rows that they condemn only afterwards.

What is written is a checkpoint: whatever a verdict hangs on (a fault, a doubt, a lost contact, a stuck run) at once,
and every ``_EVERY`` readings the rest. A worker goes on with the state that it kept in memory as long as that one
knows the device's newest stored reading. When another worker had the device meanwhile, a transaction was rolled back,
or the process is new, it takes up the checkpoint, which lacks at most the last few readings in which nothing happened.
To read and write each state with each batch cost a quarter of ingest where every reading is another device's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg.rows import tuple_row

from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries
from plantops_server.telemetry import rollups
from plantops_server.telemetry.faults import Late, State

_EVERY = 16
"""Readings that a checkpoint may lack."""
_MOST_KEPT = 5000
"""Devices of one database that a worker keeps in memory, 4 KB each; beyond that the longest unheard go."""

_SQL = load_queries(__package__ or "", "sensor_state.sql")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class _Kept:
    state: State
    mark: tuple[Any, ...]
    """What verdicts hang on, as it was written last."""
    unwritten: int
    """Readings since then."""


_kept: dict[str, dict[str, _Kept]] = {}
"""By database and device."""


async def load(conn: Connection, newest: Mapping[str, datetime | None]) -> dict[str, State]:
    """The states of devices, given with their newest stored reading. The caller has locked the devices."""
    kept = _kept.setdefault(conn.info.dsn, {})
    states: dict[str, State] = {}
    for device_id, at in newest.items():
        mine = kept.get(device_id)
        if mine is not None and at is not None and mine.state.time == (at - _EPOCH).total_seconds():
            states[device_id] = mine.state
    unknown = [device_id for device_id in newest if device_id not in states]
    if unknown:
        for device_id in unknown:
            kept.pop(device_id, None)
            states[device_id] = State()
        async with conn.cursor(binary=True, row_factory=tuple_row) as cursor:
            await cursor.execute(_SQL["load"], (unknown,))
            for device_id, packed in await cursor.fetchall():
                states[device_id] = State.load(packed)
    return states


async def save(conn: Connection, states: Mapping[str, State], readings: Mapping[str, int]) -> None:
    """Keep these states after so many more readings, and write those whose checkpoint is due."""
    kept = _kept.setdefault(conn.info.dsn, {})
    due = []
    for device_id, state in states.items():
        before, mark = kept.pop(device_id, None), state.mark()  # put back as the one heard last
        unwritten = before.unwritten + readings[device_id] if before is not None else _EVERY
        if before is None or before.mark != mark or unwritten >= _EVERY:
            due.append(device_id)
            unwritten = 0
        kept[device_id] = _Kept(state, mark, unwritten)
    while len(kept) > _MOST_KEPT:
        del kept[next(iter(kept))]
    if due:
        await conn.execute(_SQL["save"], (due, [states[device_id].dump() for device_id in due]))


async def flag_again(conn: Connection, late: Sequence[tuple[str, Late]]) -> int:
    """Flag rows, given by device, that are stored already, and roll them up anew; how many there were."""
    if not late:
        return 0
    columns = [
        [device_id for device_id, _ in late],
        *map(list, zip(*(verdict for _, verdict in late), strict=True)),
    ]
    cursor = await conn.execute(_SQL["flag_again"], columns)
    changed = [(row["plant_id"], row["time"]) for row in await cursor.fetchall()]
    if changed:
        await rollups.roll_again(conn, changed)
    return len(changed)
