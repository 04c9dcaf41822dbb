"""The screen of one plant, driven by keys."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plantops_tui.screens.plant import PlantScreen
from plantops_tui.screens.plants import PlantsScreen
from plantops_tui.widgets.metric_list import MetricList
from plantops_tui.widgets.record_list import RecordList
from plantops_tui.widgets.time_chart import TimeChart
from tests.tui.conftest import Open, settle
from tests.tui.fake_garden import NOW, FakeServer, card
from tests.tui.screen_text import screen_text


async def test_a_deep_link_opens_the_plant(open_app: Open) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        text = "\n".join(screen_text(pilot.app))
        assert "Monstera deliciosa · living room" in text
        assert "too dry since 09:40" in text
        assert "25–60 from the species" in text


async def test_an_unknown_plant_is_said_above_all_the_others(open_app: Open) -> None:
    async with open_app(plant="plt_nothing") as pilot:
        text = "\n".join(screen_text(pilot.app))
        assert 'There is no plant "plt_nothing"' in text
        assert "Basil" in text


@pytest.mark.parametrize(
    ("key", "tab", "words"),
    [
        ("W", "waterings", "250 ml"), ("D", "devices", "probe 1"), ("A", "alerts", "over"),
        ("T", "thresholds", "from the species"), ("H", "chart", "lowest"),
    ],
)  # fmt: skip
async def test_a_letter_opens_its_tab_and_gives_it_the_focus(
    open_app: Open, key: str, tab: str, words: str
) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await pilot.press(key)
        await settle(pilot)
        assert words in "\n".join(screen_text(pilot.app))
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == tab


@pytest.mark.parametrize(
    ("keys", "metric"),
    [("j", "temperature"), ("down", "temperature"), ("j k", "soil_moisture"), ("down up", "soil_moisture"),
     ("k", "light_level"), ("j j", "humidity")],
)  # fmt: skip
async def test_j_and_k_choose_the_metric_of_the_chart(open_app: Open, keys: str, metric: str) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await pilot.press(*keys.split())
        assert pilot.app.screen.query_one(MetricList).metric == metric


@pytest.mark.parametrize(
    ("keys", "wanted"), [("z", "7d"), ("z z", "30d"), ("z z z", "1y"), ("Z", "1y"), ("z Z", "24h")]
)
async def test_z_takes_the_next_range(
    open_app: Open, garden_server: FakeServer, keys: str, wanted: str
) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        for key in keys.split():
            await pilot.press(key)
            await settle(pilot)
        assert f"[{wanted}]" in "\n".join(screen_text(pilot.app))
        assert garden_server.queries[-1]["range"] == wanted


@pytest.mark.parametrize(
    ("keys", "hours_back"),
    [("h", 0), ("left", 0), ("h h h h", 1), ("h ctrl+u", 3), ("h pageup l", 3), ("h pageup pagedown", 0),
     ("h ctrl+u ctrl+d", 0), ("g", 24), ("home", 24), ("g G", 0), ("home end right", 0)],
)  # fmt: skip
async def test_the_cursor_moves_by_keys(open_app: Open, keys: str, hours_back: int) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await pilot.press(*keys.split())
        cursor = pilot.app.screen.query_one(TimeChart).cursor
        assert cursor is not None
        assert abs((NOW - cursor) - timedelta(hours=hours_back)) < timedelta(hours=1)


async def test_the_cursor_reads_the_exact_value_and_0_puts_it_away(open_app: Open) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await pilot.press("G")
        assert "Tue 24 Nov 14:26  18.9 % (18.5–19.3) ↓ below" in "\n".join(screen_text(pilot.app))
        await pilot.press("0")
        assert pilot.app.screen.query_one(TimeChart).cursor is None


async def test_f_fits_the_axis_and_goes_back(open_app: Open) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        fixed = screen_text(pilot.app)
        await pilot.press("f")
        assert not any(line.lstrip().startswith("100 ") for line in screen_text(pilot.app))
        await pilot.press("f")
        assert screen_text(pilot.app) == fixed


async def test_a_click_on_the_chart_puts_the_cursor_there(open_app: Open) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await pilot.click(TimeChart, offset=(40, 5))
        assert pilot.app.screen.query_one(TimeChart).cursor is not None


async def test_a_click_on_a_range_chooses_it(open_app: Open) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        line = screen_text(pilot.app)[3]
        await pilot.click(offset=(line.index(" 7d ") + 1, 3))
        await settle(pilot)
        assert "[7d]" in screen_text(pilot.app)[3]


async def test_a_gap_stays_a_gap(open_app: Open) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        plot = [line[8:] for line in screen_text(pilot.app)[10:21]]
        columns = ["".join(line[x] for line in plot) for x in range(40, 43)]
        assert not any("\u2800" < character <= "\u28ff" for column in columns for character in column)


async def test_out_of_range_points_have_a_glyph_and_a_legend(open_app: Open) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        lines = screen_text(pilot.app)
        assert "↓↓↓" in lines[20]
        assert "↓ below" in lines[22]


async def test_the_last_of_two_ranges_wins_whatever_answers_first(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        garden_server.delays["/history"] = [0.4, 0.0]
        await pilot.press("z")
        await pilot.pause(0.05)
        await pilot.press("z")
        await pilot.pause(0.7)
        history = pilot.app.screen._history  # type: ignore[attr-defined]
        assert history.end - history.start == timedelta(days=30)


async def test_news_of_this_plant_are_shown_and_the_cursor_stays(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await pilot.press("h", "h", "h")
        cursor = pilot.app.screen.query_one(TimeChart).cursor
        garden_server.cards[0] = card("plt_monstera", "Monstera", values={"soil_moisture": 55})
        garden_server.ring("plant", "plt_monstera")
        await pilot.pause(0.5)
        await settle(pilot)
        assert "55 %" in "\n".join(screen_text(pilot.app))
        assert pilot.app.screen.query_one(TimeChart).cursor == cursor


async def test_news_that_come_faster_than_a_chart_is_read_do_not_keep_it_from_the_screen(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.delays = {"/history": [0.0] + [0.9] * 9}
    async with open_app(plant="plt_monstera") as pilot:
        first = pilot.app.screen._history  # type: ignore[attr-defined]
        for _ in range(5):
            garden_server.ring("plant", "plt_monstera")
            await pilot.pause(0.35)
        assert pilot.app.screen._history is not first  # type: ignore[attr-defined]


async def test_news_of_another_plant_ask_for_nothing(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        before = len(garden_server.requests)
        garden_server.ring("plant", "plt_basil")
        await pilot.pause(0.5)
        asked = {path for _, path, _ in garden_server.requests[before:]}
        assert "/api/plants/plt_monstera" not in asked


async def test_w_logs_a_watering_and_the_tab_shows_it(open_app: Open) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await pilot.press("W", "w", *"333", "enter")
        await settle(pilot)
        assert "333 ml" in "\n".join(screen_text(pilot.app))


async def test_d_takes_the_selected_watering_back_after_a_question(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await pilot.press("d")
        await settle(pilot)
        assert "Choose a watering first" in "\n".join(screen_text(pilot.app))
        await pilot.press("W")
        await settle(pilot)
        await pilot.press("j", "d", "enter")  # "keep it" stands first
        await settle(pilot)
        assert [w.id for w in garden_server.waterings] == [2, 1]
        await pilot.press("d", "j", "enter")
        await settle(pilot)
        assert [w.id for w in garden_server.waterings] == [2]
        assert "detected" not in "\n".join(screen_text(pilot.app))


async def test_a_acknowledges(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await pilot.press("a")
        await settle(pilot)
        assert next(a for a in garden_server.alerts if a.id == 102).acked_by == "ada"


async def test_lists_move_by_letters_and_arrows(open_app: Open) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await pilot.press("W")
        await settle(pilot)
        table = pilot.app.screen.query_one("#waterings", RecordList)
        seen = []
        for key in (
            "j",
            "k",
            "down",
            "up",
            "G",
            "g",
            "end",
            "home",
            "ctrl+d",
            "ctrl+u",
            "pagedown",
            "pageup",
        ):
            await pilot.press(key)
            seen.append(table.index)
        assert seen == [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0]


async def test_y_copies_the_id(open_app: Open) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        await pilot.press("y")
        assert pilot.app.clipboard == "plt_monstera"


async def test_a_history_that_cannot_be_read_says_so_and_the_rest_stays(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        garden_server.broken.add("/history")
        await pilot.press("z")
        await settle(pilot)
        text = "\n".join(screen_text(pilot.app))
        assert "Could not read the history" in text
        assert "18 %" in text


async def test_minus_goes_back_too(open_app: Open) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        assert isinstance(pilot.app.screen, PlantScreen)
        await pilot.press("minus")
        assert isinstance(pilot.app.screen, PlantsScreen)


async def test_a_plant_without_a_device_says_how_it_gets_one(open_app: Open) -> None:
    async with open_app(plant="plt_orchid") as pilot:
        assert "No device sits in this plant yet: press 2" in "\n".join(screen_text(pilot.app))
    async with open_app(plant="plt_monstera") as pilot:
        assert "No device sits" not in "\n".join(screen_text(pilot.app))


async def test_the_key_bar_shows_how_limits_are_changed_at_80_columns(open_app: Open) -> None:
    async with open_app(plant="plt_monstera") as pilot:
        assert "t limits" in screen_text(pilot.app)[-1]
        await pilot.press("T")
        await settle(pilot)
        assert "t limits" in screen_text(pilot.app)[-1]
