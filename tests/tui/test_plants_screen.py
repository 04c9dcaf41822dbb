"""The Plants screen, driven by keys."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from plantops_api import wire
from plantops_tui.screens.plant import PlantScreen
from plantops_tui.screens.plants import PlantsScreen
from plantops_tui.widgets.notice import Notice
from plantops_tui.widgets.plant_grid import PlantGrid
from plantops_tui.widgets.toolbar import Toolbar
from tests.tui.conftest import Open, settle
from tests.tui.fake_garden import FakeServer, card
from tests.tui.screen_text import screen_text


async def test_the_plant_in_trouble_comes_first(open_app: Open) -> None:
    async with open_app() as pilot:
        lines = screen_text(pilot.app)
        assert "Basil" in lines[2]
        assert "◆ too cold" in lines[2]
        assert "Monstera" in lines[2]
        assert "too dry" in lines[2]


async def test_a_value_stands_beside_its_range_and_its_age(open_app: Open) -> None:
    async with open_app() as pilot:
        text = "\n".join(screen_text(pilot.app))
        assert "18 % ▼25–60" in text
        assert "fresh 2 min" in text
        assert "offline 6 h" in text


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ("j", "Fern"), ("down", "Fern"), ("l", "Monstera"), ("right", "Monstera"), ("j k", "Basil"),
        ("l h", "Basil"), ("down up", "Basil"), ("right left", "Basil"), ("G", "Tomato"), ("end", "Tomato"),
        ("G g", "Basil"), ("end home", "Basil"), ("ctrl+d", "Tomato"), ("pagedown pageup", "Basil"),
        ("G ctrl+u", "Basil"), ("h", "Basil"), ("k", "Basil"), ("G l", "Tomato"), ("G j", "Tomato"),
    ],
)  # fmt: skip
async def test_keys_move_the_selection(open_app: Open, keys: str, name: str) -> None:
    async with open_app() as pilot:
        await pilot.press(*keys.split())
        selected = pilot.app.screen.query_one(PlantGrid).selected
        assert selected is not None
        assert selected.name == name


@pytest.mark.parametrize("key", ["enter", "space"])
async def test_enter_opens_the_selected_plant_and_escape_returns_to_it(open_app: Open, key: str) -> None:
    async with open_app() as pilot:
        await pilot.press("l", key)
        await settle(pilot)
        assert isinstance(pilot.app.screen, PlantScreen)
        assert pilot.app.screen.plant_id == "plt_monstera"
        await pilot.press("escape")
        selected = pilot.app.screen.query_one(PlantGrid).selected
        assert selected is not None
        assert selected.name == "Monstera"


async def test_a_click_selects_and_a_second_one_opens(open_app: Open) -> None:
    async with open_app() as pilot:
        await pilot.click(PlantGrid, offset=(60, 3))
        assert pilot.app.screen.query_one(PlantGrid).selected.name == "Monstera"  # type: ignore[union-attr]
        await pilot.pause(0.6)
        await pilot.click(PlantGrid, offset=(60, 3))
        await settle(pilot)
        assert isinstance(pilot.app.screen, PlantScreen)


async def test_the_filter_follows_each_letter_and_escape_clears_it(open_app: Open) -> None:
    async with open_app() as pilot:
        await pilot.press("slash", "f", "e", "r")
        await settle(pilot)
        text = "\n".join(screen_text(pilot.app))
        assert "Fern" in text
        assert "Basil" not in text
        await pilot.press("enter")
        assert pilot.app.focused is pilot.app.screen.query_one(PlantGrid)
        assert "1 of 6 plants" in "\n".join(screen_text(pilot.app))
        await pilot.press("escape")
        await settle(pilot)
        assert "Basil" in "\n".join(screen_text(pilot.app))


async def test_an_exclamation_mark_inverts_the_filter(open_app: Open) -> None:
    async with open_app() as pilot:
        await pilot.press("slash", *"!well", "enter")
        await settle(pilot)
        text = "\n".join(screen_text(pilot.app))
        assert "Basil" in text
        assert "Tomato" not in text
        assert "Aloe" not in text


async def test_a_filter_without_a_match_says_how_to_clear_it(open_app: Open) -> None:
    async with open_app() as pilot:
        await pilot.press("slash", *"zzz", "enter")
        await settle(pilot)
        assert "esc clears the filter" in "\n".join(screen_text(pilot.app))
        await pilot.press("escape")
        await settle(pilot)
        assert "Basil" in "\n".join(screen_text(pilot.app))


async def test_s_takes_the_next_order_and_the_selection_stays(open_app: Open) -> None:
    async with open_app() as pilot:
        await pilot.press("s", "s")
        await settle(pilot)
        grid = pilot.app.screen.query_one(PlantGrid)
        assert "sorted: name" in "\n".join(screen_text(pilot.app))
        assert grid.selected is not None
        assert grid.selected.name == "Basil"
        assert grid.index == 1


async def test_w_logs_a_watering_of_the_selected_plant(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app() as pilot:
        await pilot.press("l", "w")
        await pilot.press(*"250", "tab", *"rain", "enter")
        await settle(pilot)
        posted = [r for r in garden_server.requests if r[0] == "POST"]
        assert [(path, body["amount_ml"], body["note"]) for _, path, body in posted] == [
            ("/api/plants/plt_monstera/waterings", 250.0, "rain")
        ]


async def test_a_wrong_amount_is_told_beside_the_field_and_nothing_is_sent(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app() as pilot:
        await pilot.press("w", *"lots", "enter")
        await settle(pilot)
        assert "Give a number of millilitres" in "\n".join(screen_text(pilot.app))
        assert pilot.app.screen.query_one("#amount", Input).value == "lots"
        await pilot.press("escape")
        assert [r for r in garden_server.requests if r[0] == "POST"] == []


async def test_a_acknowledges_and_u_takes_it_back(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app() as pilot:
        await pilot.press("l", "a")
        await settle(pilot)
        assert next(a for a in garden_server.alerts if a.id == 102).acked_by == "ada"
        await pilot.press("u")
        await settle(pilot)
        assert next(a for a in garden_server.alerts if a.id == 102).acked_at is None


async def test_ack_without_an_open_alert_says_why_not(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app() as pilot:
        await pilot.press("G", "a")
        await settle(pilot)
        assert "Tomato has no open alert" in "\n".join(screen_text(pilot.app))
        assert [r for r in garden_server.requests if r[0] == "POST"] == []


@pytest.mark.parametrize("key", ["w", "a"])
async def test_read_only_refuses_every_change_with_a_reason(
    open_app: Open, garden_server: FakeServer, key: str
) -> None:
    async with open_app(readonly=True) as pilot:
        await pilot.press(key)
        await settle(pilot)
        assert "Read-only" in "\n".join(screen_text(pilot.app))
        assert [r for r in garden_server.requests if r[0] == "POST"] == []


async def test_a_viewer_is_told_that_the_role_does_not_suffice(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.role = "viewer"
    async with open_app() as pilot:
        await pilot.press("w")
        await settle(pilot)
        assert "may look only" in "\n".join(screen_text(pilot.app))


async def test_an_event_moves_the_card_and_nothing_else(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app() as pilot:
        await pilot.press("G")
        garden_server.cards[4] = card("plt_tomato", "Tomato", values={"soil_moisture": 33})
        garden_server.ring("plant", "plt_tomato")
        await pilot.pause(0.5)
        await settle(pilot)
        grid = pilot.app.screen.query_one(PlantGrid)
        assert "33 %" in "\n".join(screen_text(pilot.app))
        assert grid.selected is not None
        assert grid.selected.name == "Tomato"
        assert pilot.app.focused is grid
        assert [path for _, path, _ in garden_server.requests if path == "/api/plants"] == ["/api/plants"] * 2


async def test_selection_and_scroll_survive_when_the_order_changes(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.cards = [card(f"plt_{i:02}", f"Plant {i:02}") for i in range(40)]
    async with open_app() as pilot:
        await pilot.press("ctrl+d", "ctrl+d")
        grid = pilot.app.screen.query_one(PlantGrid)
        chosen, scrolled = grid.selected, grid.scroll_offset.y
        assert chosen is not None
        assert scrolled > 0
        garden_server.cards[30] = card("plt_30", "Plant 30", health="critical", worst="too dry")
        garden_server.ring("plant", "plt_30")
        await pilot.pause(0.5)
        await settle(pilot)
        assert grid.selected is not None
        assert grid.selected.id == chosen.id
        assert grid.scroll_offset.y == scrolled


async def test_many_events_at_once_are_one_request(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app() as pilot:
        before = len(garden_server.requests)
        for _ in range(50):
            garden_server.ring("plant", *[f"plt_{i}" for i in range(10)])
        await pilot.pause(0.6)
        await settle(pilot)
        asked = [path for _, path, _ in garden_server.requests[before:] if path.startswith("/api/plants")]
        assert asked == ["/api/plants"]


async def test_news_that_come_faster_than_they_are_read_do_not_keep_a_card_from_moving(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.delays = {"/api/plants/plt_tomato": [0.8]}
    async with open_app() as pilot:
        garden_server.cards[4] = card("plt_tomato", "Tomato", values={"soil_moisture": 33})
        garden_server.ring("plant", "plt_tomato")
        for _ in range(5):
            await pilot.pause(0.35)
            garden_server.ring("plant", "plt_basil")
        await settle(pilot)
        assert "33 %" in "\n".join(screen_text(pilot.app))


async def test_a_plant_that_was_removed_elsewhere_disappears(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app() as pilot:
        garden_server.cards = [c for c in garden_server.cards if c.id != "plt_basil"]
        garden_server.ring("plant", "plt_basil")
        await pilot.pause(0.5)
        await settle(pilot)
        assert "Basil" not in "\n".join(screen_text(pilot.app))


async def test_of_two_answers_out_of_order_the_later_request_wins(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app() as pilot:
        garden_server.delays["/api/plants"] = [0.4]
        slow = garden_server.cards
        pilot.app.screen.load()  # type: ignore[attr-defined]
        await pilot.pause(0.05)
        garden_server.cards = [card("plt_new", "Newest")]
        pilot.app.screen.load()  # type: ignore[attr-defined]
        await pilot.pause(0.1)
        garden_server.cards = slow
        await pilot.pause(0.6)
        text = "\n".join(screen_text(pilot.app))
        assert "Newest" in text
        assert "Basil" not in text


async def test_no_plants_says_what_to_do_next(open_app: Open, garden_server: FakeServer) -> None:
    garden_server.cards = []
    async with open_app() as pilot:
        text = "\n".join(screen_text(pilot.app))
        assert "No plants yet" in text
        assert "n adds a plant" in text


async def test_an_html_500_becomes_a_sentence_and_r_tries_again(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.html_500 = True
    async with open_app() as pilot:
        text = "\n".join(screen_text(pilot.app))
        assert "Could not read the plants" in text
        assert "r tries again" in text
        assert "html" not in text
        assert "boom" not in text
        garden_server.html_500 = False
        await pilot.press("r")
        await settle(pilot)
        assert "Basil" in "\n".join(screen_text(pilot.app))


async def test_y_copies_the_id(open_app: Open) -> None:
    async with open_app() as pilot:
        await pilot.press("y")
        assert pilot.app.clipboard == "plt_basil"


async def test_the_counts_above_the_cards_are_right(open_app: Open) -> None:
    async with open_app() as pilot:
        assert pilot.app.screen.query_one(Toolbar).is_on_screen
        line = screen_text(pilot.app)[1]
        assert "2 need you" in line
        assert "6 plants" in line
        assert not pilot.app.screen.query_one(Notice).has_class("-shown")
        assert isinstance(pilot.app.screen, PlantsScreen)


async def test_m_keeps_a_plant_quiet_and_the_card_says_till_when(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app() as pilot:
        await pilot.press("M")
        assert "Tell nothing about Basil for" in "\n".join(screen_text(pilot.app))
        await pilot.press("enter")
        await settle(pilot)
        assert "quiet till 16:32" in screen_text(pilot.app)[3]
        await pilot.press("u")
        await settle(pilot)
        assert garden_server.cards[1].maintenance_until is None
        assert "quiet" not in screen_text(pilot.app)[3]


async def test_a_quiet_plant_can_be_told_again_from_its_own_screen(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(plant="plt_tomato") as pilot:
        assert "quiet till 16:32" in screen_text(pilot.app)[2]
        await pilot.press("M", "enter")
        await settle(pilot)
        assert garden_server.cards[4].maintenance_until is None
        assert "quiet" not in screen_text(pilot.app)[2]


async def test_a_card_says_why_there_is_no_forecast_and_how_much_light_there_was(open_app: Open) -> None:
    async with open_app() as pilot:
        text = "\n".join(screen_text(pilot.app))
        assert "╰─ sensor silent" in text
        assert "no forecast" not in text
        assert "0.6mol" in text
        assert "≥2.0k" in text, "a range of one's own has precedence on a small card"


async def test_a_tall_card_judges_the_light_of_yesterday(open_app: Open, garden_server: FakeServer) -> None:
    garden_server.cards = [
        card("plt_dark", "Dark", dli=wire.Light(yesterday=1.2, complete=True)),
        card("plt_half", "Half", dli=wire.Light(yesterday=0.7, complete=False)),
    ]
    async with open_app((100, 30)) as pilot:
        text = "\n".join(screen_text(pilot.app))
        assert "DLI    1.2 ▼4–12" in text
        assert "DLI    0.7  " in text, "half a day is not judged"


async def test_the_extremes_of_a_day_are_never_cut_off(open_app: Open, garden_server: FakeServer) -> None:
    def still(value: float) -> wire.SparkSeries:
        return wire.SparkSeries(mean=[value] * 48, min=value, max=value)

    lines = {"soil_moisture": still(45), "light_level": wire.SparkSeries(mean=[9] * 48, min=125, max=980)}
    garden_server.cards = [card("plt_1", "Steady", sparkline=lines)]
    async with open_app() as pilot:
        text = "\n".join(screen_text(pilot.app))
        assert "   45 ┃" in text
        assert "125–980 ┃" in text


async def test_until_a_card_is_picked_the_first_one_is_selected_whichever_it_is(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app() as pilot:
        grid = pilot.app.screen.query_one(PlantGrid)
        assert grid.selected is not None
        assert grid.selected.name == "Basil"
        healed = garden_server.cards[1].model_copy(
            update={"health": "ok", "worst": None, "open_incidents": 0}
        )
        garden_server.cards[1] = healed
        await pilot.press("r")
        await settle(pilot)
        assert grid.selected.name == "Monstera"
        await pilot.press("enter", "escape")
        garden_server.cards[0] = healed.model_copy(update={"id": "plt_monstera", "name": "Monstera"})
        await pilot.press("r")
        await settle(pilot)
        assert grid.selected.name == "Monstera", "it was opened, so it was picked"
