"""A plant with a month of readings every five minutes, as the server itself keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from plantops_server.store.database import Database
from plantops_server.store.partitions import ensure_partitions
from plantops_server.telemetry import rollups

NOW = datetime(2026, 11, 24, 8, 20, tzinfo=UTC)

_MONTH = """
INSERT INTO telemetry (time, device_id, plant_id, soil_moisture, temperature, humidity, light_level, conductivity,
                       battery, rssi, received_at)
SELECT t, %(device)s, 'plt_a', 40 - 2.5 * extract(epoch FROM t - %(start)s) / 86400 + %(offset)s
           + 30 * floor((3 * 86400 + extract(epoch FROM t - %(start)s)) / 864000),
       20 + 3 * sin(extract(epoch FROM t) / 13751), 50, greatest(0, 800 * sin(extract(epoch FROM t) / 13751)), 700,
       80, -60, t
FROM generate_series(%(start)s::timestamptz, %(end)s::timestamptz, interval '5 minutes') AS t
"""


async def add_plant(db: Database, **fields: str | None) -> None:
    """``plt_a`` without a device."""
    values = {"name": "Monstera", "species": "Monstera deliciosa", "location": None, "notes": None, **fields}
    async with db.transaction() as conn:
        await conn.execute(
            "INSERT INTO plants (id, name, species, location, notes)"
            " VALUES ('plt_a', %(name)s, %(species)s, %(location)s, %(notes)s)", values,
        )  # fmt: skip
        await conn.execute("INSERT INTO plant_state (plant_id) VALUES ('plt_a')")


async def add_month(db: Database, device: str = "dev_a", *, offset: float = 0, days: int = 30) -> None:
    """A device in it, with readings until ``NOW``, rolled up."""
    start = NOW - timedelta(days=days)
    async with db.transaction() as conn:
        await ensure_partitions(conn, start - timedelta(days=1), NOW + timedelta(days=1))
        await conn.execute(
            "INSERT INTO devices (id, mqtt_username, mqtt_client_id, mqtt_password_hash, plant_id, status,"
            " last_seen_at, last_reading_at, report_interval_s, battery, rssi)"
            " VALUES (%(id)s, %(id)s, %(id)s, 'x', 'plt_a', 'online', %(now)s, %(now)s, 300, 80, -60)",
            {"id": device, "now": NOW},
        )  # fmt: skip
        await conn.execute(_MONTH, {"device": device, "start": start, "end": NOW, "offset": offset})
        await rollups.roll_up(conn)
        await conn.execute(
            "UPDATE plant_state SET last_reading_at = t.time, expected_interval_s = 300, trust = 'fresh',"
            " soil_moisture = t.soil_moisture, soil_moisture_at = t.time, temperature = t.temperature,"
            " temperature_at = t.time, humidity = t.humidity, humidity_at = t.time, light_level = t.light_level,"
            " light_level_at = t.time, conductivity = t.conductivity, conductivity_at = t.time"
            " FROM (SELECT * FROM telemetry ORDER BY time DESC LIMIT 1) AS t WHERE plant_state.plant_id = 'plt_a'"
        )
    async with db.connection() as conn:
        await conn.execute("ANALYZE")


@pytest.fixture
async def monstera(db: Database) -> Database:
    """The database with that plant, its device, and three waterings."""
    await add_plant(db)
    await add_month(db)
    async with db.transaction() as conn:
        for days, before in ((23, 15.0), (13, 20.0), (3, 24.0)):
            await conn.execute(
                "INSERT INTO waterings (plant_id, at, source, amount_ml, moisture_before, moisture_after, note)"
                " VALUES ('plt_a', %s, 'detected', 250, %s, %s, 'a private note')",
                (NOW - timedelta(days=days), before, before + 25),
            )
    return db
