"""Yesterday's light from the roll-ups, by the local calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from plantops_server.watch.light import LightWatch
from tests.incidents.household import Clock, Household

BERLIN = ZoneInfo("Europe/Berlin")
MIDNIGHT = datetime(2026, 11, 23, 23, tzinfo=UTC)
"""The end of 23 November in Berlin."""


@pytest.fixture
async def house(household: Household) -> Household:
    await household.plants("p")
    await household.run("""UPDATE plants SET thresholds = '{"dli": {"min": 10}}'""")
    return household


async def measured(house: Household, lux: float, *, half_hours: int = 48) -> None:
    """Ten hours of light in the middle of 23 November in Berlin, the rest dark."""
    for n in range(half_hours):
        light = lux if 14 <= n < 34 else 0.0
        await house.run(
            "INSERT INTO telemetry_half_hourly (plant_id, bucket, soil_moisture_count, temperature_count,"
            " humidity_count, light_level_count, conductivity_count, light_level_mean)"
            " VALUES ('p', %s, 0, 0, 0, 1, 0, %s)",
            MIDNIGHT - timedelta(hours=24) + timedelta(minutes=30 * n), light,
        )  # fmt: skip


async def looked(house: Household, at: datetime) -> list[tuple[str, datetime, float]]:
    await LightWatch(house.db, Clock(at), BERLIN).look()
    return [(row["kind"], row["opened_at"], round(row["value"], 1)) for row in await house.alerts()]


async def test_a_dark_yesterday_is_an_incident_since_its_local_midnight(house: Household) -> None:
    await measured(house, 9_000)  # 9000 lx for 10 h are 6 mol/m²
    assert await looked(house, MIDNIGHT + timedelta(hours=2)) == [
        ("light_low", MIDNIGHT - timedelta(hours=24), 6.0)
    ]
    (card,) = await house.rows("SELECT open_incidents, health FROM plant_state")
    assert card["open_incidents"] == 1


async def test_a_bright_yesterday_is_none(house: Household) -> None:
    await measured(house, 20_000)
    assert await looked(house, MIDNIGHT + timedelta(hours=2)) == []


async def test_a_day_that_is_not_over_long_enough_or_was_not_wholly_measured_is_not_judged(
    house: Household,
) -> None:
    await measured(house, 9_000, half_hours=36)
    assert await looked(house, MIDNIGHT + timedelta(hours=2)) == []
    await house.run("DELETE FROM telemetry_half_hourly")
    await measured(house, 9_000)
    assert await looked(house, MIDNIGHT + timedelta(minutes=30)) == []
