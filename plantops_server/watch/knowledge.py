"""What is learned of pots from their readings: waterings that were seen, and when the next one is due."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from plantops_server import standing
from plantops_server.incidents import lifecycle
from plantops_server.plants import outlooks, registry, watering, watering_log
from plantops_server.plants.forecast import HISTORY, Outlook, forecast
from plantops_server.store import bell
from plantops_server.store.database import Connection, Database
from plantops_server.telemetry import soil

log = structlog.get_logger(__name__)


class KnowledgeWatch:
    """Looks for waterings in what was received since the last look, then makes the forecasts that are due.

    The work on one plant is some 10 ms of CPU, on the loop that also answers requests. After each plant it rests
    ``rest`` times as long as that took: a page with a dozen queries must not wait for a dozen plants.
    """

    def __init__(self, db: Database, clock: Callable[[], datetime], rest: float = 1.0) -> None:
        self._db = db
        self._clock = clock
        self._rest = rest

    async def look(self) -> None:
        """One round: first the waterings, then every forecast that is due."""
        await self.find_waterings()
        began = time.monotonic()
        while await self.forecast():
            began = await self._let_pass(began)

    async def _let_pass(self, began: float) -> float:
        """Rest from work that ``began`` then; when work goes on, both on the monotonic clock."""
        await asyncio.sleep(self._rest * (time.monotonic() - began))
        return time.monotonic()

    async def find_waterings(self) -> int:
        """Look at every window that got readings since the last look; how many waterings were found.

        Each plant has a transaction of its own, so that ingest waits for none of them; what was looked at is written
        down after the last one, and a second look at the same window changes nothing.
        """
        now, count = self._clock(), 0
        async with self._db.transaction() as conn:
            since = await soil.claim(conn)
            if since is None:
                return 0
            until, touched = await soil.touched(conn, since)
            restless = await soil.restless(conn, touched, watering.HELD_FOR, watering.LEAST)
            began = time.monotonic()
            for plant_id, first in sorted(restless.items()):
                count += await self._look_at(plant_id, first - watering.HELD_FOR, now)
                began = await self._let_pass(began)
            await outlooks.ask(conn, list(touched), now)
            await soil.advance(conn, until)
        return count

    async def _look_at(self, plant_id: str, since: datetime, now: datetime) -> int:
        async with self._db.transaction() as conn:
            await standing.lock(conn, plant_id)
            probes = await soil.samples(conn, plant_id, since - watering.CONTEXT)
            reach = watering.before_gap(probes, since)
            if since - reach > watering.HELD_FOR:
                probes = await soil.samples(conn, plant_id, reach - watering.CONTEXT)
            found = watering.of_plant([watering.find_waterings(samples) for samples in probes])
            new = await watering_log.write_found(conn, plant_id, found, reach, now + timedelta(days=1))
            if new:
                await lifecycle.resolve_dry(conn, plant_id, new[-1].at, who=None)
                await standing.refresh(conn, [plant_id], now)
                await outlooks.ask(conn, [plant_id], now, at_once=True)
                await bell.ring(conn, "plant", [plant_id])
        if new:
            log.info("waterings found", plant=plant_id, count=len(new))
        return len(new)

    async def forecast(self) -> bool:
        """Make the forecast that is due longest; False when none is."""
        now = self._clock()
        async with self._db.transaction() as conn:
            plant_id = await outlooks.next_due(conn, now)
            if plant_id is None:
                return False
            limits = await registry.contexts(conn, [plant_id])
            dry = limits[0]["thresholds"].get("soil_moisture") if limits else None
            outlook = await self._outlook(conn, plant_id, dry.min if dry else None, now)
            if await outlooks.keep(conn, plant_id, outlook, now):
                await bell.ring(conn, "plant", [plant_id])
        return True

    async def _outlook(self, conn: Connection, plant_id: str, dry: float | None, now: datetime) -> Outlook:
        since = now - HISTORY
        levels = await soil.levels(conn, plant_id, since)
        return forecast(levels, await watering_log.watering_times(conn, plant_id, since, now), dry, now)
