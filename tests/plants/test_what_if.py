"""What other limits, or another species, would mean for a plant: asked before anything is saved."""

from __future__ import annotations

import time
from typing import Any

import httpx2
import pytest

from plantops_api.wire import SpeciesDiff, WhatIf
from plantops_server.telemetry import flags, rollups
from tests.running_server import Doors


async def plant(client: httpx2.AsyncClient, **fields: Any) -> str:
    answer = await client.post("/api/plants", json={"name": "Fern", **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def measured(
    doors: Doors, plant_id: str, minutes: int, value: str, days: int = 30, bits: int = 0
) -> None:
    """Readings up to now, one every ``minutes``; ``value`` is SQL over ``n``, the number of hours ago."""
    async with doors.house.db.transaction() as conn:
        await conn.execute(
            "INSERT INTO telemetry (time, device_id, plant_id, soil_moisture, received_at, flags)"  # noqa: S608
            f" SELECT t, 'dev_1', %(plant)s, {value}, t, %(bits)s FROM (SELECT %(now)s::timestamptz -"
            " make_interval(mins => m) AS t, m / 60.0 AS n FROM"
            " generate_series(1, %(most)s, %(step)s) AS m) AS s",
            {"plant": plant_id, "now": doors.clock(), "most": days * 1440, "step": minutes, "bits": bits},
        )


async def asked(client: httpx2.AsyncClient, plant_id: str, **limits: Any) -> WhatIf:
    params = {"metric": "soil_moisture", **limits}
    answer = await client.get(f"/api/plants/{plant_id}/thresholds/what-if", params=params)
    assert answer.status_code == 200, answer.text
    return WhatIf.model_validate(answer.json())


async def test_it_counts_what_the_new_limits_would_have_opened_beside_those_in_force(doors: Doors) -> None:
    client = await doors.client("operator")
    fern = await plant(client, thresholds={"soil_moisture": {"min": 10}})
    # Dries from 60 to 12 in four days, again and again: seven and a half times in 30 days.
    await measured(doors, fern, 30, "12 + (n::numeric %% 96) / 2")
    viewer = await doors.client("viewer")
    found = await asked(viewer, fern, min=30, max=80)
    assert (found.proposed.alerts, found.current and found.current.alerts) == (8, 0)
    assert found.proposed.hours_low == pytest.approx(8 * 36, rel=0.05)
    assert found.hours_known == pytest.approx(720, rel=0.01)
    assert found.current_source == "user"
    assert found.bucket_s is None
    assert (await viewer.get(f"/api/plants/{fern}")).json()["own_thresholds"] == {
        "soil_moisture": {"min": 10}
    }


async def test_flagged_readings_count_for_nothing(doors: Doors) -> None:
    client = await doors.client("operator")
    fern = await plant(client)
    await measured(doors, fern, 30, "5", bits=flags.SUSPECT)
    found = await asked(client, fern, min=30)
    assert (found.readings, found.proposed.alerts, found.proposed.hours_low) == (0, 0, 0)


async def test_thirty_days_of_five_minutes_answer_within_200_ms(doors: Doors) -> None:
    client = await doors.client("operator")
    fern = await plant(client)
    await measured(doors, fern, 5, "40 + 20 * sin(n / 9)")
    await asked(client, fern, min=30, max=55)
    took = []
    for _ in range(3):
        start = time.perf_counter()
        found = await asked(client, fern, min=30, max=55)
        took.append(time.perf_counter() - start)
    assert (found.readings, found.bucket_s) == (8640, None)
    assert min(took) < 0.2, took


async def test_a_probe_that_reports_every_minute_is_judged_in_buckets(doors: Doors) -> None:
    client = await doors.client("operator")
    fern = await plant(client)
    await measured(doors, fern, 1, "40 + 20 * sin(n / 9)", days=7)
    found = await asked(client, fern, min=30)
    assert found.bucket_s == 300
    assert found.hours_known == pytest.approx(168, rel=0.01)
    assert found.proposed.alerts == 3


async def air(doors: Doors, plant_id: str, temperature: str, light: str) -> None:
    """A reading every 30 minutes of 30 days and what they roll up to; SQL over ``n``, the number of hours ago."""
    async with doors.house.db.transaction() as conn:
        await conn.execute(
            "INSERT INTO telemetry (time, device_id, plant_id, temperature, humidity, light_level, received_at)"  # noqa: S608
            f" SELECT t, 'dev_1', %(plant)s, {temperature}, 50, {light}, clock_timestamp() FROM (SELECT"
            " %(now)s::timestamptz - make_interval(mins => m) AS t, m / 60.0 AS n FROM"
            " generate_series(1, 43200, 30) AS m) AS s",
            {"plant": plant_id, "now": doors.clock()},
        )
        await rollups.roll_up(conn)


async def test_vpd_is_judged_from_temperature_and_humidity_of_one_time(doors: Doors) -> None:
    client = await doors.client("operator")
    fern = await plant(client)
    # 30 °C (2.12 kPa) for twelve hours in every four days, else 20 °C (1.17 kPa), at 50 %.
    await air(doors, fern, "CASE WHEN n::numeric %% 96 < 12 THEN 30 ELSE 20 END", "0")
    found = await asked(client, fern, metric="vpd", max=1.6)
    assert (found.proposed.alerts, found.current, found.readings) == (8, None, 1440)
    assert found.proposed.hours_high == pytest.approx(8 * 12, rel=0.05)


async def test_light_is_judged_by_whole_days_and_only_too_little_opens_an_alert(doors: Doors) -> None:
    client = await doors.client("operator")
    fern = await plant(client, thresholds={"dli": {"min": 1, "max": 8}})
    # 5,000 lx day and night are 8 mol/m²; ten days ago, and for ten days, it was a tenth of that.
    await air(doors, fern, "20", "CASE WHEN n BETWEEN 240 AND 480 THEN 500 ELSE 5000 END")
    found = await asked(client, fern, metric="dli", min=6)
    assert (found.proposed.alerts, found.current and found.current.alerts) == (1, 1)
    assert 9 * 24 <= found.proposed.hours_low <= 11 * 24  # the days it began and ended in too
    assert found.proposed.longest_h == found.proposed.hours_low
    assert found.readings in (28, 29, 30)
    assert found.bucket_s == 86_400
    assert (await asked(client, fern, metric="dli", max=1)).proposed.alerts == 0


@pytest.mark.parametrize(
    ("asking", "status", "words"),
    [
        ({"metric": "soil_moisture", "min": 60, "max": 30}, 422, "not below"),
        ({"metric": "soil_moisture", "min": "nan"}, 422, "0 to 100"),
        ({"metric": "happiness"}, 422, "Choose among soil_moisture"),
        ({"metric": "battery", "min": 3}, 422, "not judged"),
    ],
)
async def test_what_cannot_be_answered_is_said(
    doors: Doors, asking: dict[str, Any], status: int, words: str
) -> None:
    client = await doors.client("operator")
    fern = await plant(client)
    answer = await client.get(f"/api/plants/{fern}/thresholds/what-if", params=asking)
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert (await client.get("/api/plants/plt_x/thresholds/what-if", params=asking)).status_code in (404, 422)


async def test_another_species_is_a_diff_and_ones_own_limits_stay(doors: Doors) -> None:
    client = await doors.client("operator")
    aloe = await plant(client, species="Aloe vera", thresholds={"humidity": {"min": 33}})
    answer = await client.get(
        f"/api/plants/{aloe}/thresholds/species-diff", params={"species": "Nephrolepis exaltata"}
    )
    diff = SpeciesDiff.model_validate(answer.json())
    changed = {change.metric: change for change in diff.changes}
    assert diff.matched is not None
    assert diff.matched.id == "nephrolepis-exaltata"
    assert {"soil_moisture", "temperature", "dli"} <= changed.keys()
    assert "humidity" not in changed
    assert diff.kept == ["humidity"]
    body = {"name": "Fern", "species": "Nephrolepis exaltata", "thresholds": {"humidity": {"min": 33}}}
    after = (await client.put(f"/api/plants/{aloe}", json=body)).json()
    assert after["thresholds"]["humidity"]["min"] == 33
    assert after["thresholds"]["humidity"]["source"] == "user"
    moist = changed["soil_moisture"].after
    assert moist is not None
    assert after["thresholds"]["soil_moisture"]["min"] == moist.min


async def test_a_species_that_nobody_knows_names_what_is_spelled_alike(doors: Doors) -> None:
    client = await doors.client("operator")
    fern = await plant(client, species="Nephrolepis exaltata")
    answer = await client.get(
        f"/api/plants/{fern}/thresholds/species-diff", params={"species": "Monstera delicosa"}
    )
    diff = SpeciesDiff.model_validate(answer.json())
    assert diff.matched is None
    assert "Monstera deliciosa" in diff.nearest
    assert {c.after.source for c in diff.changes if c.after} == {"default"}


async def test_accepting_a_proposal_keeps_the_advisor_as_its_source(doors: Doors) -> None:
    client = await doors.client("operator")
    fern = await plant(client)
    limits = {"humidity": {"min": 45, "max": 80, "source": "advisor"}}
    after = (await client.put(f"/api/plants/{fern}", json={"name": "Fern", "thresholds": limits})).json()
    assert after["thresholds"]["humidity"]["source"] == "advisor"
    doors.clock.advance(days=2)
    echoed = {"name": "Fern", "notes": "repotted", "thresholds": after["own_thresholds"]}
    later = (await client.put(f"/api/plants/{fern}", json=echoed)).json()
    assert later["thresholds"]["humidity"] == after["thresholds"]["humidity"]
