"""A server that goes away, comes back, hangs, or talks nonsense."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from time import monotonic

from textual.color import Color

from plantops_tui.widgets.plant_grid import PlantGrid
from tests.tui.conftest import Clock, Open, settle
from tests.tui.fake_garden import FakeServer, card
from tests.tui.screen_text import screen_text


async def test_a_lost_server_is_told_within_three_seconds_and_the_data_stays(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app() as pilot:
        started = monotonic()
        garden_server.go_down()
        while "Disconnected" not in screen_text(pilot.app)[0]:
            assert monotonic() - started < 3
            await pilot.pause(0.05)
        first = screen_text(pilot.app)[0]
        assert "Disconnected — retrying in" in first
        assert "(last data 14:32)" in first
        assert "18 % ▼25–60" in "\n".join(screen_text(pilot.app))


async def test_a_server_that_hangs_is_noticed_as_fast(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app() as pilot:
        started = monotonic()
        garden_server.delays = {"/": [60.0] * 100}
        while "Disconnected" not in screen_text(pilot.app)[0]:
            assert monotonic() - started < 3.5  # one knock may just have been answered
            await pilot.pause(0.1)


async def test_the_banner_goes_within_two_seconds_and_fresh_data_is_read(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app() as pilot:
        garden_server.go_down()
        await pilot.pause(2.2)
        assert "Disconnected" in screen_text(pilot.app)[0]
        garden_server.cards[0] = card("plt_monstera", "Monstera", values={"soil_moisture": 57})
        garden_server.come_back()
        started = monotonic()
        while "Disconnected" in screen_text(pilot.app)[0]:
            assert monotonic() - started < 2
            await pilot.pause(0.05)
        await settle(pilot)
        assert "57 %" in "\n".join(screen_text(pilot.app))


async def test_input_works_while_the_server_is_away(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app() as pilot:
        garden_server.go_down()
        await pilot.pause(0.2)
        await pilot.press("l", "j")
        grid = pilot.app.screen.query_one(PlantGrid)
        assert grid.selected is not None
        assert grid.selected.name == "Orchid"
        await pilot.press("slash", *"bas")
        assert "Basil" in "\n".join(screen_text(pilot.app))


async def test_old_data_recedes(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app() as pilot:
        before = foreground_of(pilot.app.screen.query_one(PlantGrid), "Monstera")
        garden_server.go_down()
        await pilot.pause(0.2)
        after = foreground_of(pilot.app.screen.query_one(PlantGrid), "Monstera")
        assert after.brightness < before.brightness


def foreground_of(grid: PlantGrid, word: str) -> Color:
    for y in range(grid.size.height):
        for segment in grid.render_line(y):
            if word in segment.text and segment.style and segment.style.color:
                return Color.from_rich_color(segment.style.color)
    raise AssertionError(f"{word} is not on the screen")


async def test_an_act_that_fails_says_so_and_nothing_is_lost(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app() as pilot:
        await pilot.press("w", *"250")
        garden_server.go_down()
        await pilot.press("enter")
        await settle(pilot)
        assert "Could not log the watering of Basil" in "\n".join(screen_text(pilot.app))


async def test_a_stream_of_garbage_stops_nothing(open_app: Open, garden_server: FakeServer) -> None:
    garden_server.garbage_stream = True
    async with open_app() as pilot:
        await pilot.pause(0.4)
        garden_server.cards[4] = card("plt_tomato", "Tomato", values={"soil_moisture": 33})
        garden_server.ring("plant", "plt_tomato")
        await pilot.pause(0.6)
        await settle(pilot)
        assert "33 %" in "\n".join(screen_text(pilot.app))
        assert "Disconnected" not in screen_text(pilot.app)[0]


async def test_a_server_that_is_down_at_the_start_is_told_and_found_later(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.down = True
    async with open_app() as pilot:
        await pilot.pause(0.3)
        text = "\n".join(screen_text(pilot.app))
        assert "Disconnected" in text
        assert "Could not read the plants" in text
        assert "plantops up" in text
        garden_server.come_back()
        await pilot.pause(1.8)
        await settle(pilot)
        assert "Basil" in "\n".join(screen_text(pilot.app))


async def test_ages_move_with_the_clock_alone(open_app: Open, clock: Clock) -> None:
    async with open_app() as pilot:
        clock.now += timedelta(minutes=5)
        await asyncio.sleep(1.2)
        await pilot.pause()
        text = "\n".join(screen_text(pilot.app))
        assert "fresh 7 min" in text
        assert "14:37" in text
