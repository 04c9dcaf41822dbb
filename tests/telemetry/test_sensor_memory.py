"""What is remembered of sensors: in memory while it is current, in the database for whoever comes next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from plantops_server.store.database import Connection, Database
from plantops_server.telemetry import sensor_state
from plantops_server.telemetry.faults import State, screen
from plantops_server.telemetry.store import Row

START = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def rows(first: int, values: Sequence[float]) -> list[Row]:
    blank = {**dict.fromkeys(Row._fields), "device_id": "d", "plant_id": "p", "flags": 0}
    return [
        Row(**{**blank, "time": START + (first + n) * MINUTE, "soil_moisture": value})  # type: ignore[arg-type]
        for n, value in enumerate(values)
    ]


async def batch(conn: Connection, first: int, *values: float) -> State:
    """What a batch does with one device's memory; ``first`` readings of it are stored by then."""
    newest = START + (first - 1) * MINUTE if first else None
    states = await sensor_state.load(conn, {"d": newest})
    screen(states["d"], rows(first, values))
    await sensor_state.save(conn, states, {"d": len(values)})
    return states["d"]


async def written(conn: Connection) -> State:
    row = await (await conn.execute("SELECT state FROM sensor_state")).fetchone()
    assert row is not None
    return State.load(row["state"])


def readings(first: int, count: int) -> list[float]:
    return [40 + n % 5 / 10 for n in range(first, first + count)]


async def test_quiet_readings_are_written_now_and_then_and_known_meanwhile(db: Database) -> None:
    async with db.connection() as conn:
        first = await batch(conn, 0, *readings(0, 20))
        assert (await written(conn)).time == first.time
        assert await batch(conn, 20, *readings(20, 5)) is first
        assert (await written(conn)).time == (START + 19 * MINUTE).timestamp()
        assert await batch(conn, 25, *readings(25, 11)) is first
        assert (await written(conn)).time == (START + 35 * MINUTE).timestamp()


async def test_a_lost_contact_is_written_at_once(db: Database) -> None:
    async with db.connection() as conn:
        await batch(conn, 0, *readings(0, 20))
        await batch(conn, 20, 5.0)
        assert (await written(conn)).soil.lost_readings == 1


async def test_what_another_worker_stored_or_a_rollback_undid_is_read_anew(db: Database) -> None:
    async with db.connection() as conn:
        mine = await batch(conn, 0, *readings(0, 20))
        theirs = await batch(conn, 24, *readings(24, 1))  # 20 to 23 were stored elsewhere
        assert theirs is not mine
        again = await batch(conn, 24, *readings(24, 2))  # and what was just done was rolled back
        assert again is not theirs
