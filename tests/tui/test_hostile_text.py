"""The hostile matrix: every string x every widget and screen. Nothing breaks, nothing unsafe is shown or run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from textual.content import Content

from plantops_api import text, wire
from plantops_tui.look import ASCII, UNICODE, Glyphs, Look, Pen
from plantops_tui.palette import commands
from plantops_tui.screens import records
from plantops_tui.themes import DARK
from plantops_tui.widgets.plant_card import draw_card
from tests.tui.conftest import BERLIN, Open, settle
from tests.tui.fake_garden import NOW, FakeServer, ago, card
from tests.tui.hostile import HOSTILE, unsafe
from tests.tui.screen_text import screen_text

hostile = pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())


def fill(server: FakeServer, words: str) -> None:
    """The same hostile text in every field that a person or device can write."""
    name = words or "x"
    server.cards = [
        card(
            "plt_x", name, species=words, location=words, worst=words, worst_since=ago(5), health="attention",
            open_incidents=1,
        )
    ]  # fmt: skip
    server.alerts = [
        alert.model_copy(
            update={"plant_id": "plt_x", "plant_name": words, "acked_by": words, "acked_at": ago(1),
                    "device_name": words, "resolution": words, "metric": words}
        )
        for alert in server.alerts
    ]  # fmt: skip
    server.waterings = [w.model_copy(update={"plant_id": "plt_x", "note": words}) for w in server.waterings]
    server.devices = [d.model_copy(update={"plant_id": "plt_x", "name": words}) for d in server.devices]


def assert_safe(app: Any) -> None:
    shown = screen_text(app)
    assert unsafe("".join(shown)) == []
    assert {Content(line).cell_length for line in shown} == {app.size.width}


@hostile
async def test_every_screen_and_dialog_survives(
    open_app: Open, garden_server: FakeServer, words: str
) -> None:
    fill(garden_server, words)
    async with open_app() as pilot:
        for keys in (
            "",
            "w",
            "escape",
            "enter",
            "W",
            "D",
            "A",
            "T",
            "w",
            "escape escape",
            "3",
            "s",
            "escape",
            "x",
            "escape",
        ):
            if keys:
                await pilot.press(*keys.split())
                await settle(pilot)
            assert_safe(pilot.app)
        assert pilot.app.is_running


async def test_clicks_on_hostile_names_run_nothing(open_app: Open, garden_server: FakeServer) -> None:
    clickable = [words for words in HOSTILE.values() if "@click" in words or "[link" in words]
    assert clickable
    garden_server.cards = [card(f"plt_{i:02}", words, species=words) for i, words in enumerate(clickable)]
    async with open_app((80, 24)) as pilot:
        for row in (2, 3):
            for x in range(3, 38, 3):
                await pilot.click(offset=(x, row))
                while len(pilot.app.screen_stack) > 1:
                    await pilot.press("escape")
        assert pilot.app.is_running
        assert pilot.app._exit is False


async def test_the_palette_shows_every_name_as_plain_text(open_app: Open, garden_server: FakeServer) -> None:
    cards = [card(f"plt_{i:02}", words or "x", species=words) for i, words in enumerate(HOSTILE.values())]
    garden_server.cards = cards
    async with open_app() as pilot:
        titles = [command.title for command in commands(pilot.app, pilot.app.screen_stack[0])]  # type: ignore[arg-type]
        assert sum(title.startswith("Go to plant: ") for title in titles) == len(HOSTILE)
        await pilot.press("ctrl+p")
        await pilot.pause(0.3)
        await pilot.press(*"plant")
        for _ in range(8):
            await pilot.press("pagedown")
            assert_safe(pilot.app)


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@hostile
def test_cards_and_rows_keep_their_width(words: str, glyphs: Glyphs) -> None:
    """At the door text is cleaned; behind it, widgets must cope with whatever length and width is left."""
    clean = text.clean_line(words)
    pen = Pen(look(), glyphs, NOW, BERLIN)
    for width in (38, 40, 55, 80):
        lines = draw_card(pen, card("plt_x", clean, species=clean, location=clean), width)
        assert [line.cell_length for line in lines] == [width] * 7
        lines = draw_card(pen, card("plt_x", clean, species=clean, location=clean), width, tall=True)
        assert [line.cell_length for line in lines] == [width] * 11
    rows = records.waterings(
        pen, [wire.Watering(id=1, plant_id="p", at=NOW - timedelta(days=1), source="logged", note=clean)]
    )
    assert unsafe("".join(cell.plain for cell in rows[0].cells)) == []


def look() -> Look:
    """Styles of the dark theme without an app."""
    return Look.from_variables({**DARK.to_color_system().generate(), "foreground": "#dfe6dc"})


async def test_an_error_body_full_of_escapes_is_told_as_text(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.problem_detail = "boom \x1b[31m[/red]\x9b0m [@click=app.exit]x[/]"
    async with open_app() as pilot:
        assert "boom" in "\n".join(screen_text(pilot.app))
        assert_safe(pilot.app)
