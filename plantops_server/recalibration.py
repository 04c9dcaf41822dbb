"""What another calibration means for other subjects: history, roll-ups, the plant's value and its incidents follow."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from plantops_api.wire import Calibration
from plantops_server.devices import registry as devices
from plantops_server.errors import InvalidInput
from plantops_server.plant_changes import judge_anew
from plantops_server.plants import registry as plants
from plantops_server.plants import state
from plantops_server.store import bell
from plantops_server.store.database import Connection
from plantops_server.telemetry import calibration as soil
from plantops_server.telemetry import endpoints

_MOST_WATERINGS = 60


async def suggestion(conn: Connection, device_id: str, now: datetime) -> dict[str, Any]:
    """Endpoints from the probe's own history, or why there are none (``wire.CalibrationSuggestion``).

    Raises DeviceNotFound.
    """
    plant_id = (await devices.get_device(conn, device_id))["plant_id"]
    known = plant_id and await plants.list_waterings(conn, plant_id, _MOST_WATERINGS, None, None)
    found = await endpoints.suggest(conn, device_id, [row["at"] for row in known or []], now)
    return found._asdict() | {"device_id": device_id}


def check_endpoints(calibration: Calibration) -> None:
    """Raises InvalidInput for endpoints between which nothing can be measured."""
    if not (math.isfinite(calibration.dry) and math.isfinite(calibration.wet)):
        raise InvalidInput(problem="calibration: dry and wet must be finite numbers.")
    if calibration.dry == calibration.wet:
        raise InvalidInput(
            problem="calibration: dry and wet are the same. Measure one in dry and one in wet soil."
        )


async def calibrate(
    conn: Connection, device_id: str, calibration: Calibration, now: datetime, *, rederive: bool
) -> None:
    """Set the endpoints of a device; with ``rederive`` its history is derived by them, too.

    Raises DeviceNotFound and InvalidInput.
    """
    check_endpoints(calibration)
    before = await devices.change(
        conn, device_id, {"calibration": calibration.model_dump(include={"dry", "wet"})}
    )
    if rederive:
        await derive_again(conn, device_id, before["plant_id"], calibration, now)
    await bell.ring(conn, "device", [device_id])
    await bell.ring(conn, "plant", [before["plant_id"]] if before["plant_id"] else [])


async def derive_again(
    conn: Connection, device_id: str, plant_id: str | None, calibration: Calibration, now: datetime
) -> None:
    """Derive the device's history by new endpoints; the value of its plant and what is wrong with it follow."""
    changed = await soil.rederive(conn, device_id, calibration.dry, calibration.wet)
    if not changed or plant_id is None:
        return
    await state.lock(conn, [plant_id])
    newest = await soil.newest_moisture(conn, plant_id)
    if newest is not None:
        await state.correct(conn, plant_id, "soil_moisture", *newest)
    await judge_anew(conn, await plants.get_plant(conn, plant_id), now)
