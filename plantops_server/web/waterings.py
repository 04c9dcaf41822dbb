"""The waterings of a plant, the form to log one, and the button that takes one back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from plantops_api import wire
from plantops_server import cards, plant_changes
from plantops_server.entrance.auth import HouseDep, Operator, Viewer
from plantops_server.entrance.house import House
from plantops_server.errors import InvalidInput
from plantops_server.plants import registry
from plantops_server.web.acting import acted, back, body_of
from plantops_server.web.forms import Fields, FieldsDep
from plantops_server.web.moments import Moments, moments_of
from plantops_server.web.pages import render
from plantops_server.web.plant import PlantId, heading

router = APIRouter(prefix="/plants/{plant_id}/waterings", include_in_schema=False)

WateringId = Annotated[str, Path(max_length=100)]

MOST = 200
"""Waterings on the page: two years of a thirsty plant."""


@router.get("")
async def waterings_page(request: Request, house: HouseDep, _caller: Viewer, plant_id: PlantId) -> Response:
    """The waterings, the newest first."""
    return render(request, "waterings.html", **await diary(house, plant_id, moments_of(request)))


async def diary(house: House, plant_id: str, moments: Moments) -> dict[str, Any]:
    """All that the template draws. Raises PlantNotFound."""
    async with house.db.connection() as conn:
        plant = wire.Plant.model_validate(
            await cards.plant(conn, plant_id, house.clock(), house.settings.zone)
        )
        rows = await registry.list_waterings(conn, plant_id, MOST, None, None)
    return {**heading(plant, moments), "waterings": [wire.Watering.model_validate(row) for row in rows]}


@router.post("")
async def log_watering(
    request: Request, house: HouseDep, caller: Operator, plant_id: PlantId, fields: FieldsDep
) -> Response:
    """Write a watering down: without a time it was just now."""

    async def work() -> None:
        body = body_of(
            wire.WateringBody, at=_moment(fields, moments_of(request)), note=fields.text("note"),
            amount_ml=fields.number("amount_ml", "Amount"),
        )  # fmt: skip
        async with house.db.transaction() as conn:
            await plant_changes.log_watering(conn, plant_id, body, caller.username, house.clock())

    place = back(fields, f"/plants/{plant_id}/waterings")
    return await acted(place, "Written down. The next watering is forecast anew in a moment.", work())


@router.post("/{watering_id}/remove")
async def take_watering_back(
    house: HouseDep, caller: Operator, plant_id: PlantId, watering_id: WateringId
) -> Response:
    """A watering was none."""

    async def work() -> None:
        async with house.db.transaction() as conn:
            await plant_changes.take_watering_back(
                conn, plant_id, watering_id, caller.username, house.clock()
            )

    return await acted(
        f"/plants/{plant_id}/waterings", "Taken back. The next watering is forecast anew in a moment.", work()
    )


def _moment(fields: Fields, moments: Moments) -> datetime | None:
    """What a datetime-local field holds, on the clock of the page; None: now."""
    given = fields.text("at")
    if given is None:
        return None
    try:
        return datetime.fromisoformat(given).replace(tzinfo=moments.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(
            problem=f"When: {given[:40]!r} is no date and time. Write it like 2026-11-24T18:30."
        ) from None
