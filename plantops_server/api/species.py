"""Doors to the plant knowledge: the shipped set, and what was fetched from OpenPlantbook."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter

from plantops_api.wire import Page, Species, SpeciesFetchBody, SpeciesLookupBody
from plantops_server.entrance.auth import HouseDep, Operator, Viewer
from plantops_server.entrance.house import House
from plantops_server.entrance.paging import PageDep
from plantops_server.errors import SpeciesNotFound
from plantops_server.plants import fetched, species_settings
from plantops_server.plants import species as species_set
from plantops_server.plants.openplantbook import OpenPlantbook

router = APIRouter(prefix="/api/species", tags=["species"])


@router.get("", response_model=Page[Species])
async def search_species(page: PageDep, house: HouseDep, _caller: Viewer) -> dict[str, Any]:
    """Species by any of their names, the best first; when none holds `q`, those that are spelled alike."""
    found = species_set.search(page.q, page.fetch, page.after)
    rows = [{**msgspec.to_builtins(f.species), "match": None if page.q is None else f.match} for f in found]
    if page.q is not None and page.after is None:
        async with house.db.connection() as conn:
            kept = await fetched.search(conn, page.q, page.fetch)
        similar_only = rows and rows[0]["match"] == "similar"
        rows = kept if kept and similar_only else [*kept, *rows]
    return page.page(rows, "id")


@router.get("/{species_id}", response_model=Species)
async def get_species(species_id: str, house: HouseDep, _caller: Viewer) -> Any:
    """One species with its ranges and sources."""
    if not species_id.startswith(fetched.PREFIX):
        return msgspec.to_builtins(species_set.get(species_id))
    async with house.db.connection() as conn:
        row = await fetched.get(conn, species_id)
    if row is None:
        raise SpeciesNotFound(id=species_id, hint='It was not fetched yet: "plantops species fetch" does.')
    return row


@router.post("/lookup", response_model=Page[Species])
async def look_species_up(body: SpeciesLookupBody, house: HouseDep, _caller: Operator) -> dict[str, Any]:
    """Ask OpenPlantbook for species by part of their name, with the owner's key: names only, `fetch` brings ranges."""
    found = await (await _provider(house)).search(body.name)
    return {
        "items": [{**msgspec.to_builtins(s), "origin": fetched.ORIGIN} for s in found], "next_cursor": None,
    }  # fmt: skip


@router.post("/fetch", response_model=Species)
async def fetch_species(body: SpeciesFetchBody, house: HouseDep, _caller: Operator) -> Any:
    """Fetch a species from OpenPlantbook and keep it with its date; one that is kept is not asked for again.

    Plants keep the limits that they have: a species that is fetched anew changes none of them.
    """
    species_id = f"{fetched.PREFIX}{body.id.removeprefix(fetched.PREFIX)}"
    if not body.refresh:
        async with house.db.connection() as conn:
            kept = await fetched.get(conn, species_id)
        if kept is not None:
            return kept
    now = house.clock()
    species, _left_out = await (await _provider(house)).fetch(
        body.id.removeprefix(fetched.PREFIX), now.date()
    )
    async with house.db.transaction() as conn:
        return await fetched.remember(conn, species, now)


async def _provider(house: House) -> OpenPlantbook:
    async with house.db.connection() as conn:
        key = await species_settings.key(conn, house.vault)
    return OpenPlantbook(key, house.settings.openplantbook_url)
