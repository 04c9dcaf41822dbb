"""Doors for the key of OpenPlantbook, from which species come that do not ship."""

from __future__ import annotations

from fastapi import APIRouter

from plantops_api.wire import OpenPlantbookBody, SpeciesProviderTest, SpeciesSettings
from plantops_server.entrance.auth import Admin, HouseDep
from plantops_server.plants import species_settings

router = APIRouter(prefix="/api/settings/species", tags=["species"])


@router.get("", response_model=SpeciesSettings)
async def get_species_settings(house: HouseDep, _caller: Admin) -> SpeciesSettings:
    """Whether OpenPlantbook can be asked, and how many species were fetched. The secret is masked."""
    async with house.db.connection() as conn:
        return await species_settings.shown(conn)


@router.put("", response_model=SpeciesSettings)
async def put_species_settings(body: OpenPlantbookBody, house: HouseDep, _caller: Admin) -> SpeciesSettings:
    """Set the key of an OpenPlantbook account, or forget it. What was fetched stays."""
    async with house.db.transaction() as conn:
        return await species_settings.replace(conn, body, house.vault)


@router.post("/test", response_model=SpeciesProviderTest)
async def check_species_settings(house: HouseDep, _caller: Admin) -> SpeciesProviderTest:
    """Ask OpenPlantbook something cheap with this key, and answer what really came back."""
    return await species_settings.tested(house.db, house.vault, house.settings.openplantbook_url)
