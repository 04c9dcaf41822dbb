"""Triage, driven by keys."""

from __future__ import annotations

import pytest

from plantops_tui.screens.plant import PlantScreen
from plantops_tui.widgets.record_list import RecordList
from tests.tui.conftest import Open, settle
from tests.tui.fake_garden import FakeServer, alert
from tests.tui.screen_text import screen_text


def stored(server: FakeServer, number: int) -> object:
    return next(alert for alert in server.alerts if alert.id == number)


async def test_3_goes_to_the_alerts_and_1_back(open_app: Open) -> None:
    async with open_app() as pilot:
        await pilot.press("3")
        await settle(pilot)
        text = "\n".join(screen_text(pilot.app))
        assert "too cold" in text
        assert "acked by ada" in text
        assert "16.0 °C" in text
        await pilot.press("1")
        await settle(pilot)
        assert "graphs: last 24 h" in "\n".join(screen_text(pilot.app))


async def test_a_acknowledges_and_u_takes_it_back(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(screen="alerts") as pilot:
        await pilot.press("a")
        await settle(pilot)
        assert garden_server.alerts[0].acked_by == "ada"
        assert "u undoes it" in "\n".join(screen_text(pilot.app))
        await pilot.press("u")
        await settle(pilot)
        assert garden_server.alerts[0].acked_by is None


async def test_ack_of_an_acknowledged_one_says_by_whom(open_app: Open) -> None:
    async with open_app(screen="alerts") as pilot:
        await pilot.press("j", "j", "a")
        await settle(pilot)
        assert "Acknowledged already by ada" in "\n".join(screen_text(pilot.app))


async def test_s_asks_for_how_long_and_snoozes(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(screen="alerts") as pilot:
        await pilot.press("s")
        await settle(pilot)
        assert "Be quiet about Basil, too cold for" in "\n".join(screen_text(pilot.app))
        await pilot.press("j", "enter")
        await settle(pilot)
        body = next(body for method, path, body in garden_server.requests if path.endswith("/snooze"))
        assert body["seconds"] == 14_400
        assert "quiet till 18:32" in "\n".join(screen_text(pilot.app))


async def test_x_names_the_alert_and_closes_it_only_when_told(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(screen="alerts") as pilot:
        await pilot.press("x", "enter")
        await settle(pilot)
        assert garden_server.alerts[0].resolved_at is None
        await pilot.press("x")
        assert "Close the alert Basil, too cold?" in "\n".join(screen_text(pilot.app))
        await pilot.press("j", "enter")
        await settle(pilot)
        assert garden_server.alerts[0].resolved_at is not None


async def test_o_shows_those_that_are_over_too(open_app: Open) -> None:
    async with open_app(screen="alerts") as pilot:
        assert "over" not in "\n".join(screen_text(pilot.app))
        await pilot.press("o")
        await settle(pilot)
        assert "over" in "\n".join(screen_text(pilot.app))


async def test_enter_opens_the_plant(open_app: Open) -> None:
    async with open_app(screen="alerts") as pilot:
        await pilot.press("j", "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, PlantScreen)
        assert pilot.app.screen.plant_id == "plt_monstera"


async def test_the_filter_works_here_too(open_app: Open) -> None:
    async with open_app(screen="alerts") as pilot:
        await pilot.press("slash", *"!basil", "enter")
        await settle(pilot)
        text = "\n".join(screen_text(pilot.app))
        assert "Monstera" in text
        assert "Basil" not in text
        await pilot.press("escape")
        await settle(pilot)
        assert "Basil" in "\n".join(screen_text(pilot.app))


async def test_nothing_open_is_good_news(open_app: Open, garden_server: FakeServer) -> None:
    garden_server.alerts = []
    async with open_app(screen="alerts") as pilot:
        assert "All is well" in "\n".join(screen_text(pilot.app))


@pytest.mark.parametrize("key", ["a", "s", "x"])
async def test_read_only_refuses(open_app: Open, garden_server: FakeServer, key: str) -> None:
    async with open_app(screen="alerts", readonly=True) as pilot:
        await pilot.press(key)
        await settle(pilot)
        assert "Read-only" in "\n".join(screen_text(pilot.app))
        assert [r for r in garden_server.requests if r[0] == "POST"] == []


async def test_the_selection_follows_the_alert(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(screen="alerts") as pilot:
        await pilot.press("j")
        garden_server.alerts = garden_server.alerts[1:]
        garden_server.ring("alert", "101")
        await pilot.pause(0.5)
        await settle(pilot)
        assert pilot.app.screen.query_one(RecordList).selected == "102"


async def test_values_are_as_exact_as_their_limits_ask_for_and_light_is_told_by_its_sum(
    open_app: Open, garden_server: FakeServer
) -> None:
    monstera = garden_server.cards[0]
    garden_server.alerts = [
        alert(1, monstera, value=27.9, threshold=28.0),
        alert(2, monstera, metric="light_level", kind="light_low", value=0.9, threshold=1.0),
    ]
    async with open_app(screen="alerts") as pilot:
        text = "\n".join(screen_text(pilot.app))
        assert "27.9 %      28 %" in text
        assert "too little light" in text
        assert "0.9 mol   1.0 mol" in text
        assert "lx" not in text
