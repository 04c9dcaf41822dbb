"""The care advisor in Settings: model, key, caps, the real outcome of a test, forgetting."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from plantops_api import wire
from plantops_tui.screens import model_form
from tests.tui.conftest import Open, settle
from tests.tui.fake_garden import FakeServer
from tests.tui.hostile import HOSTILE, unsafe
from tests.tui.screen_text import screen_text

KEY = "sk-canary-1234"


def text(pilot: Pilot[None]) -> str:
    return "\n".join(screen_text(pilot.app))


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
    await settle(pilot)


def sent(server: FakeServer, method: str, path: str = "/api/settings/llm") -> list[Any]:
    return [body for verb, where, body in server.requests if verb == method and where == path]


def no_model(server: FakeServer) -> None:
    kept = {"provider": None, "model": None, "api_key_masked": None, "key_host": None, "configured": False}
    server.llm = server.llm.model_copy(update={**kept, "daily_cap_usd": None})


async def test_c_shows_the_model_its_price_key_host_and_spending(open_app: Open) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "C")
        shown = text(pilot)
        for words in (
            "anthropic", "claude-haiku-5-5", "$1 in, $5 out per million (2026-11-24)", "sk-…abcd",
            "goes to api.anthropic.com only", "$0.0123 of $0.50", "$0.41 of $5.00", "t asks it something cheap",
        ):  # fmt: skip
            assert words in shown, words


async def test_without_a_model_the_rules_write_and_n_chooses_one(
    open_app: Open, garden_server: FakeServer
) -> None:
    no_model(garden_server)
    async with open_app(screen="settings") as pilot:
        await press(pilot, "C")
        assert "on this machine; n chooses a model" in text(pilot)
        await press(pilot, "t")
        assert "There is nothing to test yet" in text(pilot)
        await press(pilot, "n", "enter", "down", "enter", *KEY, "tab", "tab", *"0.25", "enter")
        (body,) = sent(garden_server, "PUT")
        assert (body["provider"], body["model"]) == ("anthropic", "claude-haiku-5-5")
        assert garden_server.keys == [KEY]
        assert garden_server.llm.daily_cap_usd == 0.25


async def test_a_saved_model_is_tested_at_once_and_the_real_outcome_is_shown_whole(
    open_app: Open, garden_server: FakeServer
) -> None:
    no_model(garden_server)
    garden_server.llm_test = wire.LlmTest(
        ok=False,
        error="api.openai.com rejected the key (HTTP 401). Enter it again: it may have been revoked.",
    )
    async with open_app(screen="settings") as pilot:
        await press(pilot, "C", "n", "j", "enter", *"gpt-5-mini", "tab", *KEY, "enter")
        assert sent(garden_server, "POST", "/api/settings/llm/test")
        assert "◆ failed" in text(pilot)
        rows = [line[41:].strip() for line in screen_text(pilot.app) if "rejected the key" in line]
        assert rows
        assert "revoked." in text(pilot)


async def test_t_tests_and_says_how_fast_it_answered(open_app: Open) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "C", "t")
        assert "✓ answered" in text(pilot)
        assert "claude-haiku-5-5 answered in 412 ms." in text(pilot)


async def test_models_are_suggested_with_their_price_and_narrow_while_one_types(open_app: Open) -> None:
    async with open_app((80, 30), screen="settings") as pilot:
        await press(pilot, "C", "n", "j", "enter")
        assert "gpt-5-mini  $0.25 in, $2 out" in text(pilot)
        await press(pilot, "escape", "n", "enter", "end", *["backspace"] * 30, *"sonn")
        assert "claude-sonnet-5-5  $3 in, $15 out" in text(pilot)
        await press(pilot, "down", "enter")
        assert pilot.app.screen.query_one("#model", Input).value == "claude-sonnet-5-5"


async def test_an_empty_key_keeps_the_stored_one_of_the_same_provider(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "C", "j", "e")
        assert "empty: sk-…abcd stays" in text(pilot)
        await press(pilot, "enter")
        assert sent(garden_server, "PUT")[0]["model"] == "claude-haiku-5-5"
        assert garden_server.keys == []


async def test_another_provider_wants_its_own_key_and_nothing_is_sent_without(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "C", "n", "j", "enter", *"gpt-5-mini", "enter")
        assert "Give its key." in text(pilot)
        assert sent(garden_server, "PUT") == []


async def test_another_address_wants_its_own_key_and_the_old_one_is_never_sent_there(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "C", "j", "e", "tab", "tab", *"http://10.0.0.7/v1", "enter")
        assert "The stored key is for the old address" in text(pilot)
        assert sent(garden_server, "PUT") == []


async def test_an_address_of_a_vendor_stays_when_something_else_is_changed(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.llm = garden_server.llm.model_copy(update={"base_url": "https://gateway.example"})
    async with open_app(screen="settings") as pilot:
        await press(pilot, "C", "j", "e", "enter")
        assert sent(garden_server, "PUT")[0]["base_url"] == "https://gateway.example"


async def test_a_server_of_ones_own_needs_an_address_and_may_do_without_a_key(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "C", "n", "j", "j", "enter", *"qwen3", "enter")
        assert "Give an address such as" in text(pilot)
        await press(pilot, *"http://127.0.0.1:11434/v1", "tab", "tab", "tab", *"0,0", "enter")
        (body,) = sent(garden_server, "PUT")
        assert body["base_url"] == "http://127.0.0.1:11434/v1"
        assert body["prices"] == {"qwen3": {"input_usd": 0, "output_usd": 0}}
        assert "api_key" not in body
        assert "$0 in, $0 out per million, your own" in text(pilot)


async def test_a_key_is_never_drawn(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "C", "j", "e", "tab", *KEY)
        assert "canary" not in text(pilot)
        await press(pilot, "enter")
        assert garden_server.keys == [KEY]
        assert "canary" not in text(pilot)


async def test_what_the_server_refuses_stands_beside_its_field_and_the_form_stays(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.refusals["/settings/llm"] = [
        {"loc": ["body", "api_key"], "msg": "this key belongs to another host"}
    ]
    async with open_app(screen="settings") as pilot:
        await press(pilot, "C", "j", "e", "enter")
        assert "This key belongs to another host" in text(pilot)
        assert "Care plans by anthropic" in text(pilot)


@pytest.mark.parametrize("keys", [("d",), ("n", "G", "end", "enter")])
async def test_forgetting_names_what_is_forgotten(
    open_app: Open, garden_server: FakeServer, keys: tuple[str, ...]
) -> None:
    async with open_app(screen="settings") as pilot:
        await press(pilot, "C", *keys)
        assert "claude-haiku-5-5? Its key" in text(pilot)
        await press(pilot, "enter")  # leave it
        assert sent(garden_server, "DELETE") == []
        await press(pilot, "d", "j", "enter")
        assert len(sent(garden_server, "DELETE")) == 1
        assert "on this machine; n chooses a model" in text(pilot)


async def test_a_reached_cap_says_that_the_rules_write(open_app: Open, garden_server: FakeServer) -> None:
    garden_server.llm = garden_server.llm.model_copy(update={"spent_today_usd": 0.5})
    async with open_app(screen="settings") as pilot:
        await press(pilot, "C")
        assert "the cap is reached: the rules write" in text(pilot)


@pytest.mark.parametrize(("role", "readonly"), [("operator", False), ("viewer", False), ("admin", True)])
async def test_who_may_not_change_it_is_told_why(
    open_app: Open, garden_server: FakeServer, role: str, readonly: bool
) -> None:
    garden_server.role = role
    async with open_app(screen="settings", readonly=readonly) as pilot:
        for key in ("C", "n", "e", "d", "t"):
            await press(pilot, key)
        assert "Read-only" in text(pilot) if readonly else "Only an admin" in text(pilot)
        assert [
            verb
            for verb, path, _ in garden_server.requests
            if path.startswith("/api/settings") and verb != "GET"
        ] == []


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_settings_are_text(open_app: Open, garden_server: FakeServer, words: str) -> None:
    models = [model.model_copy(update={"id": words}) for model in garden_server.llm.models]
    garden_server.llm = garden_server.llm.model_copy(
        update={
            "model": words,
            "base_url": words,
            "key_host": words,
            "api_key_masked": words,
            "models": models,
        }
    )
    garden_server.llm_test = wire.LlmTest(ok=False, error=words)
    async with open_app(screen="settings") as pilot:
        for keys in ("C", "t", "j e", "escape", "d", "escape", "n enter"):
            await press(pilot, *keys.split())
            assert unsafe("".join(screen_text(pilot.app))) == []


@pytest.mark.parametrize(
    ("typed", "fine"),
    [("", True), ("0", True), ("$1.50", True), ("-1", False), ("lots", False), ("inf", False)],
)
def test_amounts_are_read_as_people_type_them(typed: str, fine: bool) -> None:
    assert (model_form.wrong_amount(typed) == "") is fine


@pytest.mark.parametrize(
    ("typed", "fine"), [("", True), ("0,0", True), ("0.25, 2", True), ("3", False), ("a,b", False)]
)
def test_prices_are_two_amounts(typed: str, fine: bool) -> None:
    assert (model_form.wrong_price(typed) == "") is fine
