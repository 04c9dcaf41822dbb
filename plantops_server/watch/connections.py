"""Devices whose connection holds again after it was lost too often."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from plantops_server import standing
from plantops_server.devices import steadiness
from plantops_server.incidents import flapping
from plantops_server.plants import state
from plantops_server.store.database import Database


class ConnectionWatch:
    """Looks whether those that were told of are calm by now. Ingest finds who is not."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    async def look(self) -> None:
        """One round, in one transaction when there is anything to close."""
        now = self._clock()
        async with self._db.connection() as conn:
            told = await flapping.open_devices(conn)
            calm = told.keys() - await steadiness.flapping(conn, told, now) if told else set()
        if not calm:
            return
        plants = {plant_id for device_id in calm if (plant_id := told[device_id]) is not None}
        async with self._db.transaction() as conn:
            await state.lock(conn, plants)
            await flapping.resolve_flapping(conn, calm, now)
            await standing.refresh(conn, plants, now)
