"""Hostile text in every field of a device, through its list, page, dialogs and forms."""

from __future__ import annotations

from typing import Any

from textual.content import Content

from plantops_api import wire
from tests.tui.conftest import Open, settle
from tests.tui.fake_garden import FakeServer, ago, card
from tests.tui.fake_nursery import more_devices
from tests.tui.hostile import HOSTILE, unsafe
from tests.tui.screen_text import screen_text


def fill(server: FakeServer) -> None:
    """A plant and a device for each hostile text."""
    server.cards = [
        card(f"plt_{i:02}", words or "x", species=words, location=words)
        for i, words in enumerate(HOSTILE.values())
    ]
    server.notes = {found.id: found.name for found in server.cards}
    server.devices = [
        more_devices()[0].model_copy(
            update={"id": f"dev_{i:02}", "name": words, "plant_id": f"plt_{i:02}", "plant_name": words,
                    "mac_address": words, "firmware_version": words, "sensor_types": ["soil_moisture", words],
                    "mqtt_username": words,
                    "rejected": [wire.RejectedSample(reason=words, count=10**12, sample=words, last_at=ago(1))]}
        )
        for i, words in enumerate(HOSTILE.values())
    ]  # fmt: skip


async def press(pilot: Any, *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
    await settle(pilot)
    shown = screen_text(pilot.app)
    assert unsafe("".join(shown)) == []
    assert {Content(line).cell_length for line in shown} == {pilot.app.size.width}


async def test_lists_pages_and_dialogs_of_devices_survive(open_app: Open, garden_server: FakeServer) -> None:
    fill(garden_server)
    async with open_app(screen="devices") as pilot:
        await press(pilot)
        await press(pilot, "t")
        for letter in "long":
            await press(pilot, letter)
        await press(pilot, "escape", "slash", "[")
        await press(pilot, "escape", "g")
        for _ in HOSTILE:
            for key in ("enter", "X", "R"):
                await press(pilot, key)
                await press(pilot, "escape")
            await press(pilot, "j")
        assert pilot.app.is_running


async def test_a_form_shows_and_returns_hostile_text_as_it_came(
    open_app: Open, garden_server: FakeServer
) -> None:
    fill(garden_server)
    async with open_app() as pilot:
        for _ in HOSTILE:
            selected = pilot.app.screen.grid.selected  # type: ignore[attr-defined]
            await press(pilot, "e")
            assert pilot.app.screen.values["name"] == selected.name.strip()  # type: ignore[attr-defined]
            await press(pilot, "escape")
            await press(pilot, "l")


async def test_a_refusal_full_of_escapes_is_told_beside_the_field(
    open_app: Open, garden_server: FakeServer
) -> None:
    wrong = "boom \x1b[31m[/red]\x9b0m [@click=app.exit]x[/]"
    garden_server.refusals["/plants"] = [{"loc": ["body", "name"], "msg": wrong}]
    async with open_app() as pilot:
        await press(pilot, "n", "x", "ctrl+s")
        assert "Boom [/red]" in "\n".join(screen_text(pilot.app))
