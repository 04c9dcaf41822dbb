"""Batteries that run low, and what ailed devices that are gone or sit elsewhere by now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from plantops_server import standing
from plantops_server.devices import fleet
from plantops_server.devices.fleet import Place
from plantops_server.incidents import battery, lifecycle
from plantops_server.incidents.battery import BatteryLevel
from plantops_server.incidents.breach import PlantContext
from plantops_server.plants import state
from plantops_server.store.database import Connection, Database
from plantops_server.telemetry import battery as telemetry_battery


class BatteryWatch:
    """Looks at the batteries of all devices in use."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    async def look(self) -> None:
        """One round, in one transaction."""
        now = self._clock()
        async with self._db.transaction() as conn:
            places = await fleet.places(conn)
            of_plants = sorted({p.plant_id for p in places.values() if p.plant_id is not None})
            contexts = await standing.contexts_of(conn, of_plants)
            levels = await _levels(conn, places, await _worth_a_look(conn, places, contexts), now)
            concerned = {level.plant_id for level in levels if level.plant_id is not None}
            await state.lock(conn, concerned)
            await battery.judge_batteries(conn, levels, contexts, now)
            left = await lifecycle.resolve_removed(conn, {i: p.plant_id for i, p in places.items()}, now)
            await standing.refresh(conn, {*concerned, *left}, now)


async def _worth_a_look(
    conn: Connection, places: Mapping[str, Place], contexts: Mapping[str, PlantContext]
) -> list[str]:
    """Devices whose last word is near their limit, and those with an open incident: few, so their history is read."""
    is_open = await battery.open_devices(conn)
    return [
        device_id
        for device_id, place in places.items()
        if device_id in is_open
        or (
            place.battery is not None
            and place.battery < battery.limit_of(contexts.get(place.plant_id or "")) + battery.CLEARANCE
        )
    ]


async def _levels(
    conn: Connection, places: Mapping[str, Place], wanted: list[str], now: datetime
) -> list[BatteryLevel]:
    found = await telemetry_battery.levels(conn, wanted, now) if wanted else {}
    return [
        BatteryLevel(i, places[i].name, places[i].plant_id, level.median, level.newest)
        for i, level in sorted(found.items())
    ]
