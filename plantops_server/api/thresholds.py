"""Doors that answer before limits are saved: what they would have done, and what another species would change."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from plantops_api.wire import SpeciesDiff, WhatIf
from plantops_server import what_if
from plantops_server.entrance.auth import HouseDep, Viewer
from plantops_server.plants import species_change

router = APIRouter(prefix="/api/plants/{plant_id}/thresholds", tags=["plants"])

PlantId = Annotated[str, Path(max_length=100, examples=["plt_4c7xq2…"])]


@router.get("/what-if", response_model=WhatIf)
async def threshold_what_if(
    plant_id: PlantId,
    house: HouseDep,
    _caller: Viewer,
    metric: Annotated[str, Query(max_length=60, examples=["soil_moisture"])],
    low: Annotated[float | None, Query(alias="min", description="Absent: no lower limit")] = None,
    high: Annotated[float | None, Query(alias="max", description="Absent: no upper limit")] = None,
) -> WhatIf:
    """How many alerts these limits would have opened in the last 30 days, beside the limits in force."""
    async with house.db.connection() as conn:
        return await what_if.what_if(conn, plant_id, metric, low, high, house.clock(), house.settings.zone)


@router.get("/species-diff", response_model=SpeciesDiff)
async def species_diff(
    plant_id: PlantId,
    house: HouseDep,
    _caller: Viewer,
    species: Annotated[str, Query(max_length=120, description="Empty: no species")],
) -> dict[str, Any]:
    """Which limits of the plant another species would change. Limits of its own are kept, whatever the species."""
    async with house.db.connection() as conn:
        return await species_change.diff(conn, plant_id, species)
