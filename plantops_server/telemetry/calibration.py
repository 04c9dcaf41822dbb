"""Soil probes count; two endpoints per device make per cent of it. What came is kept: it can be derived again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from plantops_server.store.database import Connection
from plantops_server.telemetry import flags, rollups
from plantops_server.telemetry.packets import Reading
from plantops_server.telemetry.statements import SQL


def calibrated(reading: Reading, calibration: Mapping[str, float] | None) -> Reading:
    """The reading with ``soil_moisture`` derived by the device's endpoints, and in ``soil_raw`` what came.

    ``calibration`` is {dry, wet} in what the probe counts in. A probe that sends per cent itself may be calibrated too:
    its endpoints then lie in 0..100.
    """
    if calibration is None:
        return reading
    dry, wet = calibration["dry"], calibration["wet"]
    raw = reading.soil_raw
    if raw is None and in_percent(dry, wet):
        raw = reading.soil_moisture
    if raw is None:
        return reading
    return reading._replace(soil_raw=raw, soil_moisture=moisture(raw, dry, wet))


def moisture(raw: float, dry: float, wet: float) -> float | None:
    """Per cent between the two endpoints, held within 0..100; None when they are the same."""
    if dry == wet:
        return None
    return min(max(100 * (raw - dry) / (wet - dry), 0.0), 100.0)


def in_percent(dry: float, wet: float) -> bool:
    """Whether endpoints are of a probe that sends per cent rather than counts."""
    return min(dry, wet) >= 0 and max(dry, wet) <= 100


async def rederive(conn: Connection, device_id: str, dry: float, wet: float) -> int:
    """Derive the soil moisture of everything that this device ever sent by new endpoints; how many readings changed.

    Roll-ups follow; plant state and incidents are the caller's.
    """
    cursor = await conn.execute(
        SQL["rederive_moisture"],
        {"device_id": device_id, "dry": dry, "wet": wet, "in_percent": in_percent(dry, wet)},
    )
    changed = [(row["plant_id"], row["time"]) for row in await cursor.fetchall()]
    await rollups.roll_again(conn, changed)
    return len(changed)


async def newest_moisture(conn: Connection, plant_id: str) -> tuple[float, datetime] | None:
    """The newest trusted soil moisture of a plant, and its time."""
    values = {"plant_id": plant_id, "untrusted": flags.UNTRUSTED}
    row = await (await conn.execute(SQL["newest_moisture"], values)).fetchone()
    return None if row is None else (row["soil_moisture"], row["time"])
