"""The shipped plant knowledge is consistent, and people find it by the names they use."""

from __future__ import annotations

import pytest

from plantops_server.errors import SpeciesNotFound
from plantops_server.plants import species
from plantops_server.plants.thresholds import BOUNDS
from tests.running_server import Doors


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Monstera deliciosa", "monstera-deliciosa"),
        ("  MONSTERA   deliciosa ", "monstera-deliciosa"),
        ("monstera-deliciosa", "monstera-deliciosa"),
        ("Monstera deliciosa 'Thai Constellation'", "monstera-deliciosa"),
        ("swiss cheese plant", "monstera-deliciosa"),
        ("Basil", "ocimum-basilicum"),
        ("Sansevieria trifasciata", "dracaena-trifasciata"),
        ("Mother-in-law's tongue", "dracaena-trifasciata"),
        ("devil’s ivy", "epipremnum-aureum"),
    ],
)
def test_a_species_is_found_by_any_of_its_names(text: str, found: str) -> None:
    match = species.match(text)
    assert match is not None
    assert match.id == found


@pytest.mark.parametrize("text", [None, "", "  ", "triffid", "'", "(", "\x00"])
def test_what_is_no_species_matches_none(text: str | None) -> None:
    assert species.match(text) is None


def test_no_name_means_two_species() -> None:
    names = [name.casefold() for s in species.shipped() for name in {s.id, *s.names}]
    assert sorted(set(names)) == sorted(names)


def test_the_demo_plants_are_known() -> None:
    for name in ("Monstera deliciosa", "Ocimum basilicum", "Nephrolepis exaltata", "Aloe vera",
                 "Spathiphyllum wallisii", "Ficus elastica"):  # fmt: skip
        assert species.match(name) is not None


@pytest.mark.parametrize("known", species.shipped(), ids=lambda s: s.id)
def test_every_range_is_possible_and_has_its_source(known: species.Species) -> None:
    assert known.sources
    assert {"soil_moisture", "temperature", "humidity"} <= set(known.thresholds)
    for metric, limits in known.thresholds.items():
        low, high = BOUNDS[metric]
        assert limits.min is not None
        assert limits.max is not None
        assert low <= limits.min < limits.max <= high
    assert known.dli is not None
    assert known.watering
    assert known.light
    assert known.toxicity


def test_an_unknown_id_says_how_to_search() -> None:
    with pytest.raises(SpeciesNotFound, match="plantops species search"):
        species.get("triffid")


async def test_the_doors_search_and_show(doors: Doors) -> None:
    client = await doors.client("viewer")
    found = (await client.get("/api/species", params={"q": "fig"})).json()["items"]
    assert {"ficus-benjamina", "ficus-elastica", "ficus-lyrata", "ficus-pumila"} <= {s["id"] for s in found}
    one = (await client.get("/api/species/aloe-vera")).json()
    assert one["scientific_name"] == "Aloe vera"
    assert "synonyms" not in one
    assert (await client.get("/api/species/triffid")).json()["code"] == "species_not_found"


async def test_the_whole_set_is_read_page_by_page(doors: Doors) -> None:
    client, seen, cursor = await doors.client("viewer"), [], None
    while True:
        page = (
            await client.get("/api/species", params={"limit": 100, **({"cursor": cursor} if cursor else {})})
        ).json()
        seen += [s["id"] for s in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [s.id for s in species.shipped()]
