"""What a card reads from the roll-ups is kept while these stand still, and never a moment longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from plantops_server import cards
from plantops_server.store.database import Database
from plantops_server.telemetry import rollups

NOW = datetime.now(UTC)


async def newest_mean(db: Database) -> float | None:
    async with db.connection() as conn:
        (card,) = await cards.page_of_cards(conn, NOW, limit=10, after=None, q=None)
    values = [value for value in card["sparkline"]["soil_moisture"]["mean"] if value is not None]
    return values[-1] if values else None


async def measure(db: Database, minutes_ago: int, value: float) -> None:
    async with db.transaction() as conn:
        await conn.execute(
            "INSERT INTO telemetry (time, device_id, plant_id, soil_moisture, received_at)"
            " VALUES (%s, 'dev_a', 'plt_a', %s, clock_timestamp())",
            (NOW - timedelta(minutes=minutes_ago), value),
        )
        await rollups.roll_up(conn)


async def test_a_sparkline_follows_every_roll_up_and_costs_nothing_between_them(db: Database) -> None:
    async with db.transaction() as conn:
        await conn.execute("INSERT INTO plants (id, name) VALUES ('plt_a', 'Basil')")
        await conn.execute("INSERT INTO plant_state (plant_id) VALUES ('plt_a')")
    assert await newest_mean(db) is None
    await measure(db, 200, 40)
    assert await newest_mean(db) == 40
    async with db.transaction() as conn:  # behind the roll-ups' back: nobody does, and so nobody looks
        await conn.execute("UPDATE telemetry_half_hourly SET soil_moisture_mean = 1")
    assert await newest_mean(db) == 40
    await measure(db, 100, 50)
    assert await newest_mean(db) == 50
