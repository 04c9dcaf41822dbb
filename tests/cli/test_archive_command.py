"""A removed plant is only archived: it is listed apart and comes back with its name."""

from __future__ import annotations

import json

from tests.cli.conftest import Garden


async def test_a_removed_plant_is_listed_apart_and_restored_by_name(garden: Garden) -> None:
    await garden("plants", "add", "Old fern")
    removed = await garden("plants", "remove", "old fern", "--yes")
    assert "plantops plants restore plt_" in removed.err
    assert json.loads((await garden("plants", "list", "--json")).out) == []
    archived = await garden("plants", "list", "--archived", "--json", role="viewer")
    assert [plant["name"] for plant in json.loads(archived.out)] == ["Old fern"]

    back = await garden("plants", "restore", "OLD FERN", "--json")
    assert (back.code, json.loads(back.out)["archived"]) == (0, False)
    assert [plant["name"] for plant in json.loads((await garden("plants", "list", "--json")).out)] == [
        "Old fern"
    ]
    assert "No plant is archived." in (await garden("plants", "list", "--archived")).err


async def test_what_cannot_be_restored_is_said_with_the_way_to_find_it(garden: Garden) -> None:
    await garden("plants", "add", "Basil")
    ran = await garden("plants", "restore", "Basil")
    assert ran.code == 3
    assert "There is no archived plant 'Basil'." in ran.err
    assert "plantops plants list --archived" in ran.err


async def test_a_viewer_restores_nothing(garden: Garden) -> None:
    await garden("plants", "add", "Fern")
    await garden("plants", "remove", "Fern", "--yes")
    assert (await garden("plants", "restore", "Fern", role="viewer")).code == 4


async def test_archived_plants_cannot_be_watched(garden: Garden) -> None:
    ran = await garden("plants", "list", "--archived", "--watch")
    assert ran.code == 2
    assert "exclude each other" in ran.err
