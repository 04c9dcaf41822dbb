"""Days with too little light, judged once they are over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from plantops_server import standing
from plantops_server.incidents import light
from plantops_server.plants import registry, state
from plantops_server.store.database import Database
from plantops_server.telemetry import dli

AFTER_MIDNIGHT = timedelta(hours=1)
"""A day is judged this long after its end: its last half-hours must be rolled up."""


class LightWatch:
    """Looks at the light of yesterday, by the calendar of ``zone``."""

    def __init__(self, db: Database, clock: Callable[[], datetime], zone: tzinfo) -> None:
        self._db = db
        self._clock = clock
        self._zone = zone

    async def look(self) -> None:
        """One round, in one transaction. Only plants whose whole day was measured are judged."""
        now = self._clock()
        yesterday = (now.astimezone(self._zone) - AFTER_MIDNIGHT).date() - timedelta(days=1)
        began, _ = dli.day_span(yesterday, self._zone)
        async with self._db.transaction() as conn:
            contexts = await standing.contexts_of(conn, await registry.ids(conn))
            days = await dli.daily_dli(conn, list(contexts), yesterday, self._zone)
            known = {plant_id: day.mol for plant_id, day in days.items() if day.complete}
            await state.lock(conn, known)
            await light.judge_light(conn, known, contexts, began, now)
            await standing.refresh(conn, known, now)
