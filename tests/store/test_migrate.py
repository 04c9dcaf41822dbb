"""Migrations and partitions on a real, empty PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from plantops_server import errors
from plantops_server.store import migrate, partitions
from plantops_server.store.database import Database, connect

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


async def test_every_table_of_the_design_exists(db: Database) -> None:
    async with db.connection() as conn:
        rows = await (
            await conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).fetchall()
    wanted = {
        "plants", "devices", "telemetry_hourly", "plant_state", "alerts", "notifications", "waterings", "settings",
        "care_plans", "users", "api_tokens", "enrolment_tokens",
    }  # fmt: skip
    assert wanted <= {row["tablename"] for row in rows}


async def test_migrating_twice_changes_nothing(database_url: str) -> None:
    assert await migrate.migrate(database_url) == []


async def test_two_starters_at_once_do_not_collide(empty_database_url: str) -> None:
    applied = await asyncio.gather(*(migrate.migrate(empty_database_url) for _ in range(3)))
    assert sorted(applied) == [[], [], list(range(1, len(migrate.migrations()) + 1))]


async def test_a_database_newer_than_the_code_is_refused_untouched(database_url: str) -> None:
    async with await connect(database_url) as conn:
        await conn.execute(
            "INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'of_the_future', '')"
        )
    with pytest.raises(errors.DatabaseTooNew, match="9999"):
        await migrate.migrate(database_url)


async def test_a_database_made_by_another_edition_of_a_migration_is_refused(database_url: str) -> None:
    async with await connect(database_url) as conn:
        await conn.execute("UPDATE schema_migrations SET checksum = 'edited' WHERE version = 1")
        with pytest.raises(errors.DatabaseDiffers, match="0001"):
            await migrate.migrate(database_url)
        await conn.execute("ALTER TABLE schema_migrations DROP COLUMN checksum")
        with pytest.raises(errors.DatabaseDiffers, match="PLANTOPS_DATA_DIR"):
            await migrate.migrate(database_url)


async def test_partitions_cover_late_readings_and_the_weeks_to_come(db: Database) -> None:
    now = datetime.now(UTC)
    async with db.connection() as conn:
        for at in (now - timedelta(days=35), now, now + timedelta(days=13)):
            await conn.execute(
                "INSERT INTO telemetry (time, device_id, received_at) VALUES (%s, 'dev_a', %s)", (at, now)
            )
        row = await (await conn.execute("SELECT count(*) AS n FROM telemetry")).fetchone()
    assert row == {"n": 3}


async def test_concurrent_upkeep_makes_each_partition_once(db: Database) -> None:
    async def upkeep() -> list[str]:
        async with db.connection() as conn:
            return await partitions.ensure_partitions(
                conn, NOW + timedelta(days=365), NOW + timedelta(days=400)
            )

    await asyncio.gather(*(upkeep() for _ in range(4)))
    async with db.connection() as conn:
        names = [name for name, _ in await partitions.partitions(conn)]
    assert len(names) == len(set(names))
    assert "telemetry_20271122" in names


async def test_retention_drops_only_partitions_that_lie_wholly_before_the_cutoff(db: Database) -> None:
    async with db.connection() as conn:
        await partitions.ensure_partitions(conn, NOW - timedelta(days=400), NOW - timedelta(days=380))
        before = await partitions.partitions(conn)
        cutoff = before[1][1] + timedelta(days=1)
        dropped = await partitions.drop_partitions_before(conn, cutoff)
        after = await partitions.partitions(conn)
    assert dropped == [before[0][0]]
    assert after == before[1:]
