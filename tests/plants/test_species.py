"""The shipped plant knowledge is consistent, and people find it by the names they use."""

from __future__ import annotations

import pytest

from plantops_api.wire import BOUNDS
from plantops_server.errors import SpeciesNotFound
from plantops_server.plants import species
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
        ("mother in laws tongue", "dracaena-trifasciata"),
        ("Citrus limon", "citrus-x-limon"),
        ("Citrus × limon", "citrus-x-limon"),
        ("Monstera deliciosa Liebm.", "monstera-deliciosa"),
        ("Monstera deliciosa var. borsigiana", "monstera-deliciosa"),
        ("Ficus elastica “Tineke”", "ficus-elastica"),
        ("basil cv. Genovese", "ocimum-basilicum"),
    ],
)
def test_a_species_is_found_by_any_of_its_names(text: str, found: str) -> None:
    match = species.match(text)
    assert match is not None
    assert match.id == found


@pytest.mark.parametrize("text", [None, "", "  ", "triffid", "'", "(", "\x00"])
def test_what_is_no_species_matches_none(text: str | None) -> None:
    assert species.match(text) is None


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("monstra delicosa", "monstera-deliciosa"),
        ("snakeplant", "dracaena-trifasciata"),
        ("snake plnat", "dracaena-trifasciata"),
        ("bazil", "ocimum-basilicum"),
        ("fiddel leaf", "ficus-lyrata"),
        ("phalenopsis", "phalaenopsis-amabilis"),
        ("sansivieria", "dracaena-trifasciata"),
        ("tomatoe", "solanum-lycopersicum"),
        ("rosmary", "salvia-rosmarinus"),
        ("peace lilly", "spathiphyllum-wallisii"),
    ],
)
def test_spelling_is_forgiven_and_said(typed: str, first: str) -> None:
    found = species.search(typed, 5)
    assert (found[0].species.id, found[0].match) == (first, "similar")
    assert species.match(typed) is None, "limits must not rest on a guess"


def test_names_that_hold_the_text_come_before_all_else_the_whole_name_first() -> None:
    found = species.search("sage", 10)
    assert found[0].species.id == "salvia-officinalis"
    assert {f.match for f in found} == {"name"}


def test_what_is_spelled_like_nothing_finds_nothing_and_something_near_is_named() -> None:
    assert species.search("qqqq", 5) == []
    assert species.nearest("qqqq") == []
    assert species.search("orkid", 5) == []
    assert "Moth orchid" in species.nearest("orkid")


@pytest.mark.parametrize("typed", ["'", "(", "\x00", "%", "×", "a" * 120, "word " * 24])
def test_no_text_upsets_a_search(typed: str) -> None:
    species.search(typed, 5)
    species.nearest(typed)


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
    assert known.dli.min is not None
    assert known.dli.max is not None
    assert 0 < known.dli.min < known.dli.max <= BOUNDS["dli"][1]
    assert known.watering
    assert known.light
    assert known.toxicity


def test_habits_show_in_the_ranges() -> None:
    """What a mix-up of two lines of the file would break."""
    of = {s.id: s.limits for s in species.shipped()}
    cactus, fern, bog = (
        of[name] for name in ("mammillaria-elongata", "nephrolepis-exaltata", "dionaea-muscipula")
    )
    assert cactus["soil_moisture"].min < fern["soil_moisture"].min < bog["soil_moisture"].min  # type: ignore[operator]
    assert cactus["dli"].min > of["aspidistra-elatior"]["dli"].min  # type: ignore[operator]
    assert of["dionaea-muscipula"]["conductivity"].max < of["solanum-lycopersicum"]["conductivity"].min  # type: ignore[operator]
    assert of["lavandula-angustifolia"]["temperature"].min < 0 < of["caladium-bicolor"]["temperature"].min  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "toxic"),
    [
        ("Monstera deliciosa", True), ("Epipremnum aureum", True), ("Dieffenbachia seguine", True),
        ("Cycas revoluta", True), ("Nerium oleander", True), ("Aloe vera", True), ("Allium cepa", True),
        ("Chlorophytum comosum", False), ("Nephrolepis exaltata", False), ("Phalaenopsis amabilis", False),
        ("Calathea orbifolia", False), ("Pilea peperomioides", False), ("Ocimum basilicum", False),
        ("Saintpaulia ionantha", False), ("Howea forsteriana", False),
    ],
)  # fmt: skip
def test_what_harms_pets_is_said(name: str, toxic: bool) -> None:
    known = species.match(name)
    assert known is not None
    assert known.toxicity is not None
    assert known.toxicity.startswith("Toxic") == toxic, known.toxicity


def test_an_unknown_id_says_how_to_search() -> None:
    with pytest.raises(SpeciesNotFound, match="plantops species search"):
        species.get("triffid")
    with pytest.raises(SpeciesNotFound, match="Spelled alike: Monstera deliciosa"):
        species.get("monstera-delicosa")


async def test_the_doors_search_and_show(doors: Doors) -> None:
    client = await doors.client("viewer")
    found = (await client.get("/api/species", params={"q": "fig"})).json()["items"]
    assert {"ficus-benjamina", "ficus-elastica", "ficus-lyrata", "ficus-pumila"} <= {s["id"] for s in found}
    one = (await client.get("/api/species/aloe-vera")).json()
    assert one["scientific_name"] == "Aloe vera"
    assert one["synonyms"] == ["Aloe barbadensis"]
    assert one["origin"] == "shipped"
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
