"""A sick probe, from the broker to the incident: one sensor fault, no alert about the plant, no faked health."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from plantops_server.telemetry import flags, rollups

Make = Callable[..., Any]
STEP = timedelta(minutes=10)


def readings(values: list[float], end: datetime) -> list[dict[str, Any]]:
    first = end - STEP * (len(values) - 1)
    return [
        {"ts": (first + STEP * n).isoformat(), "soil_moisture": value, "temperature": 20 + n % 7 / 10}
        for n, value in enumerate(values)
    ]


def drying(count: int) -> list[float]:
    return [round(50 - n / 50 + n % 3 / 20, 2) for n in range(count)]


async def test_a_probe_out_of_the_soil_is_one_incident_of_the_sensor_and_none_of_the_plant(
    greenhouse: Any, voice: Make
) -> None:
    plant = await greenhouse.plant(thresholds={"soil_moisture": {"min": 30}})
    pot = await greenhouse.pot(plant)
    now = datetime.now(UTC)
    async with greenhouse.ingesting():
        mouth = voice(pot)
        mouth.tell(readings(drying(60), now - 6 * STEP))
        await greenhouse.until("SELECT count(*) FROM telemetry", 60)
        for n in range(5, 1, -1):
            mouth.tell(readings([5.0 + n / 10], now - n * STEP))
        await greenhouse.until("SELECT count(*) FROM telemetry", 64)
        out = await greenhouse.rows("SELECT trust, health, open_incidents, soil_moisture FROM plant_state")
        alerts = await greenhouse.rows("SELECT kind, device_id, faults FROM alerts WHERE resolved_at IS NULL")
        bits = await greenhouse.rows("SELECT flags FROM telemetry ORDER BY time DESC LIMIT 4")
        mouth.tell(readings([48.7], now - STEP))
        await greenhouse.until("SELECT count(*) FROM telemetry", 65)
    (alert,) = alerts
    assert (alert["kind"], alert["faults"]) == ("sensor_fault", ["soil_moisture:out_of_soil"])
    assert [(s["trust"], s["health"], s["open_incidents"]) for s in out] == [("faulty", "unknown", 1)]
    assert out[0]["soil_moisture"] > 48
    assert all(row["flags"] & flags.OUT_OF_SOIL for row in bits)
    (state,) = await greenhouse.rows("SELECT trust, health, open_incidents FROM plant_state")
    assert (state["trust"], state["health"], state["open_incidents"]) == ("fresh", "ok", 0)
    (over,) = await greenhouse.rows("SELECT resolution FROM alerts")
    assert over["resolution"] == "the sensor is plausible again"


async def test_what_turns_out_to_be_stuck_leaves_the_roll_ups_again(greenhouse: Any, voice: Make) -> None:
    plant = await greenhouse.plant()
    pot = await greenhouse.pot(plant)
    now = datetime.now(UTC)
    stuck = [dict(reading, soil_moisture=48.0, temperature=20.0) for reading in readings([48.0] * 30, now)]
    async with greenhouse.ingesting():
        mouth = voice(pot)
        mouth.tell(readings(drying(100), now - 30 * STEP))
        mouth.tell(stuck[:6])
        await greenhouse.until("SELECT count(*) FROM telemetry", 106)
        async with greenhouse.db.transaction() as conn:
            await rollups.roll_up(conn)
        before = await greenhouse.one("SELECT sum(soil_moisture_count)::int FROM telemetry_half_hourly")
        mouth.tell(stuck[6:])
        await greenhouse.until("SELECT count(*) FROM telemetry", 130)
    async with greenhouse.db.transaction() as conn:
        await rollups.roll_up(conn)
    assert before == 106
    trusted = await greenhouse.one(
        "SELECT count(*)::int FROM telemetry WHERE flags & %s = 0", flags.UNTRUSTED
    )
    assert trusted == 101
    for table in ("telemetry_half_hourly", "telemetry_hourly"):
        assert await greenhouse.one(f"SELECT sum(soil_moisture_count)::int FROM {table}") == trusted  # noqa: S608
    assert await greenhouse.one("SELECT trust FROM plant_state") == "faulty"
