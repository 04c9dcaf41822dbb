"""Read model of the care advisor: from a plant's id to the sheet of all that the advisor may know of it."""

from __future__ import annotations

from datetime import datetime, tzinfo

from plantops_server.advisor.sheet import FactSheet
from plantops_server.facts.gathering import gather
from plantops_server.facts.writing import sheet_of
from plantops_server.store.database import Connection

__all__ = ["fact_sheet"]


async def fact_sheet(conn: Connection, plant_id: str, now: datetime, zone: tzinfo) -> FactSheet:
    """The facts of one plant. The same database and the same hour give the same bytes: ages count from the full hour.

    ``zone`` is where days begin and end. Raises PlantNotFound.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    return sheet_of(await gather(conn, plant_id, hour, zone), hour, zone)
