"""OpenPlantbook from the command line: key, lookup, fetch; the secret shows nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Garden
from tests.plants.fake_openplantbook import CLIENT_ID, SECRET, FakeOpenPlantbook, openplantbook


@pytest.fixture
def there(garden: Garden) -> Iterator[FakeOpenPlantbook]:
    with openplantbook() as fake:
        house = garden.doors.house
        house.settings = house.settings.model_copy(update={"openplantbook_url": fake.url})
        yield fake


async def test_a_key_is_set_tried_and_forgotten(garden: Garden, there: FakeOpenPlantbook) -> None:
    before = await garden("settings", "species", "test")
    assert (before.code, "plantops settings species set" in before.err) == (1, True)
    key = ("settings", "species", "set", "--client-id", CLIENT_ID, "--secret-stdin")
    made = await garden(*key, stdin=f"{SECRET}\n")
    shown = await garden("settings", "species", "show", "--json")
    assert json.loads(shown.out)["client_secret_masked"] == "…ount"
    tried = await garden("settings", "species", "test")
    assert (tried.code, "OpenPlantbook answered." in tried.err) == (0, True)
    there.status = 500
    broken = await garden("settings", "species", "test")
    assert (broken.code, "status 500" in broken.err) == (1, True)
    gone = await garden("settings", "species", "set", "--remove")
    assert json.loads((await garden("settings", "species", "show", "--json")).out)["configured"] is False
    assert (await garden("settings", "species", "set")).code == 2
    for ran in (before, made, shown, tried, broken, gone):
        assert SECRET not in ran.out + ran.err


async def test_a_species_is_looked_up_online_fetched_and_used(
    garden: Garden, there: FakeOpenPlantbook
) -> None:
    await garden("settings", "species", "set", "--client-id", CLIENT_ID, "--secret-stdin", stdin=SECRET)
    found = await garden("species", "search", "abelia", "--online")
    assert "openplantbook:abelia chinensis" in found.out
    assert "Abelia chinensis" in (await garden("species", "fetch", "openplantbook:abelia chinensis")).out
    there.status = 500
    assert (
        "OpenPlantbook (open.plantbook.io), fetched 2026-11-24"
        in (await garden("species", "show", "Abelia chinensis")).out
    )
    added = await garden("plants", "add", "Mine", "--species", "Abelia chinensis")
    assert "species (openplantbook, 2026-11-24)" in added.out
    assert "No species is known" not in added.err
