"""Limits from the command line: what they would have done, and what a species changes, is said before it is saved."""

from __future__ import annotations

import json

from tests.cli.conftest import Garden


async def drying(garden: Garden) -> None:
    """A fern with a month of readings that dry from 60 to 12 in four days, again and again."""
    ran = await garden("plants", "add", "Fern", "-o", "csv")
    plant_id = ran.out.splitlines()[1].rsplit(",", 1)[1]
    await garden.execute(
        "INSERT INTO telemetry (time, device_id, plant_id, soil_moisture, received_at)"
        " SELECT t, 'dev_1', %s, 12 + (m / 60 %% 96) / 2.0, t FROM"
        " (SELECT %s::timestamptz - make_interval(mins => m) AS t, m FROM generate_series(1, 43200, 30) AS m) AS s",
        plant_id, garden.doors.clock(),
    )  # fmt: skip


async def test_what_if_shows_the_limits_asked_about_above_those_in_force(garden: Garden) -> None:
    await drying(garden)
    ran = await garden(
        "plants", "what-if", "fern", "--metric", "soil_moisture", "--min", "30", "--max", "80", role="viewer"
    )
    asked, now = ran.out.splitlines()[1:3]
    assert asked.split()[:5] == ["asked", "30", "–", "80", "%"]
    assert "  8  " in asked
    assert now.split()[:6] == ["now", "15", "–", "85", "%", "default"]
    assert "1440 readings" in ran.err
    found = json.loads(
        (await garden("plants", "what-if", "fern", "-m", "soil-moisture", "--min", "30", "--json")).out
    )
    assert found["proposed"]["alerts"] == 8


async def test_what_cannot_be_asked_is_said(garden: Garden) -> None:
    await drying(garden)
    ran = await garden("plants", "what-if", "fern", "--metric", "happiness")
    assert (ran.code, "Metrics: soil_moisture" in ran.err) == (2, True)
    ran = await garden("plants", "what-if", "fern", "-m", "soil_moisture", "--min", "60", "--max", "20")
    assert ran.code == 2
    assert "not below" in ran.err


async def test_an_edit_says_what_its_limits_would_have_done_before_it_saves(garden: Garden) -> None:
    await drying(garden)
    ran = await garden("plants", "edit", "fern", "--min", "soil_moisture=30", "--dry-run")
    assert "soil_moisture ≥ 30 %: 8 alerts" in ran.err
    assert "15 – 85 % (default) gave" in ran.err
    assert "Nothing was saved" in ran.err
    assert json.loads((await garden("plants", "show", "fern", "--json")).out)["own_thresholds"] == {}
    ran = await garden("plants", "edit", "fern", "--min", "soil_moisture=30")
    assert "8 alerts" in ran.err
    assert (
        json.loads((await garden("plants", "show", "fern", "--json")).out)["thresholds"]["soil_moisture"][
            "min"
        ]
        == 30
    )


async def test_another_species_is_shown_as_a_diff_and_keeps_what_you_set(garden: Garden) -> None:
    await garden("plants", "add", "Mine", "--species", "Aloe vera", "--min", "humidity=33")
    ran = await garden("plants", "edit", "mine", "--species", "Boston fern")
    assert "soil_moisture 8 – 55 % -> 35 – 85 %" in ran.err
    assert "Kept as you set them: humidity." in ran.err
    after = json.loads((await garden("plants", "show", "mine", "--json")).out)
    assert after["thresholds"]["humidity"]["min"] == 33
    assert after["thresholds"]["soil_moisture"]["min"] == 35


async def test_a_misspelt_species_is_said_with_what_was_meant(garden: Garden) -> None:
    ran = await garden("plants", "add", "Mine", "--species", "Monstera delicosa")
    assert "No species is known as 'Monstera delicosa'; general limits hold." in ran.err
    assert "Monstera deliciosa" in ran.err
    ran = await garden("species", "search", "monstera delicosa")
    assert "monstera-deliciosa" in ran.out
    assert "spelled alike" in ran.err
    ran = await garden("species", "show", "mother-in-law's tongue")
    assert "Dracaena trifasciata" in ran.out
    ran = await garden("species", "show", "monstera-delicosa")
    assert (ran.code, "Spelled alike: Monstera deliciosa" in ran.err) == (3, True)


async def test_the_dryness_of_the_air_is_alarmed_by_when_somebody_sets_it(garden: Garden) -> None:
    await garden("plants", "add", "Fern")
    await garden("plants", "edit", "fern", "--max", "vpd=1.2", "--min", "dli=3")
    limits = json.loads((await garden("plants", "show", "fern", "--json")).out)["thresholds"]
    assert (limits["vpd"]["max"], limits["vpd"]["enabled"], limits["dli"]["source"]) == (1.2, True, "user")
