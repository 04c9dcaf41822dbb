"""Settings: channels and rules, users and tokens, themes."""

from __future__ import annotations

from typing import Any

import pytest

from plantops_api import wire
from plantops_tui import rules
from plantops_tui.themes import CONTRAST, DARK, LIGHT
from tests.tui.conftest import Open, settle
from tests.tui.fake_garden import FakeServer
from tests.tui.hostile import HOSTILE, unsafe
from tests.tui.screen_text import screen_text


def text(pilot: Any) -> str:
    return "\n".join(screen_text(pilot.app))


async def press(pilot: Any, *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
    await settle(pilot)


def sent(server: FakeServer, method: str, path: str) -> list[Any]:
    return [body for verb, where, body in server.requests if verb == method and where.startswith(path)]


async def test_4_opens_the_settings_with_channels_and_rules(open_app: Open) -> None:
    async with open_app() as pilot:
        await press(pilot, "4")
        shown = text(pilot)
        assert "family           ● in use" in shown
        assert "discord https://discord.com" in shown
        assert "○ HTTP 404: gone" in shown
        assert "22:00–07:30" in shown
        assert "each 6 h" in shown


async def test_a_test_message_shows_what_really_came_of_it(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "t")
        assert "family: It arrived (HTTP 204)." in text(pilot)
        assert "✓ test arrived" in text(pilot)
        garden_server.test_outcome = wire.ChannelTest(
            channel="family", ok=False, status=401, error="the webhook's token is wrong"
        )
        await press(pilot, "t")
        assert "HTTP 401: the webhook's token" in text(pilot)


async def test_a_channel_is_added_and_a_masked_url_keeps_its_secret(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "n", *"work", "tab", *"https://discord.com/api/webhooks/1/x", "enter")
        (body,) = sent(garden_server, "PUT", "/api/settings/notifications")
        assert [c["name"] for c in body["channels"]] == ["family", "phone", "work"]
        assert body["channels"][2]["type"] == "discord"
        assert body["channels"][0]["url"] == "https://discord.com/api/webhooks/1130/****"
        assert body["quiet_hours"]["start"] == "22:00"
        assert "/1/x" not in text(pilot)


async def test_without_a_channel_it_says_that_nobody_is_told_and_enter_adds_one(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.notifications = garden_server.notifications.model_copy(update={"channels": []})
    async with open_app(screen="settings") as pilot:
        assert "nobody is told" in text(pilot)
        await press(pilot, "enter", *"work", "tab", *"https://discord.com/api/webhooks/1/x", "enter")
        assert [channel.name for channel in garden_server.notifications.channels] == ["work"]
        assert "nobody is told" not in text(pilot)


async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_sent(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "n", *"family", "enter")
        assert "There is a channel of that name." in text(pilot)
        assert "Paste the webhook URL" in text(pilot)
        assert sent(garden_server, "PUT", "/api/settings") == []


async def test_a_channel_is_removed_after_a_question_that_names_it(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "j", "d")
        assert "Remove the channel phone?" in text(pilot)
        await press(pilot, "j", "enter")
        assert [c.name for c in garden_server.notifications.channels] == ["family"]


async def test_the_rules_are_edited_and_the_digest_can_be_undone(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "j", "j", "j", "enter", "end", *["backspace"] * 4, *"30 min", "enter")
        assert garden_server.notifications.repeat_after_s == 1800
        await press(pilot, "j", "enter")
        assert garden_server.notifications.digest
        await press(pilot, "u")
        assert not garden_server.notifications.digest


async def test_a_token_is_shown_once(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "A", "n", "enter", *"wall", "tab", "end", *["backspace"] * 5, *"viewer", "enter")
        assert "plantops_shown_once" in text(pilot)
        await press(pilot, "enter")
        assert "plantops_shown_once" not in text(pilot)
        assert "wall" in text(pilot)
        (body,) = sent(garden_server, "POST", "/api/tokens")
        assert body["role"] == "viewer"


async def test_a_token_is_revoked_and_a_user_removed_by_name(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "A", "G", "k", "d")
        assert "Revoke the token old phone of admin?" in text(pilot)
        await press(pilot, "j", "enter")
        assert [token.id for token in garden_server.tokens] == ["tok_1"]
        await press(pilot, "g", "j", "d")
        assert "Remove the user ada" in text(pilot)
        await press(pilot, "j", "enter")
        assert [user.username for user in garden_server.users] == ["admin"]


async def test_an_enrolment_token_is_made_shown_once_and_revoked(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "A")
        assert "device balcony" in text(pilot)
        assert "3 more" in text(pilot)
        await press(pilot, "n", "j", "j", "enter", *"roof", "tab", "end", "backspace", "0", "enter")
        assert "Give a number from 1 to 10000." in text(pilot)
        await press(pilot, "backspace", "4", "tab", *"7 d", "enter")
        assert "enrol_shown_once" in text(pilot)
        await press(pilot, "enter")
        assert "enrol_shown_once" not in text(pilot)
        (body,) = sent(garden_server, "POST", "/api/enrolment-tokens")
        assert body == {"name": "roof", "uses": 4, "expires_in_s": 604_800}
        await press(pilot, "G", "e")
        assert "cannot be changed" in text(pilot)
        await press(pilot, "d")
        assert "Revoke roof?" in text(pilot)
        await press(pilot, "j", "enter")
        assert [token.name for token in garden_server.enrolment] == ["balcony"]


async def test_an_operator_sees_no_enrolment_tokens(open_app: Open, garden_server: FakeServer) -> None:
    garden_server.role = "operator"
    async with open_app(screen="settings") as pilot:
        await press(pilot, "A")
        assert "balcony" not in text(pilot)
        assert ("GET", "/api/enrolment-tokens", None) not in garden_server.requests


async def test_a_password_is_never_drawn(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "A", "n", "j", "enter", *"grace", "tab", *"correct horse")
        assert "correct" not in text(pilot)
        await press(pilot, "enter")
        assert garden_server.users[-1].username == "grace"


async def test_themes_are_previewed_and_only_a_chosen_one_stays(open_app: Open) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "T", "j")
        assert pilot.app.theme == LIGHT.name
        await press(pilot, "1")
        assert pilot.app.theme == DARK.name
        await press(pilot, "4", "T", "j", "j", "enter", "1")
        assert pilot.app.theme == CONTRAST.name


@pytest.mark.parametrize(("role", "readonly"), [("viewer", False), ("operator", False), ("admin", True)])
async def test_who_may_not_change_is_told_why(
    open_app: Open, garden_server: FakeServer, role: str, readonly: bool
) -> None:
    garden_server.role = role
    async with open_app(screen="settings", readonly=readonly) as pilot:
        await press(pilot, "n")
        assert "Read-only" in text(pilot) if readonly else "Only an admin" in text(pilot)


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_names_are_text(open_app: Open, garden_server: FakeServer, words: str) -> None:
    channel = garden_server.notifications.channels[0].model_copy(
        update={"name": words, "url": words, "disabled_reason": words, "enabled": False}
    )
    garden_server.notifications = garden_server.notifications.model_copy(update={"channels": [channel]})
    garden_server.tokens = [t.model_copy(update={"name": words}) for t in garden_server.tokens]
    garden_server.enrolment = [t.model_copy(update={"name": words}) for t in garden_server.enrolment]
    async with open_app(screen="settings") as pilot:
        for keys in ("e", "escape", "d", "escape", "A", "G", "d", "escape", "k", "d"):
            await press(pilot, keys)
            assert unsafe("".join(screen_text(pilot.app))) == []


@pytest.mark.parametrize(
    ("typed", "seconds"), [("30 min", 1800), ("6h", 21_600), ("2 D", 172_800), ("soon", None), ("", None)]
)
def test_durations_are_read_as_people_type_them(typed: str, seconds: int | None) -> None:
    assert rules.duration_s(typed) == seconds
    if seconds:
        assert rules.duration_s(rules.duration_text(seconds)) == seconds


def test_wrong_rules_are_said() -> None:
    assert rules.wrong_time("25:00")
    assert not rules.wrong_time("22:00")
    assert rules.wrong_zone("Mars/Base")
    assert not rules.wrong_zone("Europe/Berlin")
    assert "At least" in rules.wrong_repeat("1 min")
    assert "floods is none of" in rules.wrong_kinds("low, floods")
