"""Adding, changing and archiving a plant by keys."""

from __future__ import annotations

from typing import Any

import pytest

from plantops_api import wire
from plantops_tui.screens.plant import PlantScreen
from plantops_tui.screens.plant_form import PlantForm
from tests.tui.conftest import Open, settle
from tests.tui.fake_garden import FakeServer
from tests.tui.screen_text import screen_text


def shown(pilot: Any) -> str:
    return "\n".join(screen_text(pilot.app))


def sent(server: FakeServer, method: str, ending: str) -> Any:
    return [body for how, path, body in server.requests if how == method and path.endswith(ending)][-1]


async def press(pilot: Any, *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
    await settle(pilot)


async def test_a_new_plant_takes_its_species_from_the_suggestions(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app() as pilot:
        await press(pilot, "n", *"Fig", "tab", *"monst")
        await pilot.pause(0.3)
        await settle(pilot)
        assert "Monstera adansonii  monkey mask" in shown(pilot)
        await press(pilot, "down", "down", "enter", *"hall", "tab", *"by the door", "ctrl+s")
        assert sent(garden_server, "POST", "/plants") == {
            "name": "Fig", "species": "Monstera adansonii", "location": "hall", "notes": "by the door",
            "thresholds": None,
        }  # fmt: skip
        assert isinstance(pilot.app.screen, PlantScreen)
        assert "Added Fig" in shown(pilot)


async def test_a_plant_without_a_name_is_refused_beside_the_field(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app() as pilot:
        await press(pilot, "n", "down", *"basil", "ctrl+s")
        assert "Give it a name." in shown(pilot)
        assert "basil" in shown(pilot)
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "name"
        assert not [
            how for how, path, _ in garden_server.requests if how == "POST" and path.endswith("/plants")
        ]


@pytest.mark.parametrize("trouble", ["refused", "broken", "down"])
async def test_nothing_typed_is_lost_on_an_error(
    open_app: Open, garden_server: FakeServer, trouble: str
) -> None:
    async with open_app() as pilot:
        await press(pilot, "n", *"Fig", "tab", *"f", "tab", *"hall")
        if trouble == "refused":
            garden_server.refusals["/plants"] = [{"loc": ["body", "location"], "msg": "no such room"}]
        elif trouble == "broken":
            garden_server.broken.add("/plants")
        else:
            garden_server.down = True
        await press(pilot, "ctrl+s")
        words = {"refused": "No such room", "broken": "It is broken", "down": "No PlantOps server answers"}
        assert isinstance(pilot.app.screen, PlantForm)
        assert words[trouble] in shown(pilot)
        assert pilot.app.screen.values == {"name": "Fig", "species": "f", "location": "hall", "notes": ""}
        garden_server.refusals.clear()
        garden_server.broken.clear()
        garden_server.down = False
        await press(pilot, "ctrl+s")
        assert garden_server.cards[-1].name == "Fig"


async def test_editing_keeps_notes_line_by_line_and_limits_of_ones_own(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.notes["plt_monstera"] = "one\ntwo"
    garden_server.own["plt_monstera"] = {"soil_moisture": wire.Range(min=20, max=50)}
    async with open_app(plant="plt_monstera") as pilot:
        await press(pilot, "e", "end", *" II", "ctrl+s")
        body = sent(garden_server, "PUT", "/plt_monstera")
        assert (body["name"], body["notes"]) == ("Monstera II", "one\ntwo")
        limits = body["thresholds"]["soil_moisture"]
        assert (limits["min"], limits["max"]) == (20, 50)
        assert "Monstera II" in shown(pilot)


async def test_editing_a_plant_that_is_gone_says_so(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app() as pilot:
        garden_server.cards = garden_server.cards[2:]
        await press(pilot, "e")
        assert "Could not read Basil" in shown(pilot)


async def test_archiving_asks_by_name_and_can_be_undone_with_the_devices(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app() as pilot:
        await press(pilot, "l", "X")
        assert "Archive Monstera?" in shown(pilot)
        await press(pilot, "enter")
        assert "plt_monstera" in {card.id for card in garden_server.cards}, "kept by default"
        await press(pilot, "X", "j", "enter")
        assert "plt_monstera" in garden_server.archived
        assert garden_server.devices[0].plant_id is None
        assert "Archived Monstera. u undoes it." in shown(pilot)
        await press(pilot, "u")
        assert "plt_monstera" in {card.id for card in garden_server.cards}
        assert garden_server.devices[0].plant_id == "plt_monstera"


@pytest.mark.parametrize("options", [{}, {"plant": "plt_monstera"}], ids=["plants", "plant"])
async def test_a_viewer_is_told_why_not(
    open_app: Open, garden_server: FakeServer, options: dict[str, str]
) -> None:
    garden_server.role = "viewer"
    async with open_app(**options) as pilot:
        for key in "eX" if options else "neX":
            await press(pilot, key)
            assert "ada may look only" in shown(pilot), key
            pilot.app.clear_notifications()
            await settle(pilot)
