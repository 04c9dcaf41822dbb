"""Keys, help, palette, themes, sizes and failures of the app as a whole."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen

from plantops_tui import terminal
from plantops_tui.app import PlantOpsApp
from plantops_tui.palette import commands
from plantops_tui.screens.failure import FailureScreen
from plantops_tui.screens.help import HelpScreen, help_lines
from plantops_tui.screens.plants import PlantsScreen
from plantops_tui.screens.too_small import TooSmallScreen
from plantops_tui.themes import THEMES
from plantops_tui.widgets.key_bar import KeyBar
from plantops_tui.widgets.plant_heading import PlantHeading
from plantops_tui.widgets.toolbar import Toolbar
from tests.tui.conftest import Open, settle
from tests.tui.fake_garden import FakeServer
from tests.tui.screen_text import screen_text

SCREENS: list[dict[str, Any]] = [
    {},
    {"plant": "plt_monstera"},
    {"screen": "alerts"},
    {"screen": "devices"},
    {"screen": "settings"},
]
every_screen = pytest.mark.parametrize(
    "options", SCREENS, ids=["plants", "plant", "alerts", "devices", "settings"]
)


def bound_actions(screen: Screen[Any]) -> set[str]:
    return {
        active.binding.action
        for active in screen.active_bindings.values()
        if active.binding.description and not active.binding.action.startswith("app.")
    }


@every_screen
async def test_help_lists_every_binding_of_the_screen(open_app: Open, options: dict[str, Any]) -> None:
    async with open_app((120, 60), **options) as pilot:
        screen = pilot.app.screen
        registered = {
            pilot.app.get_key_display(Binding(key, active.binding.action))
            for key, active in screen.active_bindings.items()
            if active.binding.description and not active.binding.action.startswith("app.")
        }
        listed = {key for line in help_lines(pilot.app, screen) for key in line.keys}  # type: ignore[arg-type]
        assert listed == registered
        await pilot.press("question_mark")
        await settle(pilot)
        assert isinstance(pilot.app.screen, HelpScreen)
        shown = "\n".join(screen_text(pilot.app))
        for line in help_lines(pilot.app, screen):  # type: ignore[arg-type]
            assert line.words in shown


@pytest.mark.parametrize("key", ["escape", "question_mark", "q", "enter"])
async def test_help_is_left_by_any_usual_key(open_app: Open, key: str) -> None:
    async with open_app() as pilot:
        await pilot.press("question_mark")
        await pilot.press(key)
        await settle(pilot)
        assert isinstance(pilot.app.screen, PlantsScreen)


async def test_help_scrolls_with_j_and_k(open_app: Open) -> None:
    async with open_app() as pilot:
        await pilot.press("question_mark", "j", "j", "k")
        await settle(pilot)
        assert pilot.app.screen.query_one("VerticalScroll").scroll_offset.y == 1


@every_screen
async def test_the_palette_reaches_every_action(open_app: Open, options: dict[str, Any]) -> None:
    async with open_app(**options) as pilot:
        screen = pilot.app.screen
        titles = {command.title.casefold() for command in commands(pilot.app, screen)}  # type: ignore[arg-type]
        words = {
            active.binding.description.casefold()
            for active in screen.active_bindings.values()
            if active.binding.action in bound_actions(screen) - {"command_palette"}
        }
        assert words <= titles
        assert {
            "go to: plants",
            "go to: alerts",
            "go to plant: fern",
            "theme: light",
            "quit",
            "help",
        } <= titles


async def test_a_command_of_the_palette_runs(open_app: Open) -> None:
    async with open_app() as pilot:
        await pilot.press("ctrl+p", *"plant: fern")
        await pilot.pause(0.4)
        await pilot.press("enter")
        await pilot.pause(0.3)
        await settle(pilot)
        assert pilot.app.screen.query_one(PlantHeading)
        assert "Nephrolepis" in "\n".join(screen_text(pilot.app))


async def test_every_palette_command_can_be_run(open_app: Open) -> None:
    async with open_app() as pilot:
        for command in list(commands(pilot.app, pilot.app.screen)):  # type: ignore[arg-type]
            if command.title == "Quit":
                continue
            result = command.run()
            if hasattr(result, "__await__"):
                await result  # type: ignore[misc]
            await settle(pilot)
            while len(pilot.app.screen_stack) > 1:
                pilot.app.pop_screen()
            await pilot.pause()


@every_screen
async def test_the_key_bar_holds_help_and_palette_at_80_columns(
    open_app: Open, options: dict[str, Any]
) -> None:
    async with open_app(**options) as pilot:
        last = screen_text(pilot.app)[-1]
        assert "? help" in last
        assert "ctrl+p commands" in last


async def test_a_click_on_a_key_hint_presses_the_key(open_app: Open) -> None:
    async with open_app() as pilot:
        line = screen_text(pilot.app)[-1]
        await pilot.click(KeyBar, offset=(line.index("sort"), 0))
        await settle(pilot)
        assert "sorted: driest first" in screen_text(pilot.app)[1]


async def test_a_click_on_a_title_goes_there(open_app: Open) -> None:
    async with open_app() as pilot:
        await pilot.click(offset=(screen_text(pilot.app)[0].index("Alerts"), 0))
        await settle(pilot)
        assert "[open]" in screen_text(pilot.app)[1]


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_q_leaves(make_app: Callable[..., PlantOpsApp], key: str) -> None:
    app = make_app()
    async with app.run_test() as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert app._exit


async def test_u_without_a_deed_says_so(open_app: Open) -> None:
    async with open_app() as pilot:
        await pilot.press("u")
        await settle(pilot)
        assert "nothing to undo" in "\n".join(screen_text(pilot.app))


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_every_theme_draws_every_screen(open_app: Open, theme: str) -> None:
    async with open_app() as pilot:
        dark = screen_text(pilot.app)
        pilot.app.theme = theme
        await settle(pilot)
        assert screen_text(pilot.app) == dark  # glyphs and words carry everything


@every_screen
async def test_ascii_mode_sends_ascii_only(open_app: Open, options: dict[str, Any]) -> None:
    async with open_app(ascii_only=True, **options) as pilot:
        text = "\n".join(screen_text(pilot.app))
        assert set(re.findall(r"[^\x00-\x7f]", text)) <= {"°", "µ"}


@pytest.mark.parametrize("size", [(79, 24), (80, 23), (20, 5)])
async def test_below_the_smallest_size_it_says_what_it_needs(open_app: Open, size: tuple[int, int]) -> None:
    async with open_app(size) as pilot:
        assert f"needs 80x24, have {size[0]}x{size[1]}" in " ".join(" ".join(screen_text(pilot.app)).split())
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert not isinstance(pilot.app.screen, TooSmallScreen)
        assert "Basil" in "\n".join(screen_text(pilot.app))


async def test_a_size_that_no_window_has_is_not_drawn(open_app: Open) -> None:
    """A client over SSH may say anything, and each cell costs memory on the machine of the server."""
    async with open_app((80, 24)) as pilot:
        pilot.app.post_message(events.Resize.from_dimensions((60_000, 30), None))
        await pilot.pause(0.1)
        assert tuple(pilot.app.size) == (terminal.LARGEST_SIDE, 30)
        assert pilot.app.screen.size.width == terminal.LARGEST_SIDE


async def test_columns_follow_the_width(open_app: Open) -> None:
    async with open_app((160, 50)) as pilot:
        for width, names in ((160, 4), (120, 3), (80, 2)):
            await pilot.resize_terminal(width, 30)
            await settle(pilot)
            row = screen_text(pilot.app)[2]
            assert sum(name in row for name in ("Basil", "Monstera", "Fern", "Orchid", "Aloe")) == names


# --- failures stay where they are ----------------------------------------------------------------------


async def test_a_panel_that_cannot_be_drawn_leaves_the_others(
    open_app: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object) -> list[Content]:
        raise RuntimeError("no [/red] luck \x1b[31m")

    monkeypatch.setattr(Toolbar, "draw", broken)
    log = tmp_path / "logs" / "tui.log"
    async with open_app(failing=True, log_path=log) as pilot:
        assert isinstance(pilot.app.screen, FailureScreen)
        text = "\n".join(screen_text(pilot.app))
        assert "Toolbar failed" in text
        assert "RuntimeError" in text
        assert "\x1b" not in text
        assert "RuntimeError" in log.read_text()
        await pilot.press("escape")
        await settle(pilot)
        assert "Basil" in "\n".join(screen_text(pilot.app))


async def test_a_card_that_cannot_be_drawn_leaves_the_others(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plantops_tui.widgets import plant_grid

    real = plant_grid.draw_card

    def sometimes(pen: Any, card: Any, width: int, **options: Any) -> list[Content]:
        if card.name == "Fern":
            raise ValueError("bad fern")
        return real(pen, card, width, **options)

    monkeypatch.setattr(plant_grid, "draw_card", sometimes)
    async with open_app(failing=True) as pilot:
        await pilot.press("escape")
        await settle(pilot)
        text = "\n".join(screen_text(pilot.app))
        assert "This card cannot be drawn" in text
        assert "Basil" in text


async def test_a_key_handler_that_fails_does_not_end_the_app(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("handler")

    monkeypatch.setattr(PlantsScreen, "action_sort", broken)
    async with open_app(failing=True) as pilot:
        await pilot.press("s")
        await settle(pilot)
        assert "handler" in "\n".join(screen_text(pilot.app))
        await pilot.press("escape", "j", "enter")
        await settle(pilot)
        assert "Fern" in "\n".join(screen_text(pilot.app))


async def test_an_answer_that_makes_no_sense_is_told(open_app: Open, garden_server: FakeServer) -> None:
    garden_server.nonsense = True
    async with open_app() as pilot:
        text = "\n".join(screen_text(pilot.app))
        assert "Could not read the plants" in text
        garden_server.nonsense = False
        await pilot.press("r")
        await settle(pilot)
        assert "Basil" in "\n".join(screen_text(pilot.app))


# --- where it can run ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "stdin", "stdout", "words"),
    [
        ("dumb", True, True, "TERM is dumb"),
        ("", True, True, "TERM is not set"),
        ("xterm-256color", False, True, "its input is not one"),
        ("xterm-256color", True, False, "its output is not one"),
    ],
)
def test_it_refuses_where_it_cannot_be_seen(term: str, stdin: bool, stdout: bool, words: str) -> None:
    reason = terminal.refusal({"TERM": term}, stdin_tty=stdin, stdout_tty=stdout)
    assert reason is not None
    assert words in reason
    assert "plantops plants list" in reason


def test_a_real_terminal_is_accepted() -> None:
    assert terminal.refusal({"TERM": "xterm"}, stdin_tty=True, stdout_tty=True) is None


def test_run_without_a_terminal_exits_2_and_writes_nothing_to_stdout() -> None:
    program = "from plantops_tui.app import run; raise SystemExit(run('http://127.0.0.1:9', None))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"needs a terminal" in done.stderr
    assert b"\x1b" not in done.stderr


@pytest.mark.parametrize(("value", "left"), [("", {}), ("1", {"NO_COLOR": "1"})])
def test_an_empty_no_color_means_nothing(value: str, left: dict[str, str]) -> None:
    environ = {"NO_COLOR": value, "COLUMNS": "80", "LINES": "24"}
    terminal.settle(environ)
    assert environ == left


async def test_without_colour_words_and_glyphs_are_the_same(
    make_app: Callable[..., PlantOpsApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app()
    async with app.run_test() as pilot:
        await settle(pilot)
        assert app.no_color
        text = "\n".join(screen_text(app))
        assert "◆ too cold" in text
        assert "▲ too dry" in text
        assert "○ offline" in text


@pytest.mark.parametrize(
    ("options", "keys", "copied"),
    [
        ({}, "Y enter", "plt_basil"),
        ({}, "Y j enter", "plantops plants show plt_basil"),
        ({"screen": "devices"}, "Y j enter", "plantops/v1/dev_1/up/telemetry"),
        ({"screen": "alerts"}, "Y enter", "plantops alerts show 101"),
        ({"screen": "settings"}, "Y", ""),
    ],
)
async def test_large_y_copies_what_is_chosen(
    open_app: Open, options: dict[str, Any], keys: str, copied: str
) -> None:
    async with open_app(**options) as pilot:
        for key in keys.split():
            await pilot.press(key)
        await settle(pilot)
        assert pilot.app.clipboard == copied
        said = "\n".join(screen_text(pilot.app))
        assert f"Copied {copied}"[:30] in said if copied else "nothing to copy" in said
