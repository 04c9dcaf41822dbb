"""Doors to the shipped plant knowledge."""

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
    """Species of which a scientific or common name contains `q`."""
    found = species_set.search(page.q, page.fetch, page.after)
    return page.page([msgspec.to_builtins(species) for species in found], "id")


@router.get("/{species_id}", response_model=Species)
async def get_species(species_id: str, _caller: Viewer) -> Any:
    """One species with its ranges and sources."""
    return msgspec.to_builtins(species_set.get(species_id))
