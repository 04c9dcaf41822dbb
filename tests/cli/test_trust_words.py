"""Silence never looks like health: what commands say of a plant whose probe is late, silent or sick."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.cli.conftest import Garden


async def basil(garden: Garden, **values: float) -> str:
    """A basil that was measured three minutes ago by a probe that reports every ten minutes."""
    ran = await garden("plants", "add", "Basil", "--species", "Ocimum basilicum", "-o", "csv")
    plant_id = ran.out.splitlines()[1].rsplit(",", 1)[1]
    await garden.measured(plant_id, **(values or {"soil_moisture": 41.0}))
    return plant_id


async def card(garden: Garden) -> dict[str, object]:
    (found,) = json.loads((await garden("plants", "list", "--json")).out)
    return dict(found)


@pytest.mark.parametrize(
    ("later", "health", "trust", "words"),
    [
        (timedelta(0), "ok", "fresh", ""),
        (timedelta(minutes=15), "ok", "late", "last known 18 min ago, sensor late"),
        (timedelta(hours=6), "unknown", "offline", "not known (last known 6 h ago, sensor offline)"),
    ],
)
async def test_a_healthy_plant_whose_probe_falls_silent_is_not_known(
    garden: Garden, later: timedelta, health: str, trust: str, words: str
) -> None:
    await basil(garden)
    garden.doors.clock.now += later
    found = await card(garden)
    assert (found["health"], found["trust"]) == (health, trust)
    assert found["state"]["soil_moisture"]["value"] == 41.0  # type: ignore[index]
    listed = await garden("plants", "list")
    shown = await garden("plants", "show", "basil")
    assert words in listed.out
    assert words in shown.out
    (value,) = [line for line in shown.out.splitlines() if line.strip().startswith("soil_moisture")]
    assert "41 %" in value
    assert value.rstrip().endswith(trust)


@pytest.mark.parametrize("later", [timedelta(hours=6), timedelta(days=30)])
async def test_a_dry_plant_whose_probe_falls_silent_stays_dry(garden: Garden, later: timedelta) -> None:
    plant_id = await basil(garden, soil_moisture=12.5)
    await garden.alert(plant_id)
    garden.doors.clock.now += later
    age = "6 h" if later < timedelta(days=1) else "30 d"
    found = await card(garden)
    assert (found["health"], found["trust"]) == ("attention", "offline")
    for ran in (await garden("plants", "list"), await garden("plants", "show", "basil")):
        assert f"too dry (last known {age} ago, sensor offline)" in ran.out


async def test_a_value_that_did_not_come_with_the_newest_reading_is_old(garden: Garden) -> None:
    plant_id = await basil(garden, soil_moisture=41.0, battery=80.0)
    await garden.execute(
        "UPDATE plant_state SET battery_at = battery_at - interval '5 hours' WHERE plant_id = %s", plant_id
    )
    shown = await garden("plants", "show", "basil")
    of = {line.split()[0]: line.split()[-1] for line in shown.out.splitlines() if line.strip()}
    assert (of["soil_moisture"], of["battery"]) == ("fresh", "old")


async def test_a_plant_that_nobody_measures_is_not_green(garden: Garden) -> None:
    await garden("plants", "add", "Fern")
    assert "not known (no sensor)" in (await garden("plants", "list")).out


async def test_each_value_says_where_its_range_comes_from(garden: Garden) -> None:
    await basil(garden)
    await garden("plants", "edit", "basil", "--min", "humidity=35")
    shown = (await garden("plants", "show", "basil")).out
    lines = {line.split()[0]: line for line in shown.splitlines() if line.strip()}
    assert "species" in lines["soil_moisture"]
    assert "species" in lines["dli"]
    assert "user (admin, 2026-11-24)" in lines["humidity"]
    assert "default, off" in lines["vpd"]


async def test_the_thirst_of_the_air_is_shown_when_both_its_parts_are_of_one_time(garden: Garden) -> None:
    plant_id = await basil(garden, temperature=25.0, humidity=60.0)

    async def line() -> str:
        shown = (await garden("plants", "show", "basil")).out
        return next(line for line in shown.splitlines() if line.strip().startswith("vpd"))

    assert "1.27 kPa" in await line()
    assert "3 min ago" in await line()
    await garden.execute(
        "UPDATE plant_state SET humidity_at = humidity_at - interval '1 minute' WHERE plant_id = %s", plant_id
    )
    assert "kPa" not in await line()
