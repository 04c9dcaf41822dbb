"""The whole path of a reading: device, broker, transaction, acknowledgement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


async def test_a_reading_becomes_a_row_a_state_and_an_online_device(
    greenhouse: Any, voice: Callable[..., Any]
) -> None:
    plant = await greenhouse.plant()
    pot = await greenhouse.pot(plant)
    measured = ago(seconds=3)
    async with greenhouse.ingesting():
        voice(pot).tell(
            {"ts": measured, "soil_moisture": 41.2, "temperature": 22.4, "battery": 87, "rssi": -61}
        )
        await greenhouse.until("SELECT count(*) FROM telemetry", 1)
    (row,) = await greenhouse.rows()
    assert (row["device_id"], row["plant_id"], row["soil_moisture"]) == (pot.device_id, plant, 41.2)
    assert row["time"] == datetime.fromisoformat(measured)
    assert row["flags"] == 0
    (state,) = await greenhouse.rows("SELECT * FROM plant_state")
    assert (state["soil_moisture"], state["temperature"], state["battery"]) == (41.2, 22.4, 87)
    assert (state["health"], state["trust"], state["last_reading_at"]) == ("ok", "fresh", row["time"])
    (device,) = await greenhouse.rows("SELECT * FROM devices")
    assert (device["status"], device["battery"], device["rssi"]) == ("online", 87, -61)
