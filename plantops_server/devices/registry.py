"""Registered devices: their plant, their settings, their end. A decommissioned device is as good as unknown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from plantops_server.devices.sql import SQL
from plantops_server.errors import DeviceNotFound
from plantops_server.store.database import Connection

Row = dict[str, Any]

REENROLMENT_FOR = timedelta(hours=1)
"""How long an owner's "allow re-enrolment" waits for the device."""


async def get_device(conn: Connection, device_id: str) -> Row:
    """A device in use, with its credentials' hash. Raises DeviceNotFound."""
    row = await (await conn.execute(SQL["get_device"], {"id": device_id})).fetchone()
    if row is None:
        raise DeviceNotFound(id=device_id)
    return row


async def tie(conn: Connection, device_id: str, plant_id: str | None, now: datetime) -> set[str]:
    """Put a device into a plant, or into none; the ids of the plants that this concerns.

    Readings keep the plant that they were taken in. Raises DeviceNotFound.
    """
    device = await get_device(conn, device_id)
    await conn.execute(SQL["tie_device"], {"id": device_id, "plant_id": plant_id, "now": now})
    return {plant for plant in (device["plant_id"], plant_id) if plant is not None}


async def change(conn: Connection, device_id: str, changes: Mapping[str, Any]) -> Row:
    """Set the given ones of name, report_interval_s and calibration; the row as it was.

    A change that the device must know of is marked as not sent yet. Raises DeviceNotFound.
    """
    before = await get_device(conn, device_id)
    after = {key: changes.get(key, before[key]) for key in ("name", "report_interval_s", "calibration")}
    config_changed = any(after[key] != before[key] for key in ("report_interval_s", "calibration"))
    calibration = None if after["calibration"] is None else Jsonb(after["calibration"])
    values = {**after, "calibration": calibration, "config_changed": config_changed, "id": device_id}
    await conn.execute(SQL["change_device"], values)
    return before


async def change_password(conn: Connection, device_id: str, old_hash: str, new_hash: str) -> bool:
    """Replace the hash; False when it was another one already, or the device is gone."""
    values = {"id": device_id, "old": old_hash, "new": new_hash}
    return await (await conn.execute(SQL["change_password"], values)).fetchone() is not None


async def allow_reenrolment(conn: Connection, device_id: str, now: datetime) -> None:
    """Let the hardware register once more within the hour. Raises DeviceNotFound."""
    values = {"id": device_id, "until": now + REENROLMENT_FOR}
    if await (await conn.execute(SQL["allow_reenrolment"], values)).fetchone() is None:
        raise DeviceNotFound(id=device_id)


async def decommission(conn: Connection, device_id: str, now: datetime) -> str | None:
    """Take a device out of use; its readings stay. The plant that it sat in. Raises DeviceNotFound."""
    row = await (await conn.execute(SQL["decommission"], {"id": device_id, "now": now})).fetchone()
    if row is None:
        raise DeviceNotFound(id=device_id)
    plant_id: str | None = row["plant_id"]
    return plant_id


async def broker_accounts(conn: Connection) -> list[Row]:
    """Accounts that the broker should hold: id, mqtt_username, mqtt_client_id, mqtt_password_hash."""
    return await (await conn.execute(SQL["broker_accounts"])).fetchall()


async def pending_configs(conn: Connection) -> list[Row]:
    """Configurations that changed and that the broker does not have: id, report_interval_s, calibration."""
    return await (await conn.execute(SQL["pending_configs"])).fetchall()


async def config_sent(conn: Connection, row: Row) -> None:
    """The broker has this configuration now."""
    calibration = None if row["calibration"] is None else Jsonb(row["calibration"])
    await conn.execute(SQL["config_sent"], {**row, "calibration": calibration})
