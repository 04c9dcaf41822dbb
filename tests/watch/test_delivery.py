"""From the outbox to Discord and back: nothing lost, nothing told twice, nobody nagged."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from plantops_api.wire import ChannelBody, NotificationSettingsBody
from plantops_server.delivery import Courier
from plantops_server.incidents import channels, lifecycle, outbox
from plantops_server.store.vault import Vault
from tests.incidents.household import NOW, Clock, Household, reading
from tests.notify import fake_discord as discord
from tests.notify.fake_discord import FakeDiscord, Reply
from tests.watch.conftest import channel_of, tell, titles


async def test_an_incident_is_one_message_that_is_edited_when_it_ends(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    alert_id = await told.dry("p")
    await courier.deliver()
    assert titles(fake_discord) == ["▲ Plant p is too dry"]
    (alert,) = await told.alerts()
    assert alert["sent_at"] == clock.now
    await told.judge(reading("p", 60, 50))
    await courier.deliver()
    assert titles(fake_discord) == ["✔ Plant p is too dry (resolved)"]
    assert [r.method for r in fake_discord.requests] == ["POST", "PATCH"]
    assert fake_discord.requests[1].embed["footer"]["text"] == f"PlantOps alert {alert_id}"


async def test_delivering_again_sends_nothing_again(
    told: Household, courier: Courier, fake_discord: FakeDiscord
) -> None:
    await told.dry("p")
    assert await courier.deliver() == 1
    assert await courier.deliver() == 0
    assert len(fake_discord.requests) == 1


async def test_getting_critical_and_being_acknowledged_edit_the_same_message(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    alert_id = await told.dry("p")
    await courier.deliver()
    await told.judge(reading("p", 10, 5))
    await courier.deliver()
    assert titles(fake_discord) == ["✖ Plant p is too dry"]
    async with told.db.transaction() as conn:
        await lifecycle.ack(conn, alert_id, "ada", clock.now)
    await courier.deliver()
    assert titles(fake_discord) == ["◐ Plant p is too dry (acknowledged)"]


@pytest.mark.parametrize(
    "reply", [discord.SERVER_ERROR, discord.hang(1.2), Reply(503)], ids=["500", "hang", "503"]
)
async def test_what_discord_could_not_take_is_sent_later(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock, reply: Reply
) -> None:
    await told.dry("p")
    fake_discord.script(reply)
    await courier.deliver()
    (row,) = await told.notifications()
    assert row["delivered_at"] is None
    assert row["last_error"].startswith("Discord")
    assert timedelta(seconds=3) < row["next_attempt_at"] - clock.now < timedelta(seconds=7)
    await courier.deliver()
    assert len(fake_discord.requests) == 1  # not before it is due
    clock.move(seconds=7)
    await courier.deliver()
    assert titles(fake_discord)[-1:] == ["▲ Plant p is too dry"]
    (row,) = await told.notifications()
    assert (row["attempts"], row["last_error"], row["next_attempt_at"]) == (2, None, None)


async def test_waits_grow_and_are_capped(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    await told.dry("p")
    waits = []
    for _ in range(12):
        fake_discord.script(discord.SERVER_ERROR)
        await courier.deliver()
        (row,) = await told.notifications()
        waits.append((row["next_attempt_at"] - clock.now).total_seconds())
        clock.now = row["next_attempt_at"]
    assert 3 < waits[0] < 7
    assert all(a < b for a, b in pairwise(waits[:6]))
    assert max(waits) <= 900 * 1.25


async def test_retry_after_is_obeyed_also_by_what_comes_later(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    await told.dry("p")
    fake_discord.script(discord.too_many(30))
    await courier.deliver()
    await told.dry("q")  # a new incident of another plant: the service still wants its pause
    clock.move(seconds=30)
    await courier.deliver()
    assert len(fake_discord.requests) == 1
    clock.move(seconds=1)
    await courier.deliver()
    assert sorted(titles(fake_discord)) == ["▲ Plant p is too dry", "▲ Plant q is too dry"]


async def test_a_global_limit_pauses_every_discord_channel(
    household: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    two = [
        ChannelBody(name=name, type="discord", url=fake_discord.url, plants=[plant])
        for name, plant in (("a", "p"), ("b", "q"))
    ]
    async with household.db.transaction() as conn:
        await channels.replace(
            conn, NotificationSettingsBody(channels=two), household.vault, [fake_discord.host]
        )
    await household.plants("p", "q")
    await household.dry("p")
    fake_discord.script(discord.too_many(20, everywhere=True))
    await courier.deliver()
    await household.dry("q")
    await courier.deliver()
    assert len(fake_discord.requests) == 1
    clock.move(seconds=25)
    await courier.deliver()
    assert len(fake_discord.messages) == 2


async def test_an_empty_bucket_is_waited_for_before_the_next_message(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    await told.dry("p")
    await told.dry("q")
    fake_discord.script(Reply(200, None, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "2"}))
    await courier.deliver()
    assert len(fake_discord.requests) == 1
    assert courier.resting_until == clock.now + timedelta(seconds=2)
    clock.move(seconds=2)
    await courier.deliver()
    assert len(fake_discord.messages) == 2


@pytest.mark.parametrize("reply", [discord.UNAUTHORIZED, discord.FORBIDDEN, discord.NOT_FOUND])
async def test_a_channel_that_is_refused_is_disabled_and_says_why(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock, reply: Reply
) -> None:
    await told.dry("p")
    await told.dry("q")
    fake_discord.script(reply)
    await courier.deliver()
    clock.move(hours=1)
    await courier.deliver()
    assert len(fake_discord.requests) == 1  # never tried again
    shown = (await channel_of(told)).shown()
    assert not shown.enabled
    assert shown.disabled_reason is not None
    assert str(reply.status) in shown.disabled_reason
    assert {row["next_attempt_at"] for row in await told.notifications()} == {None}


async def test_what_a_disabled_channel_missed_is_told_when_it_is_enabled_again(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    await told.dry("p")
    fake_discord.script(discord.NOT_FOUND)
    await courier.deliver()
    clock.move(minutes=10)
    await tell(told, fake_discord)
    async with told.db.transaction() as conn:
        await outbox.revive(conn, ["garden"], clock.now)
    await courier.deliver()
    assert titles(fake_discord) == ["▲ Plant p is too dry"]


async def test_a_message_that_discord_does_not_take_is_given_up_alone(
    told: Household, courier: Courier, fake_discord: FakeDiscord
) -> None:
    await told.dry("p")
    await told.dry("q")
    fake_discord.script(discord.BAD_REQUEST)
    await courier.deliver()
    assert titles(fake_discord) == ["▲ Plant q is too dry"]
    assert (await told.notifications())[0]["last_error"] == "Discord answered 400: Invalid Form Body"
    assert (await channel_of(told)).enabled


async def test_a_message_that_was_deleted_in_discord_is_posted_anew(
    told: Household, courier: Courier, fake_discord: FakeDiscord
) -> None:
    await told.dry("p")
    await courier.deliver()
    fake_discord.messages.clear()
    await told.judge(reading("p", 60, 50))
    await courier.deliver()
    assert titles(fake_discord) == ["✔ Plant p is too dry (resolved)"]


async def test_the_order_of_a_plants_messages_is_kept_when_one_fails(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    await told.dry("p")
    fake_discord.script(discord.SERVER_ERROR)
    await courier.deliver()
    await told.judge(reading("p", 10, 5))  # critical now
    await courier.deliver()
    assert len(fake_discord.requests) == 1
    clock.move(seconds=10)
    await courier.deliver()
    assert [(r.method, r.embed["title"]) for r in fake_discord.requests[1:]] == [
        ("POST", "✖ Plant p is too dry"),
        ("PATCH", "✖ Plant p is too dry"),
    ]


async def test_a_hundred_alerts_at_once_are_all_told_in_few_messages_and_none_is_lost(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    plants = [f"pot{n}" for n in range(100)]
    await told.plants(*plants)
    await told.judge(*(reading(p, minutes, 25) for p in plants for minutes in (0, 5)))
    fake_discord.script(discord.too_many(3), discord.SERVER_ERROR)
    for _ in range(4):
        await courier.deliver()
        clock.move(minutes=1)
    assert len(fake_discord.messages) == 1
    assert titles(fake_discord) == ["▲ 100 problems at once"]
    assert {row["delivered_at"] is not None for row in await told.notifications()} == {True}
    assert {alert["sent_at"] is not None for alert in await told.alerts()} == {True}
    # One of them ends: the same message says so.
    await told.judge(reading("pot3", 90, 50))
    await courier.deliver()
    assert titles(fake_discord) == ["▲ 100 problems at once, 99 still open"]


async def test_a_group_takes_nothing_out_of_its_plants_order(
    told: Household, courier: Courier, fake_discord: FakeDiscord
) -> None:
    await told.dry("p")
    await courier.deliver()
    pots = [f"pot{n}" for n in range(25)]
    await told.plants(*pots)
    await told.judge(reading("p", 10, 50), reading("p", 2200, 25), reading("p", 2205, 25))
    await told.judge(*(reading(pot, minutes, 25) for pot in pots for minutes in (0, 5)))
    await courier.deliver()
    assert titles(fake_discord) == [
        "✔ Plant p is too dry (resolved)", "▲ 25 problems at once", "▲ Plant p is too dry",
    ]  # fmt: skip


async def test_nineteen_alerts_are_nineteen_messages(
    told: Household, courier: Courier, fake_discord: FakeDiscord
) -> None:
    plants = [f"pot{n}" for n in range(19)]
    await told.plants(*plants)
    await told.judge(*(reading(p, minutes, 25) for p in plants for minutes in (0, 5)))
    await courier.deliver()
    assert len(fake_discord.messages) == 19


async def test_dying_between_send_and_mark_leaves_at_most_one_duplicate_with_the_same_id(
    told: Household,
    courier: Courier,
    fake_discord: FakeDiscord,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(BaseException):
        """kill -9: nothing after this line runs."""

    async def killed(*_args: object) -> None:
        raise Killed

    await told.dry("p")
    monkeypatch.setattr(outbox, "mark_delivered", killed)
    with pytest.raises(Killed):
        await courier.deliver()
    monkeypatch.undo()
    await courier.deliver()
    assert len(fake_discord.requests) == 1  # the lease of the dead one still runs
    clock.now += outbox.LEASE
    await courier.deliver()
    await courier.deliver()
    assert len(fake_discord.requests) == 2
    assert len({r.embed["footer"]["text"] for r in fake_discord.requests}) == 1


async def test_two_workers_never_send_the_same_row(
    told: Household, courier: Courier, fake_discord: FakeDiscord
) -> None:
    plants = [f"pot{n}" for n in range(12)]
    await told.plants(*plants)
    await told.judge(*(reading(p, minutes, 25) for p in plants for minutes in (0, 5)))
    await asyncio.gather(courier.deliver(), courier.deliver(), courier.deliver())
    assert sorted(titles(fake_discord)) == sorted(f"▲ Plant {p} is too dry" for p in plants)


async def test_a_hanging_channel_does_not_delay_another(
    household: Household, courier: Courier, fake_discord: FakeDiscord
) -> None:
    settings = NotificationSettingsBody(
        channels=[
            ChannelBody(name="a", type="discord", url=fake_discord.url, plants=["p"]),
            ChannelBody(name="b", type="discord", url=fake_discord.url, plants=["q"]),
        ]
    )
    async with household.db.transaction() as conn:
        await channels.replace(conn, settings, household.vault, [fake_discord.host])
    await household.plants("p", "q")
    await household.dry("p")
    await household.dry("q")
    fake_discord.script(discord.hang(0.9))
    delivery = asyncio.create_task(courier.deliver())
    await asyncio.to_thread(fake_discord.wait_for, 2, 0.7)
    await delivery
    assert len(fake_discord.messages) == 2


async def test_whoever_acknowledged_first_needs_no_message(
    told: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    alert_id = await told.dry("p")
    async with told.db.transaction() as conn:
        await lifecycle.ack(conn, alert_id, "ada", clock.now)
    await told.judge(reading("p", 30, 50))
    await courier.deliver()
    assert fake_discord.requests == []
    assert {row["next_attempt_at"] for row in await told.notifications()} == {None}


async def test_rows_of_a_channel_that_was_removed_do_not_stay_due(
    told: Household, courier: Courier, fake_discord: FakeDiscord
) -> None:
    await told.dry("p")
    await tell(told, fake_discord, name="other")
    await courier.deliver()
    assert fake_discord.requests == []
    assert (await told.notifications())[0]["next_attempt_at"] is None


async def test_a_key_file_that_was_lost_disables_the_channel_with_the_way_out(
    told: Household, fake_discord: FakeDiscord, clock: Clock, courier: Courier
) -> None:
    courier._vault = Vault(b"x" * 32, Path("other.key"))
    await told.dry("p")
    await courier.deliver()
    reason = (await channel_of(told)).disabled_reason
    assert reason is not None
    assert "original key file" in reason


async def test_a_test_message_shows_the_real_outcome(
    told: Household, courier: Courier, fake_discord: FakeDiscord
) -> None:
    channel = await channel_of(told)
    result = await courier.test(channel)
    assert (result.ok, result.status, result.error) == (True, 200, None)
    assert titles(fake_discord) == ["✔ PlantOps test message"]
    fake_discord.script(discord.FORBIDDEN)
    result = await courier.test(channel)
    assert (result.ok, result.status) == (False, 403)
    assert result.error is not None
    assert "permissions" in result.error


async def test_nothing_is_sent_inside_a_transaction(
    told: Household, courier: Courier, fake_discord: FakeDiscord
) -> None:
    await told.dry("p")
    fake_discord.script(discord.hang(0.5))
    delivery = asyncio.create_task(courier.deliver())
    await asyncio.to_thread(fake_discord.wait_for, 1)
    sessions = await told.rows(
        "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    assert sessions == []
    await delivery
    assert (await told.alerts())[0]["sent_at"] == NOW


@pytest.mark.filterwarnings("ignore:.imghdr. is deprecated")  # Apprise's own import
async def test_apprise_channels_get_plain_messages_and_none_about_an_acknowledgement(
    household: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    url = fake_discord.url.replace("http://", "json://")
    await household.tell(url, type="apprise")
    await household.plants("p")
    alert_id = await household.dry("p")
    await courier.deliver()
    async with household.db.transaction() as conn:
        await lifecycle.ack(conn, alert_id, "ada", clock.now)
    await courier.deliver()
    await household.judge(reading("p", 60, 50))
    await courier.deliver()
    opened, resolved = (request.body for request in fake_discord.requests)
    assert (opened["title"], resolved["title"]) == ("▲ Plant p is too dry", "✔ Plant p is too dry (resolved)")
    assert opened["message"].splitlines()[0] == "25 %, should be 30 to 60 %"
    fake_discord.script(discord.SERVER_ERROR)
    result = await courier.test(await channel_of(household))
    assert (result.ok, result.status) == (False, None)
    assert result.error is not None
    assert discord.TOKEN not in result.error


async def test_a_day_of_noise_at_the_limit_is_one_new_message(
    told: Household, courier: Courier, fake_discord: FakeDiscord
) -> None:
    chance = random.Random(7)
    for hour in range(24):
        noisy = [reading("p", 60 * hour + 10 * n, chance.gauss(30, 2)) for n in range(6)]
        await told.judge(*noisy)
        await courier.deliver()
    assert [request.method for request in fake_discord.requests].count("POST") == 1
    assert len(fake_discord.requests) > 3  # it did come and go
