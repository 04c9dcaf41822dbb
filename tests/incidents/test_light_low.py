"""Too little light: by whole days, one incident for a dull spell."""

from __future__ import annotations

from datetime import timedelta

from plantops_api.wire import Threshold
from plantops_server.incidents.light import judge_light
from tests.incidents.household import NOW, Household, context

HOOK = "https://discord.com/api/webhooks/1/token"
DAY = NOW.replace(hour=0) - timedelta(days=1)
NEEDS_TEN = {"dli": Threshold(min=10, source="species")}


async def judged(household: Household, dli: float, *, after_days: int = 0) -> list[int]:
    span = timedelta(days=after_days)
    async with household.db.transaction() as conn:
        return await judge_light(conn, {"p": dli}, {"p": context("p", NEEDS_TEN)}, DAY + span, NOW + span)


async def test_a_dark_day_is_one_incident_that_says_how_much_was_missing(household: Household) -> None:
    await household.plants("p")
    await household.tell(HOOK)
    (alert_id,) = await judged(household, 6.2)
    (alert,) = await household.alerts()
    assert (alert["id"], alert["kind"], alert["metric"], alert["opened_at"]) == (
        alert_id, "light_low", "light_level", DAY,
    )  # fmt: skip
    assert alert["detail"] == "6.2 mol/m² in a day, needs 10"
    assert (await household.notifications())[0]["payload"]["text"] == "6.2 mol/m² in a day, needs 10"


async def test_the_same_day_and_further_dark_days_change_nothing(household: Household) -> None:
    await household.plants("p")
    await judged(household, 6.2)
    assert await judged(household, 6.2) == []
    assert await judged(household, 7, after_days=1) == []


async def test_a_day_just_at_the_minimum_is_not_enough_and_a_tenth_more_is(household: Household) -> None:
    await household.plants("p")
    (alert_id,) = await judged(household, 6.2)
    assert await judged(household, 10.5, after_days=1) == []
    assert await judged(household, 11.1, after_days=2) == [alert_id]
    assert (await household.alerts())[0]["resolution"] == "a day with enough light"


async def test_a_day_with_enough_light_opens_nothing(household: Household) -> None:
    await household.plants("p")
    assert await judged(household, 10) == []


async def test_an_older_day_that_is_judged_again_as_the_clock_was_set_back_over_midnight_changes_nothing(
    household: Household,
) -> None:
    await household.plants("p")
    await household.tell(HOOK)
    (alert_id,) = await judged(household, 6.2, after_days=1)
    assert await judged(household, 12) == []
    assert await judged(household, 12, after_days=2) == [alert_id]
    assert await judged(household, 6.2, after_days=1) == []
    assert [row["event"] for row in await household.notifications()] == ["opened", "resolved"]


async def test_dull_again_within_three_days_is_the_same_incident_and_no_new_message(
    household: Household,
) -> None:
    await household.plants("p")
    await household.tell(HOOK)
    (alert_id,) = await judged(household, 6.2)
    await judged(household, 12, after_days=1)
    assert await judged(household, 5, after_days=3) == [alert_id]
    assert [row["event"] for row in await household.notifications()] == ["opened", "resolved", "changed"]
    await judged(household, 12, after_days=4)
    assert await judged(household, 5, after_days=9) != [alert_id]


async def test_what_a_person_closed_is_not_opened_again_by_the_same_day(household: Household) -> None:
    await household.plants("p")
    await judged(household, 6.2)
    await household.run("UPDATE alerts SET resolved_at = %s, resolution = 'resolved by ada'", NOW)
    assert await judged(household, 6.2) == []
    assert len(await judged(household, 6.2, after_days=2)) == 1


async def test_without_a_minimum_nothing_is_too_dark_and_an_open_incident_ends(household: Household) -> None:
    await household.plants("p")
    (alert_id,) = await judged(household, 6.2)
    async with household.db.transaction() as conn:
        assert await judge_light(conn, {"p": 1.0}, {"p": context("p")}, DAY, NOW) == [alert_id]
    assert (await household.alerts())[0]["resolution"] == "the limit was removed"


async def test_a_plant_whose_day_is_not_known_keeps_what_it_has(household: Household) -> None:
    await household.plants("p")
    await judged(household, 6.2)
    async with household.db.transaction() as conn:
        assert await judge_light(conn, {}, {"p": context("p", NEEDS_TEN)}, DAY, NOW) == []
    assert (await household.alerts())[0]["resolved_at"] is None
