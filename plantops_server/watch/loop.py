"""The worker's loops: named jobs in one TaskGroup, woken by time and by the bell.

A job that fails is logged and counted, and its loop goes on, more slowly while the database is away; only
cancellation ends it. A lost ring delays and never loses anything, since time wakes every job too. Timers are
monotonic.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import psycopg
import psycopg_pool
import structlog
from prometheus_client import Counter, Gauge

from plantops_server.store import bell

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_REST_RATIO = 10
_DATABASE_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, psycopg_pool.PoolTimeout, OSError)

runs_total = Counter("plantops_watch_runs_total", "Runs of the worker's jobs.", ["job", "outcome"])
last_success = Gauge(
    "plantops_watch_last_success_timestamp_seconds", "When a job last ran without an error.", ["job"]
)
log = structlog.get_logger(__name__)


class Job(NamedTuple):
    """Work that is done every ``every_s`` seconds, and soon after one of the rings ``wakes``.

    However often it rings, the job rests ``rest_s`` seconds between two runs, and ten times as long as it took: work
    that grows with the installation never takes more than a tenth of a core.
    """

    name: str
    work: Callable[[], Awaitable[object]]
    every_s: float
    wakes: frozenset[str] = frozenset()
    rest_s: float = 0.0


@dataclass(slots=True)
class Watch:
    """Runs jobs until it is cancelled."""

    dsn: str
    jobs: Sequence[Job]
    chance: random.Random = field(default_factory=random.Random)
    _woken: dict[str, asyncio.Event] = field(default_factory=dict)

    async def run(self) -> None:
        """Run every job, and listen to the bell for those that wait for a ring."""
        self._woken = {job.name: asyncio.Event() for job in self.jobs}
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(), name="watch bell")
            for job in self.jobs:
                tasks.create_task(self._repeat(job), name=f"watch {job.name}")

    async def _listen(self) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            try:
                async for event, _ in bell.listen(self.dsn):
                    pause = _FIRST_PAUSE_S
                    self._wake(event)
            except _DATABASE_AWAY as error:
                log.warning(
                    "worker lost the bell, listening again", kind=type(error).__name__, in_s=round(pause, 1)
                )
            await asyncio.sleep(self._spread(pause))
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    def _wake(self, event: str) -> None:
        for job in self.jobs:
            if event in job.wakes or (event == "listening" and job.wakes):
                self._woken[job.name].set()

    async def _repeat(self, job: Job) -> None:
        failures = 0
        while True:
            self._woken[job.name].clear()
            started = time.monotonic()
            failures = 0 if await run_once(job) else failures + 1
            if failures:
                await asyncio.sleep(
                    self._spread(min(_FIRST_PAUSE_S * 2 ** min(failures - 1, 6), _LONGEST_PAUSE_S))
                )
                continue
            if job.rest_s:
                await asyncio.sleep(max(job.rest_s, _REST_RATIO * (time.monotonic() - started)))
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes together with the wake-up.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._spread(job.every_s)):
                    await self._woken[job.name].wait()

    def _spread(self, seconds: float) -> float:
        """Several workers do not all do the same in the same moment."""
        return seconds * self.chance.uniform(0.85, 1.0)


async def run_once(job: Job) -> bool:
    """Do the work of a job once; False when it failed, which is logged and counted and ends nothing."""
    try:
        await job.work()
    except _DATABASE_AWAY as error:
        log.warning("job waits for the database", job=job.name, kind=type(error).__name__)
        runs_total.labels(job=job.name, outcome="database_away").inc()
        return False
    except Exception as error:
        log.error("job failed", job=job.name, exc_info=error)
        runs_total.labels(job=job.name, outcome="failed").inc()
        return False
    runs_total.labels(job=job.name, outcome="ok").inc()
    last_success.labels(job=job.name).set_to_current_time()
    return True
