"""Notification settings: sealed at rest, masked when shown, and URLs that may not be used."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plantops_api.wire import ChannelBody, NotificationSettingsBody, QuietHours
from plantops_server.errors import InvalidInput
from plantops_server.incidents import channels
from plantops_server.incidents.channels import StoredChannel, check_url, mask, quiet_until
from tests.incidents.household import Household

SECRET = "canary-hook-secret"
HOOK = f"https://discord.com/api/webhooks/123456789/{SECRET}"
MASKED = "https://discord.com/api/webhooks/123456789/****"


def body(*urls: str, **more: Any) -> NotificationSettingsBody:
    return NotificationSettingsBody(
        channels=[ChannelBody(name=f"c{n}", type="discord", url=url, **more) for n, url in enumerate(urls)]
    )


async def put(household: Household, settings: NotificationSettingsBody) -> channels.Stored:
    async with household.db.transaction() as conn:
        return await channels.replace(conn, settings, household.vault)


async def load(household: Household) -> channels.Stored:
    async with household.db.connection() as conn:
        return await channels.load(conn)


async def test_the_secret_is_sealed_in_the_database_and_masked_when_shown(household: Household) -> None:
    shown = (await put(household, body(HOOK))).shown()
    assert shown.channels[0].url == MASKED
    (row,) = await household.rows("SELECT value::text AS text FROM settings WHERE key = 'notifications'")
    assert SECRET not in row["text"]
    assert household.vault.unseal((await load(household)).channels[0].sealed_url) == HOOK


async def test_sending_the_masked_url_back_keeps_the_secret_also_under_another_name(
    household: Household,
) -> None:
    await put(household, body(HOOK))
    await put(household, body(MASKED, min_severity="critical"))
    renamed = NotificationSettingsBody(channels=[ChannelBody(name="new name", type="discord", url=MASKED)])
    (channel,) = (await put(household, renamed)).channels
    assert household.vault.unseal(channel.sealed_url) == HOOK


async def test_a_masked_url_that_stands_for_nothing_is_refused_with_the_way_out(household: Household) -> None:
    with pytest.raises(InvalidInput, match="paste the whole URL"):
        await put(household, body(MASKED))


async def test_what_get_answers_may_be_put_back(household: Household) -> None:
    await put(household, body(HOOK))
    shown = (await load(household)).shown()
    again = NotificationSettingsBody.model_validate(shown.model_dump())
    assert (await put(household, again)).shown() == shown


async def test_two_channels_of_one_name_are_refused(household: Household) -> None:
    twice = ChannelBody(name="a", type="discord", url=HOOK)
    with pytest.raises(InvalidInput, match="Two channels"):
        await put(household, NotificationSettingsBody(channels=[twice, twice]))


@pytest.mark.parametrize(
    "url",
    [
        "http://discord.com/api/webhooks/1/t", "https://discord.com.evil.example/api/webhooks/1/t",
        "https://evil.example/api/webhooks/1/t", "https://discord.com@evil.example/api/webhooks/1/t",
        "https://user:pw@discord.com/api/webhooks/1/t", "https://discord.com:8443/api/webhooks/1/t",
        "https://127.0.0.1/api/webhooks/1/t", "https://[::1]/api/webhooks/1/t", "https://2130706433/api/webhooks/1/t",
        "https://169.254.169.254/latest/meta-data", "https://discord.com/api/webhooks/1/../../users",
        "https://discord.com/api/webhooks/1", "https://discord.com/api/webhooks/1/t?x=1", "https://discord.com:x/",
        "file:///etc/passwd", "discord.com/api/webhooks/1/t", "https://[bad/api/webhooks/1/t", "",
    ],
)  # fmt: skip
def test_a_webhook_url_elsewhere_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_url("discord", url)
    assert "webhooks/1" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        HOOK,
        "https://discordapp.com/api/v10/webhooks/1/t-_A",
        "https://ptb.discord.com/api/webhooks/1/t?thread_id=42",
    ],
)
def test_discords_own_urls_are_taken(url: str) -> None:
    check_url("discord", url)


def test_an_allowed_host_may_be_local_and_plain_but_only_that_host_and_port() -> None:
    check_url("discord", "http://127.0.0.1:9000/api/webhooks/1/t", ["127.0.0.1:9000"])
    check_url("discord", "http://127.0.0.1:9000/api/webhooks/1/t", ["127.0.0.1"])
    with pytest.raises(InvalidInput):
        check_url("discord", "http://127.0.0.1:9001/api/webhooks/1/t", ["127.0.0.1:9000"])
    with pytest.raises(InvalidInput):
        check_url("discord", "ftp://127.0.0.1:9000/api/webhooks/1/t", ["127.0.0.1:9000"])


def test_masks_hide_the_token_and_everything_of_an_apprise_url() -> None:
    assert mask("discord", HOOK + "?thread_id=1") == MASKED
    assert mask("apprise", "mailto://ada:secret@example.com?to=x") == "mailto://****"


@pytest.mark.parametrize(
    ("fields", "kind", "plant_id", "severity", "wanted"),
    [
        ({}, "low", "p", "warning", True),
        ({"kinds": ["offline"]}, "low", "p", "critical", False),
        ({"plants": ["q"]}, "low", "p", "critical", False),
        ({"plants": ["p"]}, "low", "p", "warning", True),
        ({"plants": ["q"]}, "offline", None, "critical", True),
        ({"min_severity": "critical"}, "low", "p", "warning", False),
        ({"min_severity": "critical"}, "low", "p", "critical", True),
    ],
)
def test_a_channel_wants_what_it_was_set_up_for(
    fields: dict[str, Any], kind: str, plant_id: str | None, severity: Any, wanted: bool
) -> None:
    channel = StoredChannel(name="c", type="discord", sealed_url="s", masked_url="m", **fields)
    assert channel.wants(kind, plant_id, severity) is wanted


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NIGHT = QuietHours(start="22:00", end="07:30", timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-24T20:59", None),  # 21:59 in Berlin
        ("2026-11-24T21:00", "2026-11-25T06:30"),
        ("2026-11-25T02:00", "2026-11-25T06:30"),
        ("2026-11-25T06:30", None),
        ("2026-03-28T22:00", "2026-03-29T05:30"),  # the night in which the clock goes forward
        ("2026-10-24T21:00", "2026-10-25T06:30"),  # and the one in which it goes back
    ],
)
def test_quiet_hours_are_local_also_when_the_clock_changes(now: str, until: str | None) -> None:
    assert quiet_until(NIGHT, utc(now)) == (utc(until) if until else None)


@pytest.mark.parametrize("start_end", ["22:00 02:30", "02:15 06:00", "01:00 02:00", "23:00 03:00"])
@pytest.mark.parametrize("evening", ["2026-03-28T17:00", "2026-10-24T17:00"])
def test_they_end_once_and_always_ahead_also_within_an_hour_that_comes_twice_or_never(
    evening: str, start_end: str
) -> None:
    start, end = start_end.split()
    hours = QuietHours(start=start, end=end, timezone="Europe/Berlin")
    moments = [utc(evening) + timedelta(minutes=5 * n) for n in range(12 * 16)]
    ends = {moment: quiet_until(hours, moment) for moment in moments}
    assert all(until > moment for moment, until in ends.items() if until is not None)
    assert len({until for until in ends.values() if until is not None}) == 1


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
    noon = QuietHours(start="12:00", end="14:00")
    assert quiet_until(noon, utc("2026-11-24T13:00")) == utc("2026-11-24T14:00")
    assert quiet_until(noon, utc("2026-11-24T15:00")) is None
    assert quiet_until(None, utc("2026-11-24T13:00")) is None


async def test_an_unknown_time_zone_is_refused(household: Household) -> None:
    settings = NotificationSettingsBody(
        quiet_hours=QuietHours(start="22:00", end="07:00", timezone="Mars/Olympus")
    )
    with pytest.raises(InvalidInput, match="time zone"):
        await put(household, settings)


async def test_disabling_a_channel_does_not_touch_one_that_was_given_another_url_meanwhile(
    household: Household,
) -> None:
    (old,) = (await put(household, body(HOOK))).channels
    await put(household, body(HOOK.replace("123456789", "987654321")))
    async with household.db.transaction() as conn:
        assert not await channels.disable(conn, old.name, old.sealed_url, "gone")
    assert (await load(household)).channels[0].enabled


async def test_two_changes_at_once_do_not_overwrite_each_other(household: Household) -> None:
    stored = await put(household, body(HOOK, HOOK.replace("123456789", "2")))

    async def disable(channel: StoredChannel) -> None:
        async with household.db.transaction() as conn:
            await channels.disable(conn, channel.name, channel.sealed_url, "gone")

    await asyncio.gather(*(disable(channel) for channel in stored.channels))
    assert [channel.enabled for channel in (await load(household)).channels] == [False, False]
