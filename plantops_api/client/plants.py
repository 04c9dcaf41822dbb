"""Plants: their cards, history, waterings and exports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from plantops_api import wire
from plantops_api.client.calls import Calls, iso, path_part


class PlantCalls(Calls):
    """Plants: their cards, history, waterings and exports."""

    async def list_plants(
        self, q: str | None = None, limit: int | None = None, *, archived: bool | None = None
    ) -> list[wire.PlantCard]:
        """Cards of all plants (or those whose text matches ``q``), following the pages."""
        return await self._list(wire.PlantCard, "/api/plants", limit, q=q, archived=archived)

    async def get_plant(self, plant_id: str) -> wire.Plant:
        """One plant with its devices and open alerts."""
        return await self._get(wire.Plant, f"/api/plants/{path_part(plant_id)}")

    async def create_plant(self, body: wire.PlantBody) -> wire.Plant:
        """Add a plant."""
        return await self._send(wire.Plant, "POST", "/api/plants", body)

    async def replace_plant(self, plant_id: str, body: wire.PlantBody) -> wire.Plant:
        """Replace what people say about a plant; an absent optional field is cleared."""
        return await self._send(wire.Plant, "PUT", f"/api/plants/{path_part(plant_id)}", body)

    async def delete_plant(self, plant_id: str) -> None:
        """Archive a plant; its readings stay."""
        await self._exchange.ask("DELETE", f"/api/plants/{path_part(plant_id)}")

    async def restore_plant(self, plant_id: str) -> wire.Plant:
        """Take archiving back; its devices must be tied anew."""
        return await self._send(wire.Plant, "POST", f"/api/plants/{path_part(plant_id)}/restore")

    async def plant_history(
        self,
        plant_id: str,
        range: str | None = None,  # noqa: A002 - the name of the query parameter
        *,
        metrics: list[str] | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        points: int | None = None,
    ) -> wire.History:
        """Readings of one plant in equal buckets: ``range`` is 24h, 7d, 30d or 1y, or give ``start`` and ``end``."""
        params = {
            "range": range,
            "metrics": ",".join(metrics) if metrics else None,
            "start": iso(start),
            "end": iso(end),
            "points": points,
        }
        return await self._get(wire.History, f"/api/plants/{path_part(plant_id)}/history", params)

    async def plant_devices(self, plant_id: str) -> list[wire.DeviceBrief]:
        """The devices that sit in one plant."""
        return await self._list(wire.DeviceBrief, f"/api/plants/{path_part(plant_id)}/devices", None)

    async def list_waterings(self, plant_id: str, limit: int | None = None) -> list[wire.Watering]:
        """Waterings of one plant, newest first."""
        return await self._list(wire.Watering, f"/api/plants/{path_part(plant_id)}/waterings", limit)

    async def log_watering(self, plant_id: str, body: wire.WateringBody) -> wire.Watering:
        """Log a watering by hand."""
        return await self._send(wire.Watering, "POST", f"/api/plants/{path_part(plant_id)}/waterings", body)

    async def take_watering_back(self, plant_id: str, watering_id: int) -> None:
        """Say that a watering was none, logged or found."""
        await self._exchange.ask("DELETE", f"/api/plants/{path_part(plant_id)}/waterings/{watering_id}")

    async def export_plant_csv(
        self, plant_id: str, *, start: datetime | None = None, end: datetime | None = None
    ) -> AsyncIterator[bytes]:
        """The stored readings of one plant as CSV, piece by piece, never whole in memory.

        Raises:
            ServerUnreachable: the stream broke; what came so far is incomplete.
        """
        path = f"/api/plants/{path_part(plant_id)}/export.csv"
        params = {"start": iso(start), "end": iso(end)}
        async with self._exchange.stream(path, params=params, headers={"Accept": "text/csv"}) as response:
            async for piece in response.aiter_bytes():
                yield piece

    async def threshold_what_if(
        self, plant_id: str, metric: str, low: float | None = None, high: float | None = None
    ) -> wire.WhatIf:
        """What these limits would have done in the last 30 days; None is no limit on that side."""
        params = {"metric": metric, "min": low, "max": high}
        return await self._get(wire.WhatIf, f"/api/plants/{path_part(plant_id)}/thresholds/what-if", params)

    async def species_diff(self, plant_id: str, species: str) -> wire.SpeciesDiff:
        """Which limits of a plant another species would change, and which are kept."""
        path = f"/api/plants/{path_part(plant_id)}/thresholds/species-diff"
        return await self._get(wire.SpeciesDiff, path, {"species": species})
