"""The forms to add and change a plant, and the way to the archive and back."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from plantops_api import wire
from plantops_server import cards, plant_changes
from plantops_server.entrance.auth import HouseDep, Operator
from plantops_server.entrance.house import House
from plantops_server.errors import InvalidInput
from plantops_server.plants import registry, species
from plantops_server.store import bell
from plantops_server.web.acting import acted, body_of
from plantops_server.web.forms import Fields, FieldsDep
from plantops_server.web.maintenance import LENGTHS
from plantops_server.web.moments import moments_of
from plantops_server.web.pages import redirect, render
from plantops_server.web.plant import PlantId, heading

router = APIRouter(prefix="/plants", include_in_schema=False)

_FIELDS = ("name", "species", "location", "notes")


@router.get("/new")
async def new_plant(request: Request, _caller: Operator) -> Response:
    """The form of a plant that there is not yet."""
    return _form(request, "plant_new.html", dict.fromkeys(_FIELDS, ""))


@router.post("/new")
async def add_plant(house: HouseDep, caller: Operator, fields: FieldsDep) -> Response:
    """Add it and go to its page."""
    body = body_of(wire.PlantBody, **_given(fields))
    async with house.db.transaction() as conn:
        row = await registry.create_plant(conn, body, house.clock(), caller.username)
        await bell.ring(conn, "plant", [row["id"]])
    return redirect(f"/plants/{row['id']}", f"{body.name} is here. Now tie a device to it.")


@router.get("/{plant_id}/edit")
async def edit_plant(request: Request, house: HouseDep, _caller: Operator, plant_id: PlantId) -> Response:
    """The form of a plant."""
    plant = await _plant(house, plant_id)
    values = {name: getattr(plant, name) or "" for name in _FIELDS}
    return _form(request, "plant_edit.html", values, lengths=LENGTHS, **heading(plant, moments_of(request)))


@router.post("/{plant_id}/edit")
async def change_plant(house: HouseDep, caller: Operator, plant_id: PlantId, fields: FieldsDep) -> Response:
    """Change what the form shows; the limits stay, and follow another species where they are not the person's own."""
    async with house.db.transaction() as conn:
        row = await cards.plant(conn, plant_id, house.clock(), house.settings.zone)
        body = body_of(wire.PlantBody, **_given(fields), thresholds=row["own_thresholds"])
        await plant_changes.replace_plant(conn, plant_id, body, house.clock(), caller.username)
    return redirect(f"/plants/{plant_id}", "Saved.")


@router.post("/{plant_id}/archive")
async def archive(house: HouseDep, caller: Operator, plant_id: PlantId) -> Response:
    """Take it off the dashboard."""

    async def work() -> None:
        async with house.db.transaction() as conn:
            await plant_changes.archive_plant(conn, plant_id, caller.username, house.clock())

    return await acted(
        f"/plants/{plant_id}", "Archived. Its history stays, and it can be taken back.", work()
    )


@router.post("/{plant_id}/restore")
async def restore(house: HouseDep, _caller: Operator, plant_id: PlantId) -> Response:
    """Take archiving back."""

    async def work() -> None:
        async with house.db.transaction() as conn:
            await plant_changes.restore_plant(conn, plant_id, house.clock())

    return await acted(f"/plants/{plant_id}", "It is back on the dashboard. Tie its devices anew.", work())


async def _plant(house: House, plant_id: str) -> wire.Plant:
    async with house.db.connection() as conn:
        return wire.Plant.model_validate(
            await cards.plant(conn, plant_id, house.clock(), house.settings.zone)
        )


def _given(fields: Fields) -> dict[str, str | None]:
    """What the form holds. Raises InvalidInput without a name."""
    if fields.text("name") is None:
        raise InvalidInput(problem="A plant needs a name. Give it one that you will recognise.", field="name")
    return {name: fields.text(name) for name in _FIELDS}


def _form(request: Request, template: str, values: dict[str, str], **context: Any) -> Response:
    names = [one.scientific_name for one in species.shipped()]
    return render(request, template, values=values, species_names=names, **context)
