"""Sensor faults: one incident a device, whatever it shows and however often it comes and goes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from plantops_server.incidents import lifecycle
from plantops_server.incidents.faults import Fault, FaultVerdict, judge_faults
from tests.incidents.household import NOW, Household, at, context

HOOK = "https://discord.com/api/webhooks/1/token"


def verdict(
    fault: Fault = "stuck", *, active: bool = True, metric: str | None = "soil_moisture", device: str = "d",
    plant: str | None = "p", minutes: float = 0,
) -> FaultVerdict:  # fmt: skip
    return FaultVerdict(plant, device, f"Probe {device}", metric, fault, at(minutes), active)


async def judged(household: Household, *verdicts: FaultVerdict, now: datetime = NOW) -> list[int]:
    contexts = {v.plant_id: context(v.plant_id) for v in verdicts if v.plant_id is not None}
    async with household.db.transaction() as conn:
        return await judge_faults(conn, verdicts, contexts, now)


async def the_alert(household: Household) -> dict[str, Any]:
    (alert,) = await household.alerts()
    return alert


async def test_a_fault_opens_one_incident_that_says_what_and_where(household: Household) -> None:
    await household.plants("p")
    await household.tell(HOOK)
    (alert_id,) = await judged(household, verdict())
    alert = await the_alert(household)
    assert (alert["id"], alert["kind"], alert["severity"], alert["plant_id"], alert["device_id"]) == (
        alert_id, "sensor_fault", "warning", "p", "d",
    )  # fmt: skip
    assert (alert["metric"], alert["detail"]) == ("soil_moisture", "soil moisture is stuck at one value")
    (told,) = await household.notifications()
    assert told["event"] == "opened"
    assert told["payload"]["text"] == "soil moisture is stuck at one value"
    assert (told["payload"]["plant_name"], told["payload"]["device_name"]) == ("Plant p", "Probe d")


async def test_the_same_verdict_again_changes_nothing(household: Household) -> None:
    await household.plants("p")
    await judged(household, verdict())
    assert await judged(household, verdict(minutes=10)) == []


async def test_several_faults_of_a_device_are_one_incident_until_the_last_is_over(
    household: Household,
) -> None:
    await household.plants("p")
    await judged(household, verdict("stuck"), verdict("jump", metric="temperature"))
    alert = await the_alert(household)
    assert alert["metric"] is None
    assert alert["detail"] == "soil moisture is stuck at one value; temperature jumps as no pot does"
    await judged(household, verdict("stuck", active=False))
    alert = await the_alert(household)
    assert (alert["resolved_at"], alert["metric"]) == (None, "temperature")
    await judged(household, verdict("jump", metric="temperature", active=False), now=at(30))
    alert = await the_alert(household)
    assert (alert["resolved_at"], alert["resolution"]) == (at(30), "the sensor is plausible again")


async def test_an_end_without_a_beginning_is_nothing(household: Household) -> None:
    await household.plants("p")
    assert await judged(household, verdict(active=False)) == []
    assert await household.alerts() == []


async def test_two_devices_of_one_plant_have_an_incident_each(household: Household) -> None:
    await household.plants("p")
    await judged(household, verdict(), verdict(device="e"))
    assert [alert["device_id"] for alert in await household.alerts()] == ["d", "e"]


async def test_a_fault_that_returns_soon_is_the_same_incident_and_no_new_message(
    household: Household,
) -> None:
    await household.plants("p")
    await household.tell(HOOK)
    (first,) = await judged(household, verdict())
    await judged(household, verdict(active=False), now=at(60))
    assert await judged(household, verdict(minutes=120), now=at(120)) == [first]
    alert = await the_alert(household)
    assert (alert["resolved_at"], alert["opened_at"]) == (None, at(0))
    assert [row["event"] for row in await household.notifications()] == ["opened", "resolved", "changed"]


async def test_a_fault_that_returns_the_next_day_is_a_new_incident(household: Household) -> None:
    await household.plants("p")
    await judged(household, verdict())
    await judged(household, verdict(active=False), now=at(60))
    await judged(household, verdict(minutes=1500), now=at(1500))
    assert [alert["resolved_at"] is None for alert in await household.alerts()] == [False, True]


async def test_what_a_person_resolved_is_not_taken_up_again(household: Household) -> None:
    await household.plants("p")
    (first,) = await judged(household, verdict())
    async with household.db.transaction() as conn:
        await lifecycle.resolve(conn, first, "ada", None, at(5))
    (second,) = await judged(household, verdict(minutes=10), now=at(10))
    assert second != first


async def test_a_device_that_moved_leaves_its_incident_behind(household: Household) -> None:
    await household.plants("p", "q")
    await judged(household, verdict())
    await judged(household, verdict(plant="q"), now=at(20))
    old, new = await household.alerts()
    assert (old["resolution"], old["plant_id"]) == ("the device was moved to another plant", "p")
    assert (new["resolved_at"], new["plant_id"]) == (None, "q")


async def test_a_device_without_a_plant_can_be_faulty_too(household: Household) -> None:
    await judged(household, verdict("duplicate_stream", metric=None, plant=None))
    alert = await the_alert(household)
    assert (alert["plant_id"], alert["device_id"], alert["metric"]) == (None, "d", None)
    assert alert["detail"] == "two senders report as this device"
