"""The memory of the fault detectors, one row a device, and rows that they condemn only afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from psycopg.rows import tuple_row

from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries
from plantops_server.telemetry import rollups
from plantops_server.telemetry.faults import Late, State

_unpacked: dict[str, tuple[bytes, State]] = {}
"""States as they were written last, so that they need not be unpacked again. Only taken when the database still holds
the very same bytes: whatever another worker wrote, or a transaction that was rolled back, is read anew."""
_MOST_UNPACKED = 2000

_SQL = load_queries(__package__ or "", "sensor_state.sql")


async def load(conn: Connection, device_ids: Collection[str]) -> dict[str, State]:
    """The states of these devices, new ones where there are none. The caller has locked the devices."""
    states = {device_id: State() for device_id in device_ids}
    async with conn.cursor(binary=True, row_factory=tuple_row) as cursor:
        await cursor.execute(_SQL["load"], (list(states),))
        for device_id, packed in await cursor.fetchall():
            written, state = _unpacked.pop(device_id, (b"", None))
            states[device_id] = state if state is not None and written == packed else State.load(packed)
    return states


async def save(conn: Connection, states: Mapping[str, State]) -> None:
    """Write these states."""
    if states:
        packed = [state.dump() for state in states.values()]
        await conn.execute(_SQL["save"], (list(states), packed))
        if len(_unpacked) + len(states) > _MOST_UNPACKED:
            _unpacked.clear()
        _unpacked.update(zip(states, zip(packed, states.values(), strict=True), strict=True))


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
