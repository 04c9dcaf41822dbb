"""What changing a device means for other subjects: its plants hear of it, and new endpoints re-derive its history."""

from __future__ import annotations

from datetime import datetime

from plantops_api.wire import DevicePatch
from plantops_server import recalibration
from plantops_server.devices import registry
from plantops_server.errors import InvalidInput
from plantops_server.plants import registry as plants
from plantops_server.store import bell
from plantops_server.store.database import Connection


async def change(conn: Connection, device_id: str, body: DevicePatch, now: datetime) -> None:
    """Change the fields that are given; a null clears name or calibration. ``send_pending_configs`` tells it.

    Raises DeviceNotFound and InvalidInput.
    """
    changes = body.model_dump(include=body.model_fields_set)
    if changes.get("report_interval_s", 0) is None:
        raise InvalidInput(problem="report_interval_s cannot be null. Give seconds, or leave it out.")
    if body.calibration is not None:
        recalibration.check_endpoints(body.calibration)
    before = await registry.change(conn, device_id, changes)
    if body.calibration is not None and changes["calibration"] != before["calibration"]:
        await recalibration.derive_again(conn, device_id, before["plant_id"], body.calibration, now)
    await bell.ring(conn, "device", [device_id])
    await bell.ring(conn, "plant", [before["plant_id"]] if before["plant_id"] else [])


async def tie(conn: Connection, device_id: str, plant_id: str | None, now: datetime) -> None:
    """Tie a device to a plant, or untie it with None; readings keep the plant in which they were taken.

    Raises DeviceNotFound and PlantNotFound.
    """
    if plant_id is not None:
        await plants.get_plant(conn, plant_id)
    touched = await registry.tie(conn, device_id, plant_id, now)
    await bell.ring(conn, "device", [device_id])
    await bell.ring(conn, "plant", touched)


async def allow_reenrolment(conn: Connection, device_id: str, now: datetime) -> None:
    """Let the same hardware register once more within the hour. Raises DeviceNotFound."""
    await registry.allow_reenrolment(conn, device_id, now)
    await bell.ring(conn, "device", [device_id])
