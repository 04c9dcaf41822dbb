"""Species, shipped or from OpenPlantbook, and the key with which that is asked."""

from __future__ import annotations

from plantops_api import wire
from plantops_api.client.calls import Calls, path_part


class SpeciesCalls(Calls):
    """Species, shipped or from OpenPlantbook, and the key with which that is asked."""

    async def search_species(self, q: str | None = None, limit: int | None = None) -> list[wire.Species]:
        """Species of the shipped set whose scientific or common name matches."""
        return await self._list(wire.Species, "/api/species", limit, q=q)

    async def get_species(self, species_id: str) -> wire.Species:
        """One species."""
        return await self._get(wire.Species, f"/api/species/{path_part(species_id)}")

    async def look_species_up(self, name: str) -> list[wire.Species]:
        """Ask OpenPlantbook, with the owner's key, for species by part of their name."""
        body = wire.SpeciesLookupBody(name=name)
        return (await self._send(wire.Page[wire.Species], "POST", "/api/species/lookup", body)).items

    async def fetch_species(self, species_id: str, *, refresh: bool = False) -> wire.Species:
        """Fetch a species from OpenPlantbook and keep it."""
        body = wire.SpeciesFetchBody(id=species_id, refresh=refresh)
        return await self._send(wire.Species, "POST", "/api/species/fetch", body)

    async def get_species_settings(self) -> wire.SpeciesSettings:
        """Whether OpenPlantbook can be asked; its secret is masked."""
        return await self._get(wire.SpeciesSettings, "/api/settings/species")

    async def replace_species_settings(self, body: wire.OpenPlantbookBody) -> wire.SpeciesSettings:
        """Set or forget the key of OpenPlantbook."""
        return await self._send(wire.SpeciesSettings, "PUT", "/api/settings/species", body)

    async def check_species_settings(self) -> wire.SpeciesProviderTest:
        """Ask OpenPlantbook something cheap, and tell what really came back."""
        return await self._send(wire.SpeciesProviderTest, "POST", "/api/settings/species/test")
