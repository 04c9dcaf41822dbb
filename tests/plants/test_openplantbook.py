"""OpenPlantbook, optional: what it gives is bounded, dated and kept; what it breaks is a sentence, and ours goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx2
import pytest

from plantops_server.errors import SpeciesProviderFailed
from plantops_server.plants import openplantbook as provider
from plantops_server.plants.openplantbook import Key, OpenPlantbook, species_of
from tests.plants.fake_openplantbook import ABELIA, CLIENT_ID, SECRET, FakeOpenPlantbook, openplantbook
from tests.running_server import Doors

KEY = {"client_id": CLIENT_ID, "client_secret": SECRET}
TODAY = date(2026, 11, 24)


@pytest.fixture
def there() -> Iterator[FakeOpenPlantbook]:
    with openplantbook() as fake:
        yield fake


@pytest.fixture
async def admin(doors: Doors, there: FakeOpenPlantbook) -> httpx2.AsyncClient:
    doors.house.settings = doors.house.settings.model_copy(update={"openplantbook_url": there.url})
    return await doors.client("admin")


async def test_a_species_that_does_not_ship_is_looked_up_fetched_and_followed(
    admin: httpx2.AsyncClient, there: FakeOpenPlantbook, doors: Doors
) -> None:
    await admin.put("/api/settings/species", json=KEY)
    (found,) = (await admin.post("/api/species/lookup", json={"name": "abelia"})).json()["items"]
    assert (found["id"], found["origin"]) == ("openplantbook:abelia chinensis", "openplantbook")
    fetched = (await admin.post("/api/species/fetch", json={"id": found["id"]})).json()
    assert fetched["dli"] == {"min": 2.5, "max": 4.5}, "mmol/m²/d there, mol/m²/d here"
    assert fetched["thresholds"]["temperature"] == {"min": 8, "max": 35}
    assert fetched["fetched_at"] is not None
    there.status = 500  # from here on it is not needed
    assert (await admin.get(f"/api/species/{found['id']}")).json() == fetched
    assert (await admin.post("/api/species/fetch", json={"id": found["id"]})).json() == fetched
    (listed,) = (await admin.get("/api/species", params={"q": "chinese abelia"})).json()["items"]
    assert listed["id"] == found["id"]
    body = {"name": "Mine", "species": "Abelia chinensis", "thresholds": {"humidity": {"min": 50}}}
    plant = (await admin.post("/api/plants", json=body)).json()
    limits = plant["thresholds"]
    assert (limits["temperature"]["min"], limits["temperature"]["source"], limits["temperature"]["set_by"]) == (
        8, "species", "openplantbook",
    )  # fmt: skip
    assert limits["dli"]["min"] == 2.5
    assert (limits["humidity"]["min"], limits["humidity"]["source"]) == (50, "user")
    assert (await admin.get("/api/plants")).json()["items"][0]["thresholds"] == limits


async def test_a_species_fetched_anew_changes_no_plant(
    admin: httpx2.AsyncClient, there: FakeOpenPlantbook
) -> None:
    await admin.put("/api/settings/species", json=KEY)
    await admin.post("/api/species/fetch", json={"id": "abelia chinensis"})
    plant = (await admin.post("/api/plants", json={"name": "Mine", "species": "abelia chinensis"})).json()
    there.plants["abelia chinensis"]["min_temp"] = 12
    again = await admin.post("/api/species/fetch", json={"id": "abelia chinensis", "refresh": True})
    assert again.json()["thresholds"]["temperature"]["min"] == 12
    body = {"name": "Mine", "species": "abelia chinensis", "notes": "repotted"}
    after = (await admin.put(f"/api/plants/{plant['id']}", json=body)).json()
    assert after["thresholds"]["temperature"]["min"] == 8


@pytest.mark.parametrize(
    ("wrong", "left_out"),
    [
        ({"max_light_mmol": 4_500_000, "min_light_mmol": 2_500_000}, "dli"),  # a thousand times off
        ({"max_light_mmol": 4.5, "min_light_mmol": 2.5}, "dli"),
        ({"max_soil_moist": 0, "min_soil_moist": 0}, "soil_moisture"),
        ({"max_temp": 95, "min_temp": 46}, "temperature"),  # Fahrenheit
        ({"max_temp": 8, "min_temp": 35}, "temperature"),
        ({"max_env_humid": 8500}, "humidity"),
        ({"max_soil_ec": 200_000}, "conductivity"),
    ],
)
def test_what_cannot_be_true_is_left_out_and_said(wrong: dict[str, Any], left_out: str) -> None:
    species, told = species_of({**ABELIA, **wrong}, TODAY)
    assert left_out not in species.limits
    assert len(species.limits) == 4
    (sentence,) = told
    assert sentence.startswith(f"Left out {left_out}")
    assert sentence in species.sources


@pytest.mark.parametrize("value", [None, True, "many", float("nan"), [], {}])
def test_a_number_that_is_none_is_no_range(value: Any) -> None:
    species, told = species_of({**ABELIA, "min_temp": value}, TODAY)
    assert "temperature" not in species.limits
    assert told == []


def test_names_of_the_crowd_are_cleaned() -> None:
    species, _ = species_of(
        {**ABELIA, "display_pid": "Abe\x1b]0;x\x07lia\x00\u202e", "alias": "a" * 500}, TODAY
    )
    assert species.scientific_name == "Abe]0;xlia"
    assert len(species.common_names[0]) == 120


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (429, None, "limit of requests"),
        (500, None, "status 500"),
        (401, None, "refuses the client id"),
        (302, None, "documentation"),
        (200, b"<html>", "documentation"),
        (200, b"[]", "documentation"),
        (200, b"null", "documentation"),
    ],
)
async def test_its_failures_are_sentences(
    there: FakeOpenPlantbook, status: int, body: bytes | None, words: str
) -> None:
    there.status, there.body = status, body
    api = OpenPlantbook(Key(CLIENT_ID, SECRET), there.url, timeout_s=5)
    for call in (api.search("abelia"), api.fetch("abelia chinensis", TODAY)):
        with pytest.raises(SpeciesProviderFailed, match=words) as failure:
            await call
        assert SECRET not in str(failure.value)


async def test_silence_wrong_keys_and_unknown_species_are_sentences(there: FakeOpenPlantbook) -> None:
    with pytest.raises(SpeciesProviderFailed, match="refuses"):
        await OpenPlantbook(Key(CLIENT_ID, "wrong"), there.url).search("abelia")
    with pytest.raises(SpeciesProviderFailed, match="knows no species 'triffid'"):
        await OpenPlantbook(Key(CLIENT_ID, SECRET), there.url).fetch("triffid", TODAY)
    with pytest.raises(SpeciesProviderFailed, match="cannot be reached"):
        await OpenPlantbook(Key(CLIENT_ID, SECRET), "http://127.0.0.1:9/api/v1").search("abelia")
    there.delay_s = 0.5
    with pytest.raises(SpeciesProviderFailed, match=r"within 0\.2 s"):
        await OpenPlantbook(Key(CLIENT_ID, SECRET), there.url, timeout_s=0.2).search("abelia")


async def test_the_secret_is_sealed_masked_and_bound_to_its_id(
    admin: httpx2.AsyncClient, doors: Doors
) -> None:
    before = (await admin.get("/api/settings/species")).json()
    assert (before["configured"], before["installed"]) == (False, True)
    shown = (await admin.put("/api/settings/species", json=KEY)).json()
    assert (shown["configured"], shown["client_secret_masked"]) == (True, "…ount")
    assert SECRET not in (await admin.get("/api/settings/species")).text
    async with doors.house.db.connection() as conn:
        row = await (
            await conn.execute("SELECT value::text AS v FROM settings WHERE key = 'openplantbook'")
        ).fetchone()
    assert row is not None
    assert SECRET not in row["v"]
    assert (await admin.post("/api/settings/species/test")).json()["ok"]
    echoed = {"client_id": CLIENT_ID, "client_secret": shown["client_secret_masked"]}
    await admin.put("/api/settings/species", json=echoed)
    assert (await admin.post("/api/settings/species/test")).json()["ok"]
    other = await admin.put("/api/settings/species", json={"client_id": "another"})
    assert (other.status_code, "needs its secret" in other.json()["detail"]) == (422, True)
    await admin.put("/api/settings/species", json={"client_id": None})
    tested = (await admin.post("/api/settings/species/test")).json()
    assert (tested["ok"], "No key of OpenPlantbook" in tested["error"]) == (False, True)


async def test_without_the_sdk_or_a_key_the_shipped_set_works(
    admin: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await admin.post("/api/species/lookup", json={"name": "abelia"})
    assert (asked.status_code, asked.json()["code"]) == (409, "species_provider_not_configured")
    await admin.put("/api/settings/species", json=KEY)
    monkeypatch.setattr(provider, "installed", lambda: False)
    asked = await admin.post("/api/species/lookup", json={"name": "abelia"})
    assert asked.status_code == 501
    assert 'pip install "plantops[openplantbook]"' in asked.json()["detail"]
    assert (await admin.get("/api/species", params={"q": "monstera"})).json()["items"]
