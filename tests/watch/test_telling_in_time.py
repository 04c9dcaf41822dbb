"""When people hear of it: quiet hours, digests, reminders, snoozes, and a clock that is set."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plantops_api.wire import QuietHours
from plantops_server.delivery import Courier
from plantops_server.incidents import lifecycle, outbox
from tests.incidents.household import Clock, Household, at, reading
from tests.notify import fake_discord as discord
from tests.notify.fake_discord import FakeDiscord
from tests.watch.conftest import tell, titles


async def test_a_clock_that_is_set_back_keeps_no_message_waiting(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    await told.dry("p")
    fake_discord.script(discord.too_many(30))
    await courier.deliver()
    clock.move(hours=-1)
    async with told.db.transaction() as conn:
        await outbox.clock_set_back(conn, clock.now)
    await courier.deliver()
    assert titles(fake_discord) == ["▲ Plant p is too dry"]


@pytest.mark.parametrize("wait", ["quiet hours", "digest"])
async def test_what_waits_for_a_time_of_day_is_told_once_then_however_the_clock_is_set_meanwhile(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock, wait: str
) -> None:
    hours = QuietHours(start="07:00", end="09:00") if wait == "quiet hours" else None
    await tell(told, fake_discord, quiet_hours=hours, digest=hours is None)
    await told.dry("p")
    for minutes in (5, -55, 4, 59):
        clock.now = at(minutes)
        async with told.db.transaction() as conn:
            await outbox.clock_set_back(conn, clock.now)
        await courier.deliver()
        assert fake_discord.requests == []
    for minutes in (60, 0, 60, 120):
        clock.now = at(minutes)
        await courier.deliver()
    assert titles(fake_discord) == ["▲ Plant p is too dry"]


async def test_quiet_hours_hold_warnings_back_but_not_critical_ones(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    await tell(told, fake_discord, quiet_hours=QuietHours(start="07:00", end="09:00"))
    await told.dry("p")
    await told.judge(reading("q", 0, 5), reading("q", 5, 5))
    await courier.deliver()
    assert titles(fake_discord) == ["✖ Plant q is too dry"]
    clock.now = at(60)
    await courier.deliver()
    assert titles(fake_discord) == ["✖ Plant q is too dry", "▲ Plant p is too dry"]


async def test_a_problem_that_came_and_went_in_quiet_hours_is_told_once_in_the_morning(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    await tell(told, fake_discord, quiet_hours=QuietHours(start="07:00", end="09:00"))
    await told.dry("p")
    await courier.deliver()
    await told.judge(reading("p", 30, 50))
    await courier.deliver()
    assert fake_discord.requests == []
    clock.now = at(60)
    await courier.deliver()
    await courier.deliver()
    assert [r.method for r in fake_discord.requests] == ["POST"]
    assert titles(fake_discord) == ["✔ Plant p is too dry (resolved)"]


async def test_a_digest_tells_the_warnings_of_an_hour_in_one_message_and_critical_ones_at_once(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    await tell(told, fake_discord, digest=True)
    await told.plants("r")
    await told.dry("p")
    await courier.deliver()
    await told.judge(reading("r", 0, 5), reading("r", 5, 5))
    await told.dry("q", 20)
    clock.move(minutes=59)
    await courier.deliver()
    assert titles(fake_discord) == ["✖ Plant r is too dry"]
    clock.move(minutes=1)
    await courier.deliver()
    assert titles(fake_discord) == ["✖ Plant r is too dry", "▲ 2 problems at once"]


async def remind(household: Household, clock: Clock) -> None:
    async with household.db.transaction() as conn:
        await outbox.enqueue_repeats(conn, clock.now)


async def test_reminders_come_until_somebody_acknowledges(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    await tell(told, fake_discord, repeat_after_s=3600)
    alert_id = await told.dry("p")
    await courier.deliver()
    for _ in range(3):
        clock.move(minutes=31)
        await remind(told, clock)
        await courier.deliver()
    assert titles(fake_discord) == ["▲ Plant p is too dry", "▲ Plant p is too dry (still)"]
    async with told.db.transaction() as conn:
        await lifecycle.ack(conn, alert_id, "ada", clock.now)
    clock.move(hours=5)
    await remind(told, clock)
    await courier.deliver()
    assert len(fake_discord.messages) == 2


async def test_a_clock_that_is_set_forward_and_back_reminds_once(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    await tell(told, fake_discord, repeat_after_s=3600)
    await told.dry("p")
    await courier.deliver()
    for hours in (1, 0, -1, 2):
        clock.move(hours=hours)
        for _ in range(2):
            await remind(told, clock)
            await courier.deliver()
    # At 9:00, set forward; at 10:00, an hour after that: never at the 8:00 between them.
    assert len(fake_discord.messages) == 3


async def test_without_a_repeat_interval_nothing_is_repeated(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    await told.dry("p")
    await courier.deliver()
    clock.move(days=2)
    await remind(told, clock)
    await courier.deliver()
    assert len(fake_discord.requests) == 1


async def test_a_snooze_is_silence_and_then_one_reminder(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    await tell(told, fake_discord, repeat_after_s=300)
    alert_id = await told.dry("p")
    await courier.deliver()
    async with told.db.transaction() as conn:
        await lifecycle.snooze(conn, alert_id, clock.now + timedelta(hours=2), clock.now)
    await tell(told, fake_discord)
    for _ in range(5):
        clock.move(minutes=25)
        await remind(told, clock)
        await courier.deliver()
    assert titles(fake_discord) == ["▲ Plant p is too dry", "▲ Plant p is too dry (still)"]


async def test_an_incident_snoozed_before_it_was_told_waits_for_the_end_of_the_snooze(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    alert_id = await told.dry("p")
    async with told.db.transaction() as conn:
        await lifecycle.snooze(conn, alert_id, clock.now + timedelta(hours=1), clock.now)
    await courier.deliver()
    assert fake_discord.requests == []
    clock.move(hours=1)
    await courier.deliver()
    assert len(fake_discord.messages) == 1


async def test_old_news_is_not_sent(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    await told.dry("p")
    clock.move(days=3, minutes=6)
    await courier.deliver()
    assert fake_discord.requests == []
    assert (await told.notifications())[0]["last_error"] == "given up after 3 days"
