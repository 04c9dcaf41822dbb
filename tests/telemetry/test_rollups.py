"""Roll-ups equal what the readings say, in whatever order these came."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plantops_server.store import bell
from plantops_server.store.database import Database
from plantops_server.telemetry import flags, rollups, store

HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
METRICS = ("soil_moisture", "temperature", "humidity", "light_level", "conductivity")


async def roll(db: Database) -> int:
    async with db.transaction() as conn:
        return await rollups.roll_up(conn)


async def table(db: Database, name: str) -> list[dict[str, Any]]:
    async with db.connection() as conn:
        query = f"SELECT * FROM telemetry_{name} ORDER BY plant_id, bucket"  # noqa: S608
        return await (await conn.execute(query)).fetchall()  # type: ignore[arg-type]


async def from_readings(db: Database, width: str) -> list[dict[str, Any]]:
    """The roll-up as one would compute it from all readings at once."""
    columns = ", ".join(
        f"min({m}) AS {m}_min, avg({m})::real AS {m}_mean, max({m}) AS {m}_max, count({m}) AS {m}_count"
        for m in METRICS
    )
    async with db.connection() as conn:
        query = (
            f"SELECT plant_id, date_bin('{width}', time, 'epoch') AS bucket, {columns} FROM telemetry"  # noqa: S608
            f" WHERE flags & {flags.UNTRUSTED} = 0 AND plant_id IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"
        )
        return await (await conn.execute(query)).fetchall()  # type: ignore[arg-type]


def assert_equal(found: Sequence[dict[str, Any]], wanted: Sequence[dict[str, Any]]) -> None:
    assert [(f["plant_id"], f["bucket"]) for f in found] == [(w["plant_id"], w["bucket"]) for w in wanted]
    for f, w in zip(found, wanted, strict=True):
        for column in w.keys() - {"plant_id", "bucket"}:
            wanted_value = w[column] if w[column] is None else pytest.approx(w[column], rel=1e-5)
            assert f[column] == wanted_value, column


async def test_late_and_back_filled_readings_roll_their_old_buckets_again(
    db: Database, make_row: Any, keep: Any
) -> None:
    rng = random.Random(7)
    rows = [
        make_row(
            HOUR + timedelta(minutes=7 * n), plant_id=rng.choice(["plt_a", "plt_b", None]),
            soil_moisture=rng.uniform(0, 100), temperature=rng.choice([None, rng.uniform(-5, 40)]),
            light_level=rng.uniform(0, 100_000), flags=rng.choice([0, 0, 0, flags.BACKFILL, flags.RETAINED]),
        )
        for n in range(-300, 40)
    ]  # fmt: skip
    rng.shuffle(rows)
    for first in range(0, len(rows), 120):
        await keep(rows[first : first + 120])
        assert await roll(db) > 0
    assert_equal(await table(db, "half_hourly"), await from_readings(db, "30 minutes"))
    assert_equal(await table(db, "hourly"), await from_readings(db, "1 hour"))


async def test_untrusted_readings_and_those_of_no_plant_are_left_out(
    db: Database, make_row: Any, keep: Any
) -> None:
    await keep(
        [
            make_row(HOUR, soil_moisture=10.0, flags=flags.SUSPECT),
            make_row(HOUR + timedelta(minutes=1), soil_moisture=20.0, flags=flags.RETAINED | flags.BACKFILL),
            make_row(HOUR + timedelta(minutes=2), soil_moisture=30.0, plant_id=None),
            make_row(HOUR + timedelta(minutes=3), soil_moisture=40.0, flags=flags.ARRIVAL_TIME),
        ]
    )
    await roll(db)
    (bucket,) = await table(db, "hourly")
    assert (bucket["soil_moisture_min"], bucket["soil_moisture_max"], bucket["soil_moisture_count"]) == (
        40,
        40,
        1,
    )


async def test_a_second_run_looks_only_at_what_came_since(db: Database, make_row: Any, keep: Any) -> None:
    await keep([make_row(HOUR - timedelta(days=n), soil_moisture=10.0) for n in range(20)])
    assert await roll(db) == 20
    async with db.connection() as conn:
        await conn.execute("UPDATE telemetry SET received_at = received_at - interval '1 hour'")
    await keep([make_row(HOUR + timedelta(hours=1), soil_moisture=12.0)])
    assert await roll(db) == 1


async def test_it_rings_for_a_plant_whose_sparkline_has_grown_and_not_for_every_reading(
    db: Database, make_row: Any, keep: Any
) -> None:
    async with aclosing(bell.listen(db.dsn)) as rings:
        assert await anext(rings) == ("listening", "")
        for minute in (0, 1, 31):
            await keep([make_row(HOUR + timedelta(minutes=minute), soil_moisture=10.0)])
            await roll(db)
            async with db.transaction() as conn:
                await bell.ring(conn, "device", [f"after {minute}"])
        heard = [await anext(rings) for _ in range(5)]
    assert heard == [
        ("plant", "plt_a"), ("device", "after 0"), ("device", "after 1"), ("plant", "plt_a"), ("device", "after 31"),
    ]  # fmt: skip


async def test_a_chart_of_one_plant_need_not_wait_for_the_worker(
    db: Database, make_row: Any, keep: Any
) -> None:
    await keep([make_row(HOUR, plant_id="plt_a"), make_row(HOUR, device_id="dev_b", plant_id="plt_b")])
    async with db.transaction() as conn:
        assert await rollups.catch_up(conn, "plt_a") == 1
    assert [row["plant_id"] for row in await table(db, "hourly")] == ["plt_a"]
    assert await roll(db) == 2
    assert [row["plant_id"] for row in await table(db, "hourly")] == ["plt_a", "plt_b"]


async def test_a_reading_that_commits_after_a_run_but_was_stamped_before_it_is_not_missed(
    db: Database, make_row: Any, keep: Any
) -> None:
    async with db.transaction() as slow:
        await store.insert(slow, [make_row(HOUR, soil_moisture=10.0)])
        await keep([make_row(HOUR + timedelta(hours=2), soil_moisture=20.0)])
        assert await roll(db) == 1
    await roll(db)
    assert [b["bucket"] for b in await table(db, "hourly")] == [HOUR, HOUR + timedelta(hours=2)]


async def test_a_clock_set_back_loses_nothing(db: Database, make_row: Any, keep: Any) -> None:
    async with db.connection() as conn:
        await conn.execute("UPDATE rollup_progress SET received_at = now() + interval '1 hour'")
    await keep([make_row(HOUR, soil_moisture=10.0)])
    assert await roll(db) == 1


async def test_two_workers_do_not_roll_at_the_same_time(db: Database, make_row: Any, keep: Any) -> None:
    await keep([make_row(HOUR, soil_moisture=10.0)])
    async with db.transaction() as conn:
        assert await rollups.roll_up(conn) == 1
        assert await asyncio.wait_for(roll(db), 5) == 0


async def test_half_hours_are_forgotten_and_hours_kept(db: Database, make_row: Any, keep: Any) -> None:
    await keep([make_row(HOUR, soil_moisture=10.0), make_row(HOUR - timedelta(days=30), soil_moisture=10.0)])
    await roll(db)
    async with db.connection() as conn:
        assert await rollups.forget_half_hours_before(conn, HOUR - timedelta(days=1)) == 1
    assert len(await table(db, "half_hourly")) == 1
    assert len(await table(db, "hourly")) == 2
