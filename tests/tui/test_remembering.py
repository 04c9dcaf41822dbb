"""What is remembered, own keys, deep links, the wall; damaged files never keep the interface from starting."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plantops_tui import keymap, memory, wall
from plantops_tui.screens.alerts import AlertsScreen
from plantops_tui.screens.plant import PlantScreen
from plantops_tui.screens.plants import PlantsScreen
from plantops_tui.screens.settings import SettingsScreen
from plantops_tui.themes import DARK, LIGHT
from tests.tui.conftest import Clock, Open, settle
from tests.tui.fake_garden import FakeServer, garden
from tests.tui.screen_text import screen_text


def text(pilot: Any) -> str:
    return "\n".join(screen_text(pilot.app))


async def test_theme_screen_order_and_range_come_back(open_app: Open, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "tui.json"
    async with open_app(memory_path=path) as pilot:
        pilot.app.choose_theme(LIGHT.name)  # type: ignore[attr-defined]
        await pilot.press("s", "enter", "z", "4")
        await settle(pilot)
    assert memory.read(path) == (memory.Memory(LIGHT.name, "settings", "driest first", "7d"), "")
    async with open_app(memory_path=path) as pilot:
        assert pilot.app.theme == LIGHT.name
        assert isinstance(pilot.app.screen, SettingsScreen)
        await pilot.press("1")
        await settle(pilot)
        assert "sorted: driest first" in text(pilot)


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"\xff\xfe\x00", b'{"theme": 7, "sort": null}', b'{"theme": "gone"}', b"[" * 9000],
)
async def test_damaged_memory_gives_defaults_and_a_notice(
    open_app: Open, tmp_path: Path, damage: bytes
) -> None:
    path = tmp_path / "tui.json"
    path.write_bytes(damage)
    async with open_app(memory_path=path) as pilot:
        assert pilot.app.theme == DARK.name
        assert isinstance(pilot.app.screen, PlantsScreen)
        assert "What was remembered" in text(pilot)


async def test_memory_that_cannot_be_written_is_said_once(open_app: Open, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with open_app(memory_path=tmp_path / "file" / "tui.json") as pilot:
        await pilot.press("s", "s")
        await settle(pilot)
        assert text(pilot).count("cannot be remembered") == 1


async def test_own_keys_hold_and_bad_ones_are_said(open_app: Open, tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(
        '"plants.sort" = "S"\n"plants.nothing" = "x"\n"app.help" = "ctrl+q"\n"app.undo" = "alt+u"\n'
    )
    async with open_app(keymap_path=path) as pilot:
        shown = text(pilot)
        assert "there is no action plants.nothing" in shown
        assert "app.help cannot have ctrl+q" in shown
        await pilot.press("s")
        await settle(pilot)
        assert "sorted: needs you first" in text(pilot)
        await pilot.press("S")
        await settle(pilot)
        assert "sorted: driest first" in text(pilot)
        await pilot.press("ctrl+q")
        assert pilot.app._exit


@pytest.mark.parametrize("content", ["not toml [", "", '"app.quit" = 7'])
def test_a_damaged_keymap_leaves_the_usual_keys(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(content)
    found = keymap.read(path)
    assert found.keys == {}
    assert bool(found.problems) is bool(content)


def test_every_binding_that_is_shown_has_an_id_of_its_own() -> None:
    shown = [binding for binding in keymap.all_bindings() if binding.show]
    assert len(shown) > 15


async def test_a_plant_is_linked_by_name_too(open_app: Open) -> None:
    async with open_app(plant="monstera") as pilot:
        assert isinstance(pilot.app.screen, PlantScreen)
        assert pilot.app.screen.plant_id == "plt_monstera"


@pytest.mark.parametrize("screen", [None, "alerts"])
async def test_a_link_may_carry_a_filter(open_app: Open, screen: str | None) -> None:
    async with open_app(screen=screen, wanted="basil") as pilot:
        await settle(pilot)
        shown = text(pilot)
        assert "Basil" in shown
        assert "Monstera" not in shown


def test_a_round_shows_every_page_then_what_is_wrong() -> None:
    views = wall.round_of(garden(), 2, 3)
    assert [view.kind for view in views] == ["cards", "cards", "plant", "plant", "alerts"]
    assert views[2].plant_id == "plt_basil"
    assert wall.after(views[-1], views) == views[0]
    assert wall.after(wall.View("plant", plant_id="gone"), views) == views[0]


async def test_the_wall_goes_round_waits_for_people_and_changes_nothing(
    open_app: Open, garden_server: FakeServer, clock: Clock, tmp_path: Path
) -> None:
    path = tmp_path / "tui.json"
    path.write_text(json.dumps({"screen": "settings"}))
    async with open_app(wall=True, memory_path=path) as pilot:
        seen = []
        for _ in range(6):
            pilot.app._tour.step()  # type: ignore[attr-defined]
            await settle(pilot)
            seen.append(type(pilot.app.screen))
        assert seen[0] is PlantsScreen
        assert PlantScreen in seen
        assert AlertsScreen in seen
        await pilot.press("1", "w")
        await settle(pilot)
        assert "Read-only" in text(pilot)
        before = pilot.app.screen
        pilot.app._tour.step()  # type: ignore[attr-defined]
        assert pilot.app.screen is before
        clock.now += timedelta(seconds=61)
        garden_server.go_down()
        for _ in range(8):
            pilot.app._tour.step()  # type: ignore[attr-defined]
            await settle(pilot)
        assert pilot.app.is_running
    assert json.loads(path.read_text()) == {"screen": "settings"}
