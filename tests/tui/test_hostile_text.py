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
            "2",
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


@hostile
async def test_a_click_on_a_hostile_name_runs_nothing(
    open_app: Open, garden_server: FakeServer, words: str
) -> None:
    fill(garden_server, words)
    async with open_app() as pilot:
        for x in range(3, 36, 8):
            await pilot.click(offset=(x, 2))
            await pilot.click(offset=(x, 3))
        await settle(pilot)
        assert pilot.app.is_running
        assert pilot.app._exit is False


@hostile
async def test_toasts_and_the_palette_show_it_as_plain_text(
    open_app: Open, garden_server: FakeServer, words: str
) -> None:
    fill(garden_server, words)
    async with open_app() as pilot:
        await pilot.press("a")
        await settle(pilot)
        assert_safe(pilot.app)
        await pilot.press("ctrl+p", *"plant")
        await pilot.pause(0.3)
        assert_safe(pilot.app)
        titles = [command.title for command in commands(pilot.app, pilot.app.screen_stack[0])]  # type: ignore[arg-type]
        assert any(title.startswith("Go to plant: ") for title in titles)


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
