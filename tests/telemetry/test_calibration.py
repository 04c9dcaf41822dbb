"""Two endpoints make per cent of counts; what came is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plantops_server.store.database import Database
from plantops_server.telemetry import calibration, rollups
from plantops_server.telemetry.packets import Reading, parse_packet

NOW = datetime.now(UTC)


def reading(payload: bytes) -> Reading:
    return parse_packet(payload, NOW).readings[0]


@pytest.mark.parametrize(
    ("raw", "percent"), [(3000, 0), (1000, 100), (2000, 50), (3200, 0), (800, 100), (2500, 25)]
)
def test_counts_become_per_cent_between_the_endpoints(raw: float, percent: float) -> None:
    calibrated = calibration.calibrated(reading(b'{"soil_raw": %d}' % raw), {"dry": 3000, "wet": 1000})
    assert (calibrated.soil_raw, calibrated.soil_moisture) == (raw, percent)


def test_a_probe_that_sends_per_cent_is_calibrated_in_per_cent() -> None:
    calibrated = calibration.calibrated(reading(b'{"soil_moisture": 46}'), {"dry": 12, "wet": 80})
    assert (calibrated.soil_raw, calibrated.soil_moisture) == (46, 50)


def test_endpoints_in_counts_leave_per_cent_alone() -> None:
    came = reading(b'{"soil_moisture": 46}')
    assert calibration.calibrated(came, {"dry": 3000, "wet": 1000}) == came
    assert calibration.calibrated(came, None) == came


def test_endpoints_that_are_the_same_measure_nothing() -> None:
    assert calibration.calibrated(reading(b'{"soil_raw": 5}'), {"dry": 7, "wet": 7}).soil_moisture is None


async def test_history_is_derived_again_and_the_roll_ups_follow(
    db: Database, make_row: Any, keep: Any
) -> None:
    hour = NOW.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    await keep(
        [make_row(hour + timedelta(minutes=n), soil_raw=2000.0, soil_moisture=80.0) for n in range(3)]
        + [make_row(hour + timedelta(minutes=3), soil_moisture=77.0)]
        + [make_row(hour, device_id="dev_b", plant_id="plt_b", soil_raw=2000.0, soil_moisture=80.0)]
    )
    async with db.transaction() as conn:
        await rollups.roll_up(conn)
        assert await calibration.rederive(conn, "dev_a", dry=3000, wet=1000) == 3
    async with db.connection() as conn:
        rows = await (
            await conn.execute("SELECT soil_moisture FROM telemetry ORDER BY device_id, time")
        ).fetchall()
        assert [row["soil_moisture"] for row in rows] == [50, 50, 50, 77, 80]
        (a, b) = await (
            await conn.execute("SELECT soil_moisture_min AS low FROM telemetry_hourly ORDER BY plant_id")
        ).fetchall()
    assert (a["low"], b["low"]) == (50, 80)
