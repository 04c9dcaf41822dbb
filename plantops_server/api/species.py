"""Doors to the plant knowledge: the shipped set, and what was fetched from OpenPlantbook."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter

from plantops_api.wire import Page, Species
from plantops_server.api.auth import Viewer
from plantops_server.api.paging import PageDep
from plantops_server.plants import species as species_set

router = APIRouter(prefix="/api/species", tags=["species"])


@router.get("", response_model=Page[Species])
async def search_species(page: PageDep, _caller: Viewer) -> dict[str, Any]:
    """Species by any of their names, the best first; when none holds `q`, those that are spelled alike."""
    found = species_set.search(page.q, page.fetch, page.after)
    named = page.q is not None
    return page.page(
        [{**msgspec.to_builtins(f.species), "match": f.match if named else None} for f in found], "id"
    )


@router.get("/{species_id}", response_model=Species)
async def get_species(species_id: str, _caller: Viewer) -> Any:
    """One species with its ranges and sources."""
    return msgspec.to_builtins(species_set.get(species_id))
