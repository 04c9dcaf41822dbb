"""The care plan of a plant: read, its evidence in the chart, a new one made and stopped, decisions, feedback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from textual.content import Content
from textual.pilot import Pilot

from plantops_api import wire
from plantops_tui.screens.plant import PlantScreen
from plantops_tui.widgets.care_plan import CarePlanView
from plantops_tui.widgets.metric_list import MetricList
from tests.tui.conftest import Clock, Open, settle
from tests.tui.fake_advisor import by_rules, plan
from tests.tui.fake_garden import FakeServer
from tests.tui.hostile import HOSTILE, unsafe
from tests.tui.moments import ago
from tests.tui.screen_text import screen_text


def text(pilot: Pilot[None]) -> str:
    return "\n".join(screen_text(pilot.app))


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
    await settle(pilot)


def sent(server: FakeServer, method: str, part: str) -> list[tuple[str, Any]]:
    return [(path, body) for verb, path, body in server.requests if verb == method and part in path]


@asynccontextmanager
async def care(open_app: Open, *keys: str, **options: Any) -> AsyncIterator[Pilot[None]]:
    """The care plan tab of the monstera."""
    async with open_app((100, 50), plant="plt_monstera", **options) as pilot:
        await press(pilot, "C", *keys)
        yield pilot


async def test_c_shows_who_wrote_it_what_it_says_and_what_it_cost(open_app: Open) -> None:
    async with care(open_app) as pilot:
        shown = text(pilot)
        for words in (
            "by claude-haiku-5-5", "12 min old · 2 of 2", "Monstera is too dry",
            "○ Water it until some runs out below (about 400 ml), today", "(declined)",
            "high confidence · newest soil moisture: 18 %", "? It gets 40 mol of light a day.",
            "not supported: dli.mean_7d is not among the facts", "soil moisture: 25–60 % → 30–60 %",
            "Leaves that stay limp", "Nobody measures how much it is fed.", "1204 tokens in, 310 out, $0.0027",
        ):  # fmt: skip
            assert words in shown, words


async def test_the_next_one_names_its_price_and_host_before_anybody_asks(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with care(open_app) as pilot:
        flat = " ".join(text(pilot).split())
        assert "p: a new one by claude-haiku-5-5 at api.anthropic.com, about $0.0031" in flat
        assert sent(garden_server, "POST", "/analyze") == []


async def test_what_the_rules_wrote_says_so_and_why(open_app: Open, garden_server: FakeServer) -> None:
    garden_server.plans = [by_rules(reason="The cap of today is reached.")]
    async with care(open_app) as pilot:
        assert "by rules" in text(pilot)
        assert "The rules wrote it: The cap of today is reached." in text(pilot)


async def test_without_a_plan_the_way_to_one_is_shown_and_p_goes_it(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.plans = []
    async with care(open_app) as pilot:
        assert "No care plan yet" in text(pilot)
        await press(pilot, "p")
        assert "Monstera is too dry" in text(pilot)
        assert "just now" in text(pilot)
        assert "The care plan is there: 1204 tokens in" in text(pilot)


async def test_a_plan_in_the_making_tells_how_far_it_is_and_how_long_it_takes(
    open_app: Open, garden_server: FakeServer, clock: Clock
) -> None:
    garden_server.hold = 4
    async with care(open_app) as pilot:
        await pilot.press("p")
        clock.now += timedelta(seconds=67)
        await pilot.pause(1.1)
        shown = text(pilot)
        assert "✓ Asking claude-haiku-5-5 at api.anthropic.com" in shown
        assert "▸ The model has been at it for 4 s" in shown
        assert "for 2 s" not in shown
        assert "1:07" in shown
        await pilot.press("o")
        assert "A care plan is being written" in text(pilot)
        garden_server.released.set()
        await settle(pilot)
        assert "Monstera is too dry" in text(pilot)
        assert garden_server.stopped == 0


async def test_esc_stops_the_call_keeps_the_old_plan_and_stays_on_the_screen(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.hold = 3
    async with care(open_app) as pilot:
        await pilot.press("p")
        await pilot.pause(0.1)
        await press(pilot, "escape")
        assert "Stopped: the call has ended" in text(pilot)
        assert "12 min old" in text(pilot)
        assert garden_server.stopped == 1
        assert isinstance(pilot.app.screen, PlantScreen)
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, PlantScreen)


async def test_leaving_the_screen_stops_the_call_too(open_app: Open, garden_server: FakeServer) -> None:
    garden_server.hold = 3
    async with care(open_app) as pilot:
        await pilot.press("p")
        await pilot.pause(0.1)
        await press(pilot, "1")
        await pilot.pause(0.1)
        assert garden_server.stopped == 1


async def test_it_goes_on_while_another_tab_is_looked_at(open_app: Open, garden_server: FakeServer) -> None:
    garden_server.hold = 3
    async with care(open_app) as pilot:
        await pilot.press("p")
        await pilot.pause(0.1)
        await pilot.press("W")
        garden_server.released.set()
        await settle(pilot)
        await press(pilot, "C")
        assert "just now" in text(pilot)


async def test_a_refusal_is_said_and_the_old_plan_stays(open_app: Open, garden_server: FakeServer) -> None:
    garden_server.refused = {"status": 503, "title": "No", "detail": "The advisor is resting.", "code": "x"}
    async with care(open_app, "p") as pilot:
        assert "◆ There is no new plan. The advisor is resting." in text(pilot)
        assert "p tries again" in text(pilot)
        assert "12 min old" in text(pilot)


async def test_plans_that_cannot_be_read_say_why(open_app: Open, garden_server: FakeServer) -> None:
    garden_server.broken.add("/care-plans")
    async with care(open_app) as pilot:
        assert "The care plans could not be read." in text(pilot)
        garden_server.broken.clear()
        await press(pilot, "r")
        assert "Monstera is too dry" in text(pilot)


async def test_nothing_new_says_that_nobody_was_asked_and_capital_p_asks(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.next_plan = plan(cached=True)
    async with care(open_app, "p") as pilot:
        assert "Nothing has changed since this plan" in text(pilot)
        await press(pilot, "P")
        assert [body["force"] for _, body in sent(garden_server, "POST", "/analyze")] == [False, True]


@pytest.mark.parametrize(
    ("downs", "metric", "range_"), [(2, "soil_moisture", "24h"), (4, "temperature", "24h")]
)
async def test_enter_on_a_claim_shows_its_evidence_in_the_chart(
    open_app: Open, garden_server: FakeServer, downs: int, metric: str, range_: str
) -> None:
    async with care(open_app, *["j"] * downs, "enter") as pilot:
        assert "[History]" in text(pilot)
        assert pilot.app.screen.query_one(MetricList).metric == metric
        assert garden_server.queries[-1]["range"] == range_


async def test_a_claim_with_several_places_asks_which(open_app: Open, garden_server: FakeServer) -> None:
    async with care(open_app, "j", "j", "j", "enter") as pilot:
        assert "7d: mean soil moisture of the last 7 days: 27.4 %" in text(pilot)
        await press(pilot, "j", "enter")
        assert garden_server.queries[-1]["range"] == "7d"
        assert "[7d]" in text(pilot)


async def test_a_claim_on_what_no_chart_shows_says_so_or_shows_the_sensor(open_app: Open) -> None:
    async with care(open_app, *["j"] * 5, "enter") as pilot:
        assert "rests on nothing that a chart could show" in text(pilot)
        await press(pilot, "j", "enter")
        assert "[Devices]" in text(pilot)


async def test_an_action_is_accepted_and_declined(open_app: Open, garden_server: FakeServer) -> None:
    async with care(open_app) as pilot:
        await press(pilot, "o")
        assert "the watering is logged" in text(pilot)
        assert "✓ Water it until" in text(pilot)
        await press(pilot, "j", "d")
        assert [(path, body["decision"]) for path, body in sent(garden_server, "POST", "/decision")] == [
            ("/api/care-plans/7/actions/0/decision", "accepted"),
            ("/api/care-plans/7/actions/1/decision", "declined"),
        ]


@pytest.mark.parametrize("keys", [("o",), ("enter",)])
async def test_limits_are_accepted_only_after_their_diff_was_shown(
    open_app: Open, garden_server: FakeServer, keys: tuple[str, ...]
) -> None:
    async with care(open_app, "G", *keys) as pilot:
        assert "Other limits for Monstera" in text(pilot)
        assert "soil moisture: 25–60 % → 30–60 %" in text(pilot)
        assert "It was limp twice" in text(pilot)
        await press(pilot, "enter")  # decide later
        assert sent(garden_server, "POST", "/decision") == []
        await press(pilot, "o", "j", "enter")
        assert sent(garden_server, "POST", "/decision") == [
            ("/api/care-plans/7/threshold-proposals/0/decision", {"decision": "accepted"})
        ]
        assert "(accepted)" in text(pilot)


async def test_a_claim_cannot_be_accepted_and_says_why(open_app: Open, garden_server: FakeServer) -> None:
    async with care(open_app, "j", "j", "o") as pilot:
        assert "Select something to do" in text(pilot)
        assert sent(garden_server, "POST", "/decision") == []


async def test_older_plans_are_looked_at_and_not_decided_on(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with care(open_app, "b") as pilot:
        assert "3 d old · 1 of 2" in text(pilot)
        assert "This is an older plan" in text(pilot)
        await press(pilot, "o")
        assert "decide on the newest one" in text(pilot)
        await press(pilot, "b")
        assert "There is no older plan." in text(pilot)
        await press(pilot, "B")
        assert "12 min old" in text(pilot)
        assert sent(garden_server, "POST", "/decision") == []


@pytest.mark.parametrize(
    ("keys", "verdict", "shown"),
    [((), "helped", "it helped"), (("j",), "not_helped", "it did not help"), (("j", "j"), None, "f says whether")],
)  # fmt: skip
async def test_f_says_whether_it_helped(
    open_app: Open, garden_server: FakeServer, keys: tuple[str, ...], verdict: str | None, shown: str
) -> None:
    async with care(open_app, "f", *keys, "enter") as pilot:
        assert sent(garden_server, "POST", "/feedback") == [
            ("/api/care-plans/7/feedback", {"feedback": verdict})
        ]
        assert shown in text(pilot)


async def test_s_shows_word_for_word_what_is_sent(open_app: Open, garden_server: FakeServer) -> None:
    async with care(open_app, "s") as pilot:
        shown = text(pilot)
        assert "This would be sent to claude-haiku-5-5 at api.anthropic.com" in shown
        assert "soil_moisture.now: 18 %" in shown
        assert "Cite only the facts" in shown


async def test_news_of_a_plan_are_shown_and_the_selection_stays(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with care(open_app, "j", "j") as pilot:
        garden_server.plans[0] = garden_server.plans[0].model_copy(update={"feedback": "helped"})
        garden_server.ring("care_plan", "plt_monstera")
        await pilot.pause(0.1)
        await settle(pilot)
        assert "it helped" in text(pilot)
        assert pilot.app.screen.query_one(CarePlanView).selected == "claim 0"


async def test_news_of_another_plants_plan_ask_for_nothing(open_app: Open, garden_server: FakeServer) -> None:
    async with care(open_app) as pilot:
        before = len(garden_server.requests)
        garden_server.ring("care_plan", "plt_basil")
        await pilot.pause(0.2)
        assert not [path for _, path, _ in garden_server.requests[before:] if "care-plans" in path]


async def test_an_old_plan_is_marked_by_its_age(open_app: Open, garden_server: FakeServer) -> None:
    garden_server.plans = [plan(generated_at=ago(9 * 1440))]
    async with care(open_app) as pilot:
        assert "9 d old" in text(pilot)


@pytest.mark.parametrize(("role", "readonly"), [("viewer", False), ("admin", True)])
async def test_who_may_only_look_asks_for_nothing_and_decides_nothing(
    open_app: Open, garden_server: FakeServer, role: str, readonly: bool
) -> None:
    garden_server.role = role
    async with care(open_app, readonly=readonly) as pilot:
        for key in ("p", "P", "o", "d", "f", "enter"):
            await press(pilot, key)
        assert "Read-only" in text(pilot) if readonly else "may look only" in text(pilot)
        assert [call for call in garden_server.requests if call[0] == "POST"] == []


async def test_keys_and_a_click_move_the_selection(open_app: Open) -> None:
    async with care(open_app) as pilot:
        view = pilot.app.screen.query_one(CarePlanView)
        seen = []
        for key in ("j", "down", "k", "up", "G", "g", "end", "home"):
            await pilot.press(key)
            seen.append(view.selected)
        first, last = "action 0", "limit 0"
        assert seen == ["action 1", "claim 0", "action 1", first, last, first, last, first]
        line = next(y for y, words in enumerate(screen_text(pilot.app)) if "The room is warm" in words)
        await pilot.click(offset=(10, line))
        assert view.selected == "claim 2"
        await pilot.click(offset=(10, line))
        await settle(pilot)
        assert "[History]" in text(pilot)


async def test_at_80x24_the_page_scrolls_to_its_end_and_back(open_app: Open) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await press(pilot, "C", "G")
        assert "f says whether it helped" in text(pilot)
        await press(pilot, "ctrl+u", "ctrl+u", "ctrl+u")
        assert "by claude-haiku-5-5  " in text(pilot)
        await press(pilot, *["j"] * 12)
        assert "f says whether it helped" in text(pilot)


async def test_the_palette_reaches_every_wish(open_app: Open) -> None:
    from plantops_tui.palette import commands

    async with care(open_app) as pilot:
        titles = {command.title for command in commands(pilot.app, pilot.app.screen)}  # type: ignore[arg-type]
        assert {"Plan", "Accept", "Decline", "Helped?", "Older", "Newer", "Sent", "Ask again"} <= titles


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_plans_are_text(open_app: Open, garden_server: FakeServer, words: str) -> None:
    garden_server.plans = [hostile(plan(), words), hostile(by_rules(5), words)]
    garden_server.advice = wire.AdvisorPreview.model_validate(
        {**garden_server.advice.model_dump(), "model": words, "host": words, "system": words, "prompt": words}
    )
    garden_server.refused = {"status": 503, "title": words, "detail": words, "code": "x"}
    async with open_app(plant="plt_monstera") as pilot:
        for keys in (
            "C",
            "enter",
            "escape",
            "j j enter",
            "escape C G",
            "o",
            "escape",
            "b",
            "B",
            "s",
            "escape",
            "p",
        ):
            await press(pilot, *keys.split())
            shown = screen_text(pilot.app)
            assert unsafe("".join(shown)) == [], keys
            assert {Content(line).cell_length for line in shown} == {80}
        assert pilot.app.is_running


def hostile(made: wire.CarePlan, words: str) -> wire.CarePlan:
    """Every free text of a plan replaced."""
    whole = made.model_dump()
    data = whole["plan_data"]
    whole |= {
        "model": words,
        "source_reason": words,
        "facts": [{**fact, "label": words} for fact in whole["facts"]],
    }
    data |= {"summary": words, "watch_for": [words], "unknowns": [words]}
    for part in data["diagnosis"]:
        part |= {"claim": words, "doubt": words}
    for part in data["actions"]:
        part |= {"what": words, "amount": words, "when": words, "why": words}
    for part in data["threshold_proposals"]:
        part["why"] = words
    return wire.CarePlan.model_validate(whole)
