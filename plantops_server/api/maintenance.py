"""Doors for maintenance: for a while nothing is told, about one plant or about anything."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from plantops_api.wire import Maintenance, MaintenanceBody, Page
from plantops_server import maintenance_changes
from plantops_server.entrance.auth import HouseDep, Operator, Viewer
from plantops_server.entrance.house import House

router = APIRouter(tags=["alerts"])

PlantId = Annotated[str, Path(max_length=100, examples=["plt_4c7xq2…"])]


@router.get("/api/maintenance", response_model=Page[Maintenance])
async def list_maintenance(house: HouseDep, _caller: Viewer) -> dict[str, Any]:
    """What is in maintenance now; the whole installation has no `plant_id`."""
    async with house.db.connection() as conn:
        items = await maintenance_changes.active(conn, house.clock())
    return {"items": items, "next_cursor": None}


@router.post("/api/maintenance", response_model=Maintenance)
async def begin_maintenance(body: MaintenanceBody, house: HouseDep, caller: Operator) -> dict[str, Any]:
    """Tell nothing at all until then. Incidents are recorded; those still open are told at its end."""
    return await _begin(house, None, body, caller.username)


@router.delete("/api/maintenance", status_code=204)
async def end_maintenance(house: HouseDep, _caller: Operator) -> Response:
    """Tell again. Without maintenance nothing changes."""
    return await _end(house, None)


@router.post("/api/plants/{plant_id}/maintenance", response_model=Maintenance)
async def begin_plant_maintenance(
    plant_id: PlantId, body: MaintenanceBody, house: HouseDep, caller: Operator
) -> dict[str, Any]:
    """Tell nothing about this plant until then. Incidents are recorded; those still open are told at its end."""
    return await _begin(house, plant_id, body, caller.username)


@router.delete("/api/plants/{plant_id}/maintenance", status_code=204)
async def end_plant_maintenance(plant_id: PlantId, house: HouseDep, _caller: Operator) -> Response:
    """Tell about this plant again. Without maintenance nothing changes."""
    return await _end(house, plant_id)


async def _begin(house: House, plant_id: str | None, body: MaintenanceBody, who: str) -> dict[str, Any]:
    async with house.db.transaction() as conn:
        return await maintenance_changes.begin(conn, plant_id, body, who, house.clock())


async def _end(house: House, plant_id: str | None) -> Response:
    async with house.db.transaction() as conn:
        await maintenance_changes.end(conn, plant_id, house.clock())
    return Response(status_code=204)
