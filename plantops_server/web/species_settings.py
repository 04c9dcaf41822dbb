"""The settings of species, for admins: the key of OpenPlantbook, from which species come that do not ship."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from plantops_api.wire import OpenPlantbookBody
from plantops_server.entrance.auth import Admin, HouseDep
from plantops_server.entrance.house import House
from plantops_server.errors import InvalidInput
from plantops_server.plants import species, species_settings
from plantops_server.web.acting import acted, body_of
from plantops_server.web.forms import FieldsDep
from plantops_server.web.pages import redirect, render

router = APIRouter(prefix="/settings/species", include_in_schema=False)

HOME = "/settings/species"


@router.get("")
async def settings_page(request: Request, house: HouseDep, _caller: Admin) -> Response:
    """Whether OpenPlantbook can be asked; the secret is masked."""
    async with house.db.connection() as conn:
        shown = await species_settings.shown(conn)
    return render(request, "species.html", settings=shown, shipped=len(species.shipped()))


@router.post("")
async def keep_key(house: HouseDep, _caller: Admin, fields: FieldsDep) -> Response:
    """Keep a key. An empty secret keeps the stored one, with the same client id alone."""

    async def work() -> None:
        if fields.text("client_id") is None:
            raise InvalidInput(
                problem="The client id is missing. Copy both from open.plantbook.io.", field="client_id"
            )
        await _replace(house, fields.text("client_id"), fields.text("client_secret"))

    return await acted(HOME, "Saved. Test it to see whether OpenPlantbook takes it.", work())


@router.post("/forget")
async def forget_key(house: HouseDep, _caller: Admin) -> Response:
    """Forget the key; what was fetched stays."""
    return await acted(HOME, "Forgotten. Species that were fetched stay.", _replace(house, None, None))


@router.post("/test")
async def check_key(house: HouseDep, _caller: Admin) -> Response:
    """Ask OpenPlantbook something cheap, and tell what really came back."""
    result = await species_settings.tested(house.db, house.vault, house.settings.openplantbook_url)
    if result.ok:
        return redirect(HOME, f"OpenPlantbook answered within {result.latency_ms} ms.")
    return redirect(HOME, result.error or "It did not answer.", "problem")


async def _replace(house: House, client_id: str | None, secret: str | None) -> None:
    """Raises InvalidInput."""
    body = body_of(OpenPlantbookBody, client_id=client_id, client_secret=secret)
    async with house.db.transaction() as conn:
        await species_settings.replace(conn, body, house.vault)
