"""A new curve for a soil probe: the device is told, history, plant and incidents follow, and it outlives a restart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plantops_server.devices import presence
from plantops_server.telemetry.calibration import calibrated
from plantops_server.telemetry.packets import parse_packet
from tests.devices.conftest import Nursery


async def calibrated_pot(nursery: Nursery) -> tuple[str, str]:
    """A device in a plant that wants 30 % at least, with raw readings of a day that nobody has calibrated yet."""
    made = await nursery.registered()
    answer = await nursery.admin.post(
        "/api/plants", json={"name": "Basil", "thresholds": {"soil_moisture": {"min": 30}}}
    )
    device_id, plant_id = made["device_id"], answer.json()["id"]
    await nursery.admin.post(f"/api/devices/{device_id}/provision", json={"plant_id": plant_id})
    async with nursery.db.transaction() as conn:
        for hour in range(24):
            await conn.execute(
                "INSERT INTO telemetry (time, device_id, plant_id, soil_raw, received_at) VALUES (%s, %s, %s, %s, %s)",
                (nursery.clock() - timedelta(hours=hour, minutes=1), device_id, plant_id, 2600.0, nursery.clock()),
            )  # fmt: skip
    return device_id, plant_id


async def moisture(nursery: Nursery, plant_id: str) -> Any:
    state = (await nursery.admin.get(f"/api/plants/{plant_id}")).json()["state"]
    return state.get("soil_moisture", {}).get("value")


async def test_a_new_curve_derives_history_plant_and_incidents_anew(nursery: Nursery) -> None:
    device_id, plant_id = await calibrated_pot(nursery)
    path = f"/api/devices/{device_id}/calibration"

    dry = await nursery.admin.post(path, json={"dry": 3000, "wet": 1000})
    assert dry.json()["calibration"] == {"dry": 3000, "wet": 1000}
    assert await moisture(nursery, plant_id) == 20
    assert {row["soil_moisture"] for row in await nursery.rows("SELECT soil_moisture FROM telemetry")} == {20}
    assert {r["m"] for r in await nursery.rows("SELECT soil_moisture_mean AS m FROM telemetry_hourly")} == {
        20
    }
    (alert,) = (await nursery.admin.get("/api/alerts")).json()["items"]
    assert (alert["kind"], alert["metric"]) == ("low", "soil_moisture")

    await nursery.admin.post(path, json={"dry": 4200, "wet": 1000})
    assert await moisture(nursery, plant_id) == 50
    assert (await nursery.admin.get("/api/alerts")).json()["items"] == []


async def test_history_stays_when_that_is_wished(nursery: Nursery) -> None:
    device_id, plant_id = await calibrated_pot(nursery)
    path = f"/api/devices/{device_id}/calibration"
    await nursery.admin.post(path, json={"dry": 3000, "wet": 1000})
    await nursery.admin.post(path, json={"dry": 4200, "wet": 1000, "rederive": False})
    assert await moisture(nursery, plant_id) == 20
    assert {row["soil_moisture"] for row in await nursery.rows("SELECT soil_moisture FROM telemetry")} == {20}


async def test_whoever_starts_anew_finds_the_curve(nursery: Nursery) -> None:
    device_id, _ = await calibrated_pot(nursery)
    await nursery.admin.post(f"/api/devices/{device_id}/calibration", json={"dry": 3000, "wet": 1000})
    async with nursery.db.transaction() as conn:
        found = (await presence.lock(conn, [device_id]))[device_id]
    (reading,) = parse_packet(b'{"soil_raw": 1500}', nursery.clock()).readings
    assert calibrated(reading, found.calibration).soil_moisture == 75


@pytest.mark.parametrize("body", [{"dry": 5, "wet": 5}, {"dry": 5}, {"dry": "NaN", "wet": 1}, {}])
async def test_ends_between_which_nothing_can_be_measured_are_refused(
    nursery: Nursery, body: dict[str, Any]
) -> None:
    device_id = (await nursery.registered())["device_id"]
    answer = await nursery.admin.post(f"/api/devices/{device_id}/calibration", json=body)
    assert answer.status_code == 422
    assert await nursery.rows("SELECT 1 FROM devices WHERE calibration IS NOT NULL") == []


async def test_ends_are_suggested_after_two_waterings_and_not_before(nursery: Nursery) -> None:
    device_id, plant_id = await calibrated_pot(nursery)
    path = f"/api/devices/{device_id}/calibration/suggestion"
    none = (await nursery.admin.get(path)).json()
    assert (none["dry"], none["waterings"]) == (None, 0)
    assert "two are needed" in none["reason"]

    async with nursery.db.transaction() as conn:
        await conn.execute("DELETE FROM telemetry")
        start = nursery.clock() - timedelta(days=24)
        for hour in range(24 * 24):
            dryness = hour % 192 / 192  # watered every eight days
            await conn.execute(
                "INSERT INTO telemetry (time, device_id, plant_id, soil_raw, received_at) VALUES (%s, %s, %s, %s, %s)",
                (start + timedelta(hours=hour), device_id, plant_id, 1200 + 1600 * dryness, nursery.clock()),
            )  # fmt: skip
        for day in (8, 16):
            await conn.execute(
                "INSERT INTO waterings (plant_id, at, source) VALUES (%s, %s, 'detected')",
                (plant_id, start + timedelta(days=day)),
            )
    found = (await nursery.admin.get(path)).json()
    assert (found["waterings"], found["unit"], found["reason"]) == (2, "counts", None)
    assert found["wet"] == pytest.approx(1300, abs=60)
    assert found["dry"] == pytest.approx(2800, abs=60)
    assert (await nursery.admin.get("/api/devices/dev_x/calibration/suggestion")).status_code == 404
