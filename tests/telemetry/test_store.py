"""Each reading is stored once, whatever comes again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from plantops_server.store.database import Database
from plantops_server.telemetry import flags, rollups, store
from plantops_server.telemetry.store import Identity

NOW = datetime.now(UTC).replace(microsecond=123456)


async def test_a_row_comes_back_as_it_was_stored(db: Database, make_row: Any, keep: Any) -> None:
    await keep(
        [make_row(NOW, soil_moisture=41.2, rssi=-61.0, soil_raw=2817.0, boot=17, seq=2**63 - 1, flags=5)]
    )
    async with db.connection() as conn:
        (found,) = await (await conn.execute("SELECT * FROM telemetry")).fetchall()
    received_at = found.pop("received_at")
    assert found == {
        "time": NOW, "device_id": "dev_a", "plant_id": "plt_a", "soil_moisture": 41.2, "temperature": None,
        "humidity": None, "light_level": None, "conductivity": None, "battery": None, "rssi": -61,
        "soil_raw": 2817, "boot": 17, "seq": 2**63 - 1, "flags": 5,
    }  # fmt: skip
    assert abs(received_at - datetime.now(UTC)) < timedelta(seconds=30)


async def test_only_what_is_new_is_answered_and_the_first_one_stays(
    db: Database, make_row: Any, keep: Any
) -> None:
    first = make_row(NOW, soil_moisture=41.0)
    assert await keep([first]) == [first]
    again, twin = make_row(NOW, soil_moisture=99.0), make_row(NOW + timedelta(seconds=1), soil_moisture=40.0)
    assert await keep([again, twin, twin]) == [twin]
    async with db.connection() as conn:
        rows = await (await conn.execute("SELECT soil_moisture FROM telemetry ORDER BY time")).fetchall()
    assert [r["soil_moisture"] for r in rows] == [41, 40]


async def test_messages_of_one_time_complete_each_other_and_only_what_was_added_is_new(
    db: Database, make_row: Any, keep: Any
) -> None:
    soil, air = make_row(NOW, soil_moisture=41.0, boot=3), make_row(NOW, temperature=21.5, flags=flags.JUMP)
    battery, other = make_row(NOW, battery=80.0, temperature=30.0), make_row(NOW, soil_moisture=99.0)
    assert await keep([soil, air]) == [soil, air]
    assert await keep([battery, other, air]) == [make_row(NOW, battery=80.0)]
    assert await keep([soil, battery, air]) == []
    async with db.connection() as conn:
        (row,) = await (await conn.execute("SELECT * FROM telemetry")).fetchall()
    shown = {name: row[name] for name in ("soil_moisture", "temperature", "battery", "boot", "flags")}
    assert shown == {"soil_moisture": 41, "temperature": 21.5, "battery": 80, "boot": 3, "flags": flags.JUMP}


async def test_a_completed_row_is_rolled_up_anew(db: Database, make_row: Any, keep: Any) -> None:
    await keep([make_row(NOW, soil_moisture=41.0)])
    async with db.transaction() as conn:
        await conn.execute("UPDATE telemetry SET received_at = received_at - interval '1 day'")
        await rollups.roll_up(conn)
    await keep([make_row(NOW, temperature=21.5)])
    async with db.transaction() as conn:
        await rollups.roll_up(conn)
        rows = await (await conn.execute("SELECT * FROM telemetry_half_hourly")).fetchall()
    assert [(row["soil_moisture_mean"], row["temperature_mean"]) for row in rows] == [(41, 21.5)]


async def test_a_reading_is_replayed_or_late_only_when_all_of_it_was(
    db: Database, make_row: Any, keep: Any
) -> None:
    await keep([make_row(NOW, soil_moisture=41.0, flags=flags.RETAINED | flags.BACKFILL)])
    await keep([make_row(NOW, temperature=21.5, flags=flags.BACKFILL)])
    async with db.connection() as conn:
        assert await (await conn.execute("SELECT flags FROM telemetry")).fetchall() == [
            {"flags": flags.BACKFILL}
        ]


async def test_the_same_time_of_two_devices_is_two_readings(make_row: Any, keep: Any) -> None:
    rows = [make_row(NOW, device_id="dev_a"), make_row(NOW, device_id="dev_b")]
    assert await keep(rows) == rows


async def test_a_batch_in_which_nothing_was_measured_is_stored_too(make_row: Any, keep: Any) -> None:
    assert len(await keep([make_row(NOW + timedelta(seconds=n)) for n in range(3)])) == 3
    assert await keep([]) == []


async def test_a_time_without_partition_says_so_and_stores_nothing(
    db: Database, make_row: Any, keep: Any
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="partition"):
        await keep([make_row(NOW), make_row(NOW - timedelta(days=2000))])
    async with db.connection() as conn:
        assert await (await conn.execute("SELECT count(*) AS n FROM telemetry")).fetchone() == {"n": 0}


async def test_two_writers_of_the_same_readings_store_them_once(
    db: Database, make_row: Any, keep: Any
) -> None:
    rows = [make_row(NOW + timedelta(seconds=n), device_id=f"dev_{n % 7}") for n in range(500)]
    new = await asyncio.gather(*(keep(rows) for _ in range(4)))
    assert sorted(len(n) for n in new)[-1] <= 500
    assert sum(len(n) for n in new) == 500


async def test_a_counting_device_is_known_by_boot_and_seq(db: Database) -> None:
    one, two = Identity("dev_a", 3, 9), Identity("dev_a", 4, 9)
    async with db.transaction() as conn:
        assert await store.unseen(conn, [one, one]) == {one}
        assert await store.unseen(conn, [one, two]) == {two}
        await store.remember(conn, [one, one])
        assert await store.unseen(conn, []) == set()


async def test_identities_are_forgotten_after_their_time(db: Database) -> None:
    async with db.connection() as conn:
        await store.remember(conn, [Identity("dev_a", 1, 1), Identity("dev_a", 1, 2)])
        await conn.execute(
            "UPDATE telemetry_sequences SET seen_at = seen_at - interval '40 days' WHERE seq = 1"
        )
        assert await store.forget_sequences_before(conn, NOW - timedelta(days=35)) == 1
        assert await store.unseen(conn, [Identity("dev_a", 1, 1), Identity("dev_a", 1, 2)]) == {
            Identity("dev_a", 1, 1)
        }
