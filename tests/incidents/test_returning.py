"""A problem that comes back: soon it is the same one, later or after a watering it is a new one."""

from __future__ import annotations

from plantops_server.incidents import lifecycle
from plantops_server.incidents.judge import rejudge
from tests.incidents.household import LIMITS, Household, at, context, reading

HOOK = "https://discord.com/api/webhooks/1/token"


async def watered(household: Household, minutes: float, who: str | None = None) -> int | None:
    async with household.db.transaction() as conn:
        return await lifecycle.resolve_dry(conn, "p", at(minutes), who)


async def test_a_breach_that_returns_soon_is_the_same_incident(household: Household) -> None:
    await household.plants("p")
    await household.tell(HOOK)
    first = await household.dry("p")
    await household.judge(reading("p", 10, 40))
    assert await household.judge(reading("p", 300, 29), reading("p", 310, 29)) == [first]
    (alert,) = await household.alerts()
    assert (alert["opened_at"], alert["resolved_at"], alert["resolution"]) == (at(0), None, None)
    assert [row["event"] for row in await household.notifications()] == ["opened", "resolved", "changed"]


async def test_a_breach_that_returns_after_six_hours_is_a_new_incident(household: Household) -> None:
    await household.plants("p")
    (first,) = await household.judge(reading("p", 0, 70), reading("p", 5, 70))
    await household.judge(reading("p", 10, 40))
    assert await household.judge(reading("p", 371, 70), reading("p", 381, 70)) == [first + 1]


async def test_dry_soil_that_was_not_watered_is_the_same_incident_for_a_day_and_a_half(
    household: Household,
) -> None:
    await household.plants("p")
    first = await household.dry("p")
    await household.judge(reading("p", 10, 40))
    assert await household.judge(reading("p", 2150, 25), reading("p", 2160, 25)) == [first]
    await household.judge(reading("p", 2170, 40))
    assert await household.judge(reading("p", 4340, 25), reading("p", 4350, 25)) == [first + 1]


async def test_a_watering_whose_wet_reading_came_first_still_makes_the_next_dryness_a_new_problem(
    household: Household,
) -> None:
    await household.plants("p")
    first = await household.dry("p")
    await household.judge(reading("p", 10, 55))
    assert await watered(household, 9) is None
    assert (await household.alerts())[0]["resolution"] == "watered, found in the readings"
    assert await household.judge(reading("p", 900, 25), reading("p", 910, 25)) == [first + 1]


async def test_a_breach_that_flaps_within_one_batch_is_one_incident(household: Household) -> None:
    await household.plants("p")
    values = [25, 25, 40, 25, 25, 40, 25, 25]
    await household.judge(*(reading("p", 5 * n, value) for n, value in enumerate(values)))
    (alert,) = await household.alerts()
    assert alert["resolved_at"] is None


async def test_what_returns_worse_is_critical(household: Household) -> None:
    await household.plants("p")
    await household.tell(HOOK)
    await household.dry("p")
    await household.judge(reading("p", 10, 40))
    await household.judge(reading("p", 20, 10), reading("p", 30, 10))
    (alert,) = await household.alerts()
    assert alert["severity"] == "critical"
    assert (await household.notifications())[-1]["payload"]["returned"] is False  # worse is news


async def test_new_limits_take_nothing_up_again(household: Household) -> None:
    await household.plants("p")
    first = await household.dry("p")
    await household.judge(reading("p", 10, 40))
    async with household.db.transaction() as conn:
        await rejudge(conn, context("p"), [reading("p", 20, 25), reading("p", 30, 25)], at(30))
    assert [alert["id"] for alert in await household.alerts()] == [first, first + 1]


async def test_a_watering_ends_the_dry_incident_and_says_how_it_is_known(household: Household) -> None:
    await household.plants("p")
    await household.tell(HOOK)
    first = await household.dry("p")
    assert await watered(household, 20) == first
    (alert,) = await household.alerts()
    assert (alert["resolved_at"], alert["resolution"]) == (at(20), "watered, found in the readings")
    assert await household.rows("SELECT * FROM breaches") == []
    opened, resolved = await household.notifications()
    assert (opened["event"], opened["payload"]["seen"]) == ("opened", 25)
    assert resolved["event"] == "resolved"
    assert resolved["payload"]["seen"] is None  # no reading says that it is well
    assert await watered(household, 25) is None


async def test_a_watering_before_the_incident_began_ends_nothing(household: Household) -> None:
    await household.plants("p")
    await household.dry("p")
    assert await watered(household, -60, "ada") is None


async def test_a_watering_ends_nothing_but_dryness(household: Household) -> None:
    await household.plants("p")
    await household.judge(reading("p", 0, 80), reading("p", 5, 80))
    assert await watered(household, 20) is None


async def test_logged_water_gets_two_hours_to_reach_the_probe_and_then_dryness_is_news(
    household: Household,
) -> None:
    await household.plants("p")
    first = await household.dry("p")
    await watered(household, 20, "ada")
    assert await household.judge(reading("p", 30, 25), reading("p", 40, 25)) == []
    assert await household.judge(reading("p", 130, 25)) == []
    assert await household.judge(reading("p", 140, 25)) == [first + 1]


async def test_water_that_the_probe_saw_and_that_was_too_little_ends_nothing(household: Household) -> None:
    await household.plants("p")
    await household.tell(HOOK)
    first = await household.dry("p")
    await watered(household, 20)
    assert await household.judge(reading("p", 130, 28), reading("p", 135, 28)) == []  # it soaks in
    assert await household.judge(reading("p", 150, 28)) == [first]
    (alert,) = await household.alerts()
    assert (alert["opened_at"], alert["resolved_at"], alert["resolution"]) == (at(0), None, None)
    told = await household.notifications()
    assert [row["event"] for row in told] == ["opened", "resolved", "changed"]
    assert told[-1]["payload"]["returned"] is True  # a message is changed, and none is sent


async def test_water_that_lasted_for_half_a_day_ended_the_problem(household: Household) -> None:
    await household.plants("p")
    first = await household.dry("p")
    await watered(household, 20)
    await household.judge(reading("p", 30, 45))
    assert await household.judge(reading("p", 730, 25), reading("p", 745, 25)) == [first + 1]


def test_the_builders_limits_are_what_these_tests_assume() -> None:
    assert LIMITS["soil_moisture"].min == 30
