"""Limits: edited with what they would have done beside them, taken back with one key."""

from __future__ import annotations

from typing import Any

from tests.tui.conftest import Open, settle
from tests.tui.fake_garden import FakeServer
from tests.tui.screen_text import screen_text


def text(pilot: Any) -> str:
    return "\n".join(screen_text(pilot.app))


async def said(pilot: Any, words: str) -> bool:
    for _ in range(60):
        await pilot.pause(0.05)
        if words in text(pilot):
            return True
    return False


async def test_what_limits_would_have_done_is_shown_while_they_are_typed(open_app: Open) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await pilot.press("T", "enter")
        assert await said(pilot, "These: 2 alerts, 27 h out of range in 30 days.")
        assert "Now:   2 alerts (1 critical), 21 h out of range." in text(pilot)
        await pilot.press("end", "backspace", "backspace", *"38")
        assert await said(pilot, "These: 3 alerts, 41 h out of range in 30 days.")


async def test_limits_are_saved_and_taken_back(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await pilot.press("t", "end", "backspace", "backspace", *"38", "enter")
        await settle(pilot)
        assert garden_server.own["plt_monstera"]["soil_moisture"].min == 38
        assert "u undoes" in text(pilot)
        await pilot.press("u")
        await settle(pilot)
        assert "soil_moisture" not in garden_server.own["plt_monstera"]


async def test_wrong_limits_are_said_beside_their_field(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await pilot.press("t", "end", *"x", "enter")
        assert "Give a number" in text(pilot)
        await pilot.press(*["backspace"] * 3, *"70", "enter")
        assert "Must be more than the lower one." in text(pilot)
        await pilot.press(*["backspace"] * 2, *"170", "enter")
        assert "From 0 to 100 %." in text(pilot)
        assert "soil_moisture" not in garden_server.own.get("plt_monstera", {})


async def test_b_goes_back_in_time_and_b_large_comes_forward(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        for key in ("b", "b", "B", "B", "B"):
            await pilot.press(key)
            await settle(pilot)
        asked = [query.get("end", "now") for query in garden_server.queries]
        assert asked[-5:] == [
            "2026-11-24T01:32:10+00:00",
            "2026-11-23T13:32:10+00:00",
            "2026-11-24T01:32:10+00:00",
            "now",
            "now",
        ]


async def test_a_forecast_is_a_dotted_line_that_the_cursor_reads(open_app: Open) -> None:
    async with open_app(plant="plt_tomato") as pilot:
        assert "━ dry then" in text(pilot)
        await pilot.press("h", *["h"] * 9)
        await settle(pilot)
        assert "forecast" in text(pilot)


async def test_m_shows_every_metric_and_one_cursor_reads_them(open_app: Open) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await pilot.press("m", "h", "h")
        await settle(pilot)
        line = next(line for line in screen_text(pilot.app) if "temp" in line and "hum" in line)
        assert "soil" in line
        assert "lux" in line
        await pilot.press("m")
        assert "dry then" not in text(pilot)
        assert "25–60, from the species" in text(pilot)


async def test_an_alert_shows_how_it_was_told(open_app: Open) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await pilot.press("A", "enter")
        await settle(pilot)
        shown = text(pilot)
        assert "later HTTP 429 rate limited" in shown
        assert "sent HTTP 204" in shown
