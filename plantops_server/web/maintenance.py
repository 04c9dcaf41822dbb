"""Forms for maintenance: for a while nothing is told, about one plant or about anything."""

from __future__ import annotations

from fastapi import APIRouter, Response

from plantops_api.wire import MaintenanceBody
from plantops_server import maintenance_changes
from plantops_server.entrance.auth import HouseDep, Operator
from plantops_server.entrance.house import House
from plantops_server.errors import InvalidInput
from plantops_server.web.acting import acted, back, body_of
from plantops_server.web.forms import Fields, FieldsDep
from plantops_server.web.plant import PlantId

router = APIRouter(include_in_schema=False)

LENGTHS = (
    (3_600, "for an hour"), (14_400, "for 4 hours"), (86_400, "for a day"), (259_200, "for 3 days"),
    (604_800, "for a week"), (2_592_000, "for 30 days"),
)  # fmt: skip
"""How long nobody wants to hear of something, in s."""
_AGAIN = "Told again from now on, also what opened meanwhile and is still open."


@router.post("/alerts/maintenance")
async def begin_for_all(house: HouseDep, caller: Operator, fields: FieldsDep) -> Response:
    """Tell nothing at all for a while."""
    place = back(fields, "/alerts")
    return await acted(place, "Nothing is told for now.", _begin(house, None, fields, caller.username))


@router.post("/alerts/maintenance/end")
async def end_for_all(house: HouseDep, _caller: Operator) -> Response:
    """Tell again."""
    return await acted("/alerts", _AGAIN, _end(house, None))


@router.post("/plants/{plant_id}/maintenance")
async def begin_for_plant(
    house: HouseDep, caller: Operator, plant_id: PlantId, fields: FieldsDep
) -> Response:
    """Tell nothing about a plant for a while."""
    work = _begin(house, plant_id, fields, caller.username)
    place = back(fields, f"/plants/{plant_id}")
    return await acted(place, "Nothing is told about it for now.", work)


@router.post("/plants/{plant_id}/maintenance/end")
async def end_for_plant(house: HouseDep, _caller: Operator, plant_id: PlantId) -> Response:
    """Tell about a plant again."""
    return await acted(f"/plants/{plant_id}", _AGAIN, _end(house, plant_id))


async def _begin(house: House, plant_id: str | None, fields: Fields, who: str) -> None:
    """Raises InvalidInput and PlantNotFound."""
    seconds = fields.number("seconds", "How long")
    if seconds is None:
        raise InvalidInput(problem="Choose for how long; nothing was changed.", field="seconds")
    body = body_of(MaintenanceBody, seconds=round(seconds), note=fields.text("note"))
    async with house.db.transaction() as conn:
        await maintenance_changes.begin(conn, plant_id, body, who, house.clock())


async def _end(house: House, plant_id: str | None) -> None:
    """Raises PlantNotFound."""
    async with house.db.transaction() as conn:
        await maintenance_changes.end(conn, plant_id, house.clock())
