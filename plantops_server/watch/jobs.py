"""The worker's jobs and how often each runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, tzinfo

import structlog

from plantops_server.delivery import Courier
from plantops_server.incidents import attempts, maintenance, outbox
from plantops_server.store import partitions
from plantops_server.store.database import Database
from plantops_server.telemetry import rollups, store
from plantops_server.watch.batteries import BatteryWatch
from plantops_server.watch.connections import ConnectionWatch
from plantops_server.watch.heartbeat import HeartbeatWatch
from plantops_server.watch.knowledge import KnowledgeWatch
from plantops_server.watch.light import LightWatch
from plantops_server.watch.loop import Job
from plantops_server.watch.silence import Link, SilenceWatch

FORGET_SEQUENCES_AFTER = timedelta(days=36)
"""Longer than the broker keeps a message for us: no redelivery can name an older one."""
_GATHER_S, _GATHER_MOST_S = 1.0, 10.0

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]


def jobs_of(
    db: Database,
    courier: Courier,
    *,
    clock: Clock,
    link: Link | None,
    reconcile: Callable[[], Awaitable[object]] | None,
    retention_days: int,
    zone: tzinfo,
    heartbeat: HeartbeatWatch | None = None,
) -> list[Job]:
    """The worker's jobs. ``link`` is None where ingest runs in another process, ``reconcile`` where no broker is.

    ``zone`` is the one whose calendar days of light are counted by.
    """
    upkeep = Upkeep(db, clock, retention_days)
    jobs = [
        Job("silence", SilenceWatch(db, clock, link).look, 15),
        Job("roll-ups", upkeep.roll_up, 30, frozenset({"plant"}), rest_s=2),
        Job("partitions", upkeep.partitions, 3600),
        Job("outbox", OutboxWatch(db, courier, clock).deliver, 5, frozenset({"outbox"})),
        Job("reminders", upkeep.remind, 60),
        Job("plant knowledge", KnowledgeWatch(db, clock).look, 60, frozenset({"plant"}), rest_s=20),
        Job("connections", ConnectionWatch(db, clock).look, 30),
        Job("batteries", BatteryWatch(db, clock).look, 600),
        Job("light", LightWatch(db, clock, zone).look, 3600),
    ]
    if heartbeat is not None:
        jobs.append(Job("heartbeat", heartbeat.look, 30))
    if reconcile is not None:
        jobs.append(Job("broker accounts", reconcile, 300))
    return jobs


class Upkeep:
    """The small jobs: each is one transaction."""

    def __init__(self, db: Database, clock: Clock, retention_days: int) -> None:
        self._db = db
        self._clock = clock
        self._retention = timedelta(days=retention_days) if retention_days else None

    async def roll_up(self) -> None:
        """Bring the half-hourly and hourly tables up to date."""
        async with self._db.transaction() as conn:
            await rollups.roll_up(conn)

    async def partitions(self) -> None:
        """Make partitions ahead of time, and forget what is older than the installation keeps."""
        now = self._clock()
        async with self._db.transaction() as conn:
            made = await partitions.ensure_partitions(conn, now - partitions.BACK, now + partitions.AHEAD)
            gone = []
            if self._retention is not None:
                gone = await partitions.drop_partitions_before(conn, now - self._retention)
            await rollups.forget_half_hours_before(conn, now - rollups.KEEP_HALF_HOURS)
            await store.forget_sequences_before(conn, now - FORGET_SEQUENCES_AFTER)
            await attempts.forget_old(conn, now)
            await maintenance.forget_before(conn, now)
        if made or gone:
            log.info("partitions", made=made, dropped=gone)

    async def remind(self) -> None:
        """Queue reminders of incidents that nobody acknowledged."""
        async with self._db.transaction() as conn:
            await outbox.enqueue_repeats(conn, self._clock())


class OutboxWatch:
    """Delivery, a moment late: what opens together is told together."""

    def __init__(
        self,
        db: Database,
        courier: Courier,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._db = db
        self._courier = courier
        self._clock = clock
        self._sleep = sleep

    async def deliver(self) -> None:
        """Wait while incidents keep opening, at most 10 s, then deliver what is due."""
        opened, waited = await self._opened(), 0.0
        while opened and waited < _GATHER_MOST_S:
            await self._sleep(_GATHER_S)
            waited += _GATHER_S
            before, opened = opened, await self._opened()
            if opened <= before:
                break
        await self._courier.deliver()
        await self._rest()

    async def _opened(self) -> int:
        async with self._db.connection() as conn:
            return sum((await outbox.due_channels(conn, self._clock())).values())

    async def _rest(self) -> None:
        """Come back in time when a service asked for a pause shorter than our own round."""
        until = self._courier.resting_until
        if until is not None and (wait := (until - self._clock()).total_seconds()) < _GATHER_MOST_S:
            await self._sleep(max(0.05, wait))
            await self._courier.deliver()
