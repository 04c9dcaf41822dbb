"""Batteries by their slow median, in a real database with rows of telemetry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from plantops_server.watch.batteries import BatteryWatch
from tests.incidents.household import NOW, Clock, Household

HOOK = "https://discord.com/api/webhooks/1/token"


@pytest.fixture
async def house(household: Household) -> Household:
    await household.plants("p")
    await household.device("d", NOW, plant_id="p")
    return household


async def report(
    house: Household, *levels: float, device: str = "d", every_min: int = 60, end: Clock
) -> None:
    """Readings up to now, the newest last, and what the device row then says."""
    await house.run("DELETE FROM telemetry WHERE device_id = %s", device)
    for n, level in enumerate(reversed(levels)):
        await house.run(
            "INSERT INTO telemetry (time, device_id, plant_id, battery, received_at) VALUES (%s, %s, 'p', %s, %s)",
            end() - timedelta(minutes=every_min * n), device, level, end(),
        )  # fmt: skip
    await house.run("UPDATE devices SET battery = %s WHERE id = %s", levels[-1], device)


async def looked(house: Household, clock: Clock) -> list[dict[str, Any]]:
    await BatteryWatch(house.db, clock).look()
    return [
        {key: row[key] for key in ("kind", "plant_id", "device_id", "value", "threshold", "resolution")}
        for row in await house.alerts()
    ]


def low(value: float, threshold: float = 20, resolution: str | None = None) -> dict[str, Any]:
    return {
        "kind": "battery_low", "plant_id": "p", "device_id": "d", "value": value, "threshold": threshold,
        "resolution": resolution,
    }  # fmt: skip


async def test_a_median_under_twenty_is_one_incident_of_the_device_and_its_plant(
    house: Household, clock: Clock
) -> None:
    await house.tell(HOOK)
    await report(house, 19, 18, 21, 18, 18, end=clock)
    assert await looked(house, clock) == [low(18)]
    assert await looked(house, clock) == [low(18)]
    (told,) = await house.notifications()
    assert told["payload"]["device_name"] == "d"
    assert told["payload"]["plant_name"] == "Plant p"
    (card,) = await house.rows("SELECT open_incidents, health FROM plant_state")
    assert card["open_incidents"] == 1


@pytest.mark.parametrize(
    "levels",
    [
        pytest.param([60, 60, 60, 60, 15, 14, 13], id="it sagged a moment"),
        pytest.param([15, 15, 15, 15], id="too few readings to tell"),
        pytest.param([22, 23, 22, 23, 22], id="not low enough"),
    ],
)
async def test_what_is_not_low(house: Household, clock: Clock, levels: Sequence[float]) -> None:
    await report(house, *levels, end=clock)
    assert await looked(house, clock) == []


async def test_between_the_limit_and_five_more_nothing_changes_and_above_it_is_over(
    house: Household, clock: Clock
) -> None:
    await report(house, *[18] * 5, end=clock)
    await looked(house, clock)
    await report(house, *[24] * 5, end=clock)
    assert await looked(house, clock) == [low(18)]
    await report(house, *[26] * 5, end=clock)
    assert await looked(house, clock) == [low(18, resolution="the battery was changed or charged")]


async def test_a_new_battery_is_seen_long_before_the_median_knows(house: Household, clock: Clock) -> None:
    await report(house, *[12] * 20, end=clock)
    await looked(house, clock)
    await report(house, *[12] * 20, 99, 98, 99, end=clock)
    assert (await looked(house, clock))[0]["resolution"] == "the battery was changed or charged"


async def test_an_incident_that_ended_rests_for_a_day(house: Household, clock: Clock) -> None:
    await report(house, *[12] * 5, end=clock)
    await looked(house, clock)
    await house.run("UPDATE alerts SET resolved_at = %s, resolution = 'resolved by ada'", clock())
    assert len(await looked(house, clock)) == 1
    clock.move(hours=25)
    await report(house, *[11] * 5, end=clock)
    assert [row["value"] for row in await looked(house, clock)] == [12, 11]


async def test_the_plants_own_limit_holds_and_single_readings_are_not_judged_by_it(
    house: Household, clock: Clock
) -> None:
    await house.run("""UPDATE plants SET thresholds = '{"battery": {"min": 40}}'""")
    await report(house, *[35] * 5, end=clock)
    assert await looked(house, clock) == [low(35, threshold=40)]


async def test_a_device_that_is_gone_or_moved_ends_its_incidents(house: Household, clock: Clock) -> None:
    await report(house, *[12] * 5, end=clock)
    await looked(house, clock)
    await house.run(
        "INSERT INTO alerts (plant_id, device_id, kind, severity, opened_at)"
        " VALUES ('p', 'e', 'sensor_fault', 'warning', %s)", NOW,
    )  # fmt: skip
    await house.plants("q")
    await house.run("UPDATE devices SET plant_id = 'q' WHERE id = 'd'")
    await BatteryWatch(house.db, clock).look()
    rows = await house.alerts()
    assert {(row["device_id"], row["resolution"]) for row in rows if row["plant_id"] == "p"} == {
        ("d", "the device was moved to another plant"), ("e", "the device was removed"),
    }  # fmt: skip
    assert (await house.rows("SELECT open_incidents FROM plant_state WHERE plant_id = 'p'"))[0] == {
        "open_incidents": 0
    }
