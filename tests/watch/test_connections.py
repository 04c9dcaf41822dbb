"""Devices that lose their connection again and again: from last wills to one incident, and its end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plantops_server.broker.link import Packet
from plantops_server.devices.steadiness import Steadiness
from plantops_server.ingest.batch import absorb
from plantops_server.ingest.parcel import unpack
from plantops_server.watch.batteries import BatteryWatch
from plantops_server.watch.connections import ConnectionWatch
from tests.incidents.household import NOW, Clock, Household

HOOK = "https://discord.com/api/webhooks/1/token"


@pytest.fixture
async def house(household: Household) -> Household:
    await household.plants("p")
    await household.device("d", NOW, plant_id="p")
    await household.tell(HOOK)
    return household


async def flap(house: Household, clock: Clock, times: int, *, every_s: float = 3, device: str = "d") -> None:
    """Lose the connection and come back, so many times, each in a transaction of its own; all of it retained."""
    for _ in range(times):
        clock.move(seconds=every_s)
        packets = [
            Packet("", device, "status", word, True, False, clock(), None) for word in (b"offline", b"online")
        ]
        async with house.db.transaction() as conn:
            await absorb(conn, list(map(unpack, packets)), clock())


async def told(house: Household) -> list[tuple[str, str | None]]:
    """The incidents, and how each stands."""
    return [(row["kind"], row["resolution"]) for row in await house.alerts()]


@pytest.mark.parametrize(
    ("losses", "every_s", "flaps"),
    [(15, 3, False), (16, 3, True), (40, 5, False), (200, 0.01, False), (200, 0.5, True)],
    ids=[
        "fifteen a minute",
        "sixteen",
        "twelve a minute for long",
        "a backlog at once",
        "faster than a second",
    ],
)
def test_more_than_fifteen_losses_in_a_minute_flap(losses: int, every_s: float, flaps: bool) -> None:
    steadiness = Steadiness("d", NOW, 0, NOW - timedelta(seconds=1))
    for n in range(losses):
        steadiness.lose(NOW + timedelta(seconds=n * every_s))
    assert (steadiness.flapping_at is not None) is flaps


def test_a_clock_that_is_set_back_begins_to_count_anew() -> None:
    steadiness = Steadiness("d", NOW, 0, NOW - timedelta(seconds=1))
    for n in range(30):
        steadiness.lose(NOW + timedelta(seconds=n) - timedelta(hours=n // 15))
    assert steadiness.flapping_at is None


async def test_flapping_for_minutes_is_one_incident_and_one_message_until_it_was_calm_for_five_minutes(
    house: Household, clock: Clock
) -> None:
    await flap(house, clock, 15)
    assert await told(house) == []
    await flap(house, clock, 100, every_s=6)
    watch = ConnectionWatch(house.db, clock)
    clock.move(minutes=4)
    await watch.look()
    assert await told(house) == [("flapping", None)]
    (row,) = await house.rows("SELECT open_incidents, health FROM plant_state")
    assert row["open_incidents"] == 1
    clock.move(minutes=2)
    await watch.look()
    assert await told(house) == [("flapping", "the connection holds again")]
    assert [n["event"] for n in await house.notifications()] == ["opened", "resolved"]
    assert (await house.rows("SELECT open_incidents FROM plant_state"))[0]["open_incidents"] == 0


async def test_the_same_device_within_six_hours_goes_on_with_its_incident(
    house: Household, clock: Clock
) -> None:
    await flap(house, clock, 20)
    clock.move(minutes=6)
    await ConnectionWatch(house.db, clock).look()
    await flap(house, clock, 20)
    assert await told(house) == [("flapping", None)]
    assert len([n for n in await house.notifications() if n["event"] == "opened"]) == 1


async def test_announced_sleep_is_no_loss(house: Household, clock: Clock) -> None:
    for _ in range(30):
        clock.move(seconds=3)
        async with house.db.transaction() as conn:
            packet = Packet("", "d", "status", b"sleeping", True, False, clock(), None)
            await absorb(conn, [unpack(packet)], clock())
    assert await told(house) == []


async def test_what_a_device_that_flaps_says_of_itself_is_passed_over_and_its_readings_count(
    house: Household, clock: Clock
) -> None:
    await flap(house, clock, 20)
    clock.move(seconds=3)
    packets = [
        Packet("", "d", "telemetry", b'{"soil_moisture": 41}', False, False, clock(), None),
        Packet("", "d", "status", b"offline", True, False, clock(), None),
    ]
    async with house.db.transaction() as conn:
        await absorb(conn, list(map(unpack, packets)), clock())
    (device,) = await house.rows("SELECT status FROM devices")
    (plant,) = await house.rows("SELECT soil_moisture FROM plant_state")
    assert (device["status"], plant["soil_moisture"]) == ("online", 41)


async def test_a_device_without_a_plant_is_told_of_and_its_removal_ends_it(
    house: Household, clock: Clock
) -> None:
    await house.device("spare", NOW)
    await flap(house, clock, 20, device="spare")
    assert [(row["device_id"], row["plant_id"]) for row in await house.alerts()] == [("spare", None)]
    await house.run("UPDATE devices SET decommissioned_at = %s WHERE id = 'spare'", clock())
    await BatteryWatch(house.db, clock).look()
    assert await told(house) == [("flapping", "the device was removed")]
