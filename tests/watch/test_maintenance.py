"""Maintenance: nothing is told, everything is recorded, and what is still open at the end is told then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plantops_server.delivery import Courier
from plantops_server.errors import InvalidInput
from plantops_server.incidents import attempts, lifecycle, maintenance
from plantops_server.incidents.channels import load
from plantops_server.watch.jobs import Upkeep
from tests.incidents.household import Clock, Household, reading
from tests.notify.fake_discord import SERVER_ERROR, FakeDiscord


@pytest.fixture
async def told(household: Household, fake_discord: FakeDiscord) -> Household:
    await household.plants("p", "q")
    await household.tell(fake_discord.url, allow=[fake_discord.host])
    return household


async def begin(house: Household, clock: Clock, plant_id: str | None = "p", hours: float = 2) -> None:
    async with house.db.transaction() as conn:
        until = clock() + timedelta(hours=hours)
        await maintenance.begin(conn, plant_id, until, "repotting", "ada", clock())


async def end(house: Household, clock: Clock, plant_id: str | None = "p") -> bool:
    async with house.db.transaction() as conn:
        return await maintenance.end(conn, plant_id, clock())


def titles(fake_discord: FakeDiscord) -> list[str]:
    return [request.embed["title"] for request in fake_discord.requests]


@pytest.mark.parametrize("plant_id", ["p", None], ids=["of the plant", "of the installation"])
async def test_nothing_is_told_but_the_incident_is_recorded_and_marked(
    told: Household, courier: Courier, clock: Clock, fake_discord: FakeDiscord, plant_id: str | None
) -> None:
    await begin(told, clock, plant_id)
    await told.judge(reading("p", 0, 5), reading("p", 5, 5))  # critical, and still not told
    await courier.deliver()
    assert fake_discord.requests == []
    (alert,) = await told.alerts()
    assert (alert["severity"], alert["in_maintenance"], alert["sent_at"]) == ("critical", True, None)


async def test_another_plant_is_told_about_as_ever(
    told: Household, courier: Courier, clock: Clock, fake_discord: FakeDiscord
) -> None:
    await begin(told, clock)
    await told.dry("q")
    await courier.deliver()
    assert titles(fake_discord) == ["▲ Plant q is too dry"]
    assert (await told.alerts())[0]["in_maintenance"] is False


@pytest.mark.parametrize("early", [True, False], ids=["ended early", "ran out"])
async def test_what_is_still_open_at_the_end_is_told_then(
    told: Household, courier: Courier, clock: Clock, fake_discord: FakeDiscord, early: bool
) -> None:
    await begin(told, clock, hours=100)
    await told.dry("p")
    await courier.deliver()
    clock.move(hours=1 if early else 101)  # longer than news are kept otherwise
    if early:
        assert await end(told, clock)
    await courier.deliver()
    assert titles(fake_discord) == ["▲ Plant p is too dry"]


async def test_what_came_and_went_in_maintenance_is_never_told(
    told: Household, courier: Courier, clock: Clock, fake_discord: FakeDiscord
) -> None:
    await begin(told, clock)
    await told.dry("p")
    await courier.deliver()
    await told.judge(reading("p", 20, 45))
    await courier.deliver()
    clock.move(hours=3)
    await courier.deliver()
    assert fake_discord.requests == []
    assert (await told.alerts())[0]["resolution"] == "back in range"


async def test_an_incident_told_before_is_edited_only_when_maintenance_is_over(
    told: Household, courier: Courier, clock: Clock, fake_discord: FakeDiscord
) -> None:
    await told.dry("p")
    await courier.deliver()
    await begin(told, clock)
    await told.judge(reading("p", 20, 45))
    await courier.deliver()
    assert len(fake_discord.requests) == 1
    clock.move(hours=3)
    await courier.deliver()
    assert [request.method for request in fake_discord.requests] == ["POST", "PATCH"]


async def test_reminders_wait_for_the_end_and_are_one(
    told: Household, courier: Courier, clock: Clock, fake_discord: FakeDiscord
) -> None:
    await told.tell(fake_discord.url, allow=[fake_discord.host], repeat_after_s=3600)
    await told.dry("p")
    await courier.deliver()
    await begin(told, clock, hours=10)
    upkeep = Upkeep(told.db, clock, 0)
    for _ in range(9):
        clock.move(hours=1)
        await upkeep.remind()
        await courier.deliver()
    assert len(fake_discord.requests) == 1
    clock.move(hours=2)
    await courier.deliver()
    assert titles(fake_discord) == ["▲ Plant p is too dry", "▲ Plant p is too dry (still)"]


async def test_maintenance_ends_within_a_year_and_not_in_the_past(told: Household, clock: Clock) -> None:
    for hours in (-1, 24 * 400):
        with pytest.raises(InvalidInput, match="ends in the future"):
            await begin(told, clock, hours=hours)


async def test_ending_what_never_began_says_so(told: Household, clock: Clock) -> None:
    assert await end(told, clock) is False
    await begin(told, clock, None)
    assert await end(told, clock, "p") is False  # the installation's is another one


async def test_a_critical_incident_does_not_wait_behind_a_warning_that_waits_for_the_morning(
    told: Household, courier: Courier, clock: Clock, fake_discord: FakeDiscord
) -> None:
    quiet = {"start": "07:00", "end": "09:00", "timezone": "UTC"}
    await told.tell(fake_discord.url, allow=[fake_discord.host], quiet_hours=quiet)
    await told.dry("p")
    await courier.deliver()
    assert fake_discord.requests == []
    await told.run(
        "INSERT INTO alerts (plant_id, metric, kind, severity, opened_at)"
        " VALUES ('p', 'temperature', 'low', 'critical', %s)", clock(),
    )  # fmt: skip
    await told.run(
        "INSERT INTO notifications (alert_id, channel, subject, event, payload, created_at, next_attempt_at)"
        " SELECT a.id, n.channel, n.subject, 'opened', n.payload || '{\"metric\": \"temperature\"}', %s, %s"
        " FROM notifications n, alerts a WHERE a.metric = 'temperature'", clock(), clock(),
    )  # fmt: skip
    await courier.deliver()
    assert titles(fake_discord) == ["✖ Plant p is too cold"]
    clock.move(hours=2)
    await courier.deliver()
    assert titles(fake_discord) == ["✖ Plant p is too cold", "▲ Plant p is too dry"]


async def test_every_attempt_is_written_down_with_what_the_service_answered(
    told: Household, courier: Courier, clock: Clock, fake_discord: FakeDiscord
) -> None:
    fake_discord.script(SERVER_ERROR)
    alert_id = await told.dry("p")
    await courier.deliver()
    clock.move(minutes=1)
    await courier.deliver()
    async with told.db.transaction() as conn:
        await lifecycle.ack(conn, alert_id, "ada", clock())
    await courier.deliver()
    async with told.db.connection() as conn:
        found = await attempts.of_alert(conn, alert_id, 10)
    assert [(row["channel"], row["event"], row["outcome"], row["status"]) for row in found] == [
        ("garden", "changed", "sent", 200), ("garden", "opened", "sent", 200), ("garden", "opened", "later", 500),
    ]  # fmt: skip
    assert found[2]["error"] == "Discord answered 500."
    assert (found[0]["error"], found[0]["at"]) == (None, clock())


async def test_attempts_are_kept_ninety_days_and_alerts_four_hundred_after_their_end(
    told: Household, courier: Courier, clock: Clock, fake_discord: FakeDiscord
) -> None:
    ended, still_open = await told.dry("p"), await told.dry("q")
    await courier.deliver()
    await told.judge(reading("p", 20, 45))
    await courier.deliver()
    clock.move(days=89)
    await forget(told, clock)
    assert len(await told.rows("SELECT * FROM delivery_attempts")) == 3
    clock.move(days=2)
    await forget(told, clock)
    assert await told.rows("SELECT * FROM delivery_attempts") == []
    assert {row["alert_id"] for row in await told.notifications()} == {still_open}  # it may still be edited
    clock.move(days=308)
    await forget(told, clock)
    assert {row["id"] for row in await told.alerts()} == {ended, still_open}
    clock.move(days=2)
    await forget(told, clock)
    assert {row["id"] for row in await told.alerts()} == {still_open}


async def forget(house: Household, clock: Clock) -> None:
    async with house.db.transaction() as conn:
        await attempts.forget_old(conn, clock())
        assert (await load(conn)).channels
