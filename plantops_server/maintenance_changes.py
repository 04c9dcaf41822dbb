"""Maintenance as plants know it: one that is told nothing about has a name, and its card tells of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from plantops_api.wire import MaintenanceBody
from plantops_server import triage
from plantops_server.incidents import maintenance
from plantops_server.plants import registry
from plantops_server.store.bell import ring
from plantops_server.store.database import Connection

Row = dict[str, Any]


async def active(conn: Connection, now: datetime) -> list[Row]:
    """What is in maintenance now (``wire.Maintenance``), the whole installation first."""
    rows = await maintenance.active(conn, now)
    names = await registry.names(conn, [row["plant_id"] for row in rows if row["plant_id"] is not None])
    return [{**row, "plant_name": names.get(row["plant_id"])} for row in rows]


async def begin(
    conn: Connection, plant_id: str | None, body: MaintenanceBody, who: str, now: datetime
) -> Row:
    """Tell nothing about a plant (None: about anything) for a while; incidents are recorded all the same.

    Raises InvalidInput and PlantNotFound.
    """
    until = triage.end_of(body, now)
    name = await _name(conn, plant_id)
    row = await maintenance.begin(conn, plant_id, until, body.note, who, now)
    await _ring(conn, plant_id)
    return {**row, "plant_name": name}


async def end(conn: Connection, plant_id: str | None, now: datetime) -> None:
    """Tell again, also what opened meanwhile and is still open. Without maintenance nothing changes.

    Raises PlantNotFound.
    """
    await _name(conn, plant_id)
    if await maintenance.end(conn, plant_id, now):
        await _ring(conn, plant_id)


async def _name(conn: Connection, plant_id: str | None) -> str | None:
    """The plant's name; raises PlantNotFound."""
    return None if plant_id is None else str((await registry.get_plant(conn, plant_id))["name"])


async def _ring(conn: Connection, plant_id: str | None) -> None:
    """The cards that show it changed: one plant's, or everybody's."""
    await ring(conn, "plant", [plant_id] if plant_id is not None else await registry.ids(conn))
