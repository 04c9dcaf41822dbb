"""``plantops devices calibrate``: led through both ends with what the probe counts, or told them."""

from __future__ import annotations

import csv
import json
from datetime import timedelta

import pytest

from tests.cli.conftest import Garden


@pytest.fixture
async def counting(garden: Garden) -> Garden:
    """A device that counted 3107 four minutes ago."""
    await garden.execute(
        "INSERT INTO devices (id, name, mqtt_username, mqtt_client_id, mqtt_password_hash)"
        " VALUES ('dev_a', 'Sill', 'dev_a', 'dev_a', 'x')"
    )
    moment = garden.doors.clock() - timedelta(minutes=4)
    await garden.execute(
        "INSERT INTO telemetry (time, device_id, soil_raw, received_at) SELECT %s, id, 3107, %s FROM devices",
        moment, moment,
    )  # fmt: skip
    await garden.execute("UPDATE devices SET last_reading_at = %s", moment)
    return garden


async def test_the_wizard_takes_what_the_probe_counts_and_what_is_typed(counting: Garden) -> None:
    ran = await counting("devices", "calibrate", "Sill", stdin="r\n\nnonsense\n1290\n", terminal=True)
    assert ran.code == 0, ran.err
    assert "It counts 3107 (4 min ago)" in ran.err
    assert "dry 3107, wet 1290. Its history was derived anew." in ran.err


async def test_the_wizard_that_is_left_changes_nothing(counting: Garden) -> None:
    for typed in ("\nq\n", "\n", ""):
        ran = await counting("devices", "calibrate", "Sill", stdin=typed, terminal=True)
        assert (ran.code, "Nothing was changed." in ran.err) == (1, True)
    shown = await counting("devices", "show", "Sill", "--json")
    assert json.loads(shown.out)["calibration"] is None


async def test_without_anybody_to_ask_both_ends_are_needed(counting: Garden) -> None:
    ran = await counting("devices", "calibrate", "Sill", "--dry", "3200")
    assert (ran.code, "Give --dry and --wet." in ran.err) == (2, True)
    both = await counting("devices", "calibrate", "Sill", "--dry", "3200", "--suggested")
    assert (both.code, "not both" in both.err) == (2, True)


async def test_a_suggestion_that_cannot_be_made_says_why(counting: Garden) -> None:
    ran = await counting("devices", "calibrate", "Sill", "--suggested", "--yes")
    assert ran.code == 1
    assert "two are needed" in ran.err


async def test_what_becomes_of_a_probe_that_sends_per_cent_is_said_with_the_way_back(garden: Garden) -> None:
    plant_id = (await garden("plants", "add", "Fern", "-o", "csv")).out.splitlines()[1].rsplit(",", 1)[1]
    now = garden.doors.clock()
    await garden.execute(
        "INSERT INTO devices (id, name, plant_id, mqtt_username, mqtt_client_id, mqtt_password_hash)"
        " VALUES ('dev_a', 'Sill', %s, 'dev_a', 'dev_a', 'x')",
        plant_id,
    )
    for days in (10, 5):  # from 30 to 70 %, and drying again
        await garden.execute(
            "INSERT INTO waterings (plant_id, at, source) VALUES (%s, %s, 'logged')",
            plant_id, now - timedelta(days=days),
        )  # fmt: skip
        await garden.execute(
            "INSERT INTO telemetry (time, device_id, plant_id, soil_moisture, received_at) SELECT t, 'dev_a', %s,"
            " CASE WHEN m < 0 THEN 30 ELSE 70 END, t FROM (SELECT %s::timestamptz + make_interval(mins => m) AS t, m"
            " FROM generate_series(-1440, 1440, 30) AS m) AS s",
            plant_id, now - timedelta(days=days),
        )  # fmt: skip
    ran = await garden("devices", "calibrate", "Sill", "--suggested", "--yes")
    assert ran.code == 0, ran.err
    assert "what it calls 30 % will be 0 %" in ran.err
    assert '"--dry 0 --wet 100" takes that back' in ran.err
    await garden("devices", "calibrate", "Sill", "--dry", "0", "--wet", "100")
    exported = (await garden("plants", "export", "Fern")).out
    assert {row["soil_moisture"] for row in csv.DictReader(exported.splitlines())} == {"30.0", "70.0"}
