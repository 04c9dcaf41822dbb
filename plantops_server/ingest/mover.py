"""The loop: what gathered while the last transaction ran is the next batch. Acknowledged after its commit only.

When the database is away the packets are held, unacknowledged, and tried again for ever: the broker queues behind them.
When a batch fails for what is in it, it is halved until the culprit stands alone, which is written down and let go.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import psycopg
import structlog
from prometheus_client import Counter, Histogram

from plantops_server.broker.link import Packet
from plantops_server.ingest.batch import absorb
from plantops_server.ingest.parcel import Parcel, unpack
from plantops_server.store import partitions
from plantops_server.store.database import Database
from plantops_server.telemetry.packets import Reject, sample_of

log = structlog.get_logger(__name__)

MOST_PACKETS = 1000
MOST_READINGS = 5000
"""In one transaction: larger ones gain nothing (the insert is then at its full speed) and hold locks longer."""

GATHER_S = 0.01
"""How long a batch waits for company after its first packet: a quarter of the CPU per reading, 10 ms later."""

_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.1, 5.0

_MESSAGES = Counter(
    "plantops_ingest_messages_total", "Messages taken from the broker, by result.", ["result"]
)
_READINGS = Counter("plantops_ingest_readings_total", "Readings stored.")
_SECONDS = Histogram(
    "plantops_ingest_transaction_seconds", "Time from the first packet in hand to the commit.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)  # fmt: skip
_FAILURES = Counter("plantops_ingest_failures_total", "Transactions that failed and were tried again.")


class Link(Protocol):
    """The part of a broker link that ingest uses."""

    @property
    def waiting(self) -> int:
        """Packets that have come and were not yet taken."""

    async def next_batch(self, limit: int, gather_s: float) -> list[Packet]:
        """Wait for packets."""

    def acknowledge(self, packets: Sequence[Packet]) -> None:
        """Tell the broker that these are safe."""


class Ingest:
    """Moves packets from ``link`` into ``db`` until it is cancelled. Several may run at once, here or elsewhere."""

    def __init__(
        self, db: Database, link: Link, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        rng: random.Random | None = None,
    ) -> None:  # fmt: skip
        self._db = db
        self._link = link
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - jitter
        self._in_hand: Sequence[Packet] = ()
        self.problem: str | None = None
        """Why nothing can be stored at the moment; None while it can."""

    @property
    def waiting(self) -> int:
        """Messages that arrived and are not stored yet."""
        return self._link.waiting + len(self._in_hand)

    @property
    def lag_s(self) -> float:
        """Age of the oldest message in hand, s; 0 when there is none."""
        if not self._in_hand:
            return 0.0
        return max(0.0, (self._clock() - self._in_hand[0].arrived).total_seconds())

    async def run(self) -> None:
        """Move packets until cancelled. What is in hand then was not acknowledged and comes again.

        Raises LinkDied when the link cannot bring any more.
        """
        while True:
            packets = await self._link.next_batch(MOST_PACKETS, GATHER_S)
            self._in_hand = packets
            for parcels in _portions(packets):
                with _SECONDS.time():
                    await self._settle(parcels)
            self._in_hand = ()

    async def _settle(self, parcels: Sequence[Parcel]) -> None:
        """Store these parcels, whatever it takes, and acknowledge them."""
        failures = 0
        while True:
            try:
                await self._store(parcels)
            except Exception as error:
                failures += 1
                _FAILURES.inc()
                if not _is_about_the_data(error) and not (_took_too_long(error) and len(parcels) > 1):
                    await self._wait_out(error, failures)
                elif _is_missing_partition(error) and failures == 1:
                    await self._make_partitions(parcels)
                elif len(parcels) > 1:
                    middle = len(parcels) // 2
                    await self._settle(parcels[:middle])
                    await self._settle(parcels[middle:])
                    return
                else:
                    await self._bury(parcels[0], error)
                    return
            else:
                self.problem = None
                self._link.acknowledge([parcel.packet for parcel in parcels])
                return

    async def _store(self, parcels: Sequence[Parcel]) -> None:
        async with self._db.transaction() as conn:
            outcome = await absorb(conn, parcels, self._clock())
        _READINGS.inc(outcome.readings)
        for result, count in outcome.results.items():
            _MESSAGES.labels(result=result).inc(count)

    async def _wait_out(self, error: Exception, failures: int) -> None:
        """Back off, capped and with jitter; say so once, not at every attempt."""
        if self.problem is None:
            log.error("readings cannot be stored; holding them and trying again", reason=_in_short(error))
        self.problem = _in_short(error)
        ceiling = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2 ** min(failures, 10))
        await asyncio.sleep(self._rng.uniform(ceiling / 2, ceiling))

    async def _make_partitions(self, parcels: Sequence[Parcel]) -> None:
        times = [reading.time for parcel in parcels for reading in parcel.readings]
        log.warning(
            "a partition was missing; making it", start=min(times).isoformat(), end=max(times).isoformat()
        )
        async with self._db.connection() as conn:
            await partitions.ensure_partitions(conn, min(times), max(times) + timedelta(days=1))

    async def _bury(self, parcel: Parcel, error: Exception) -> None:
        """Write down a packet that cannot be stored, and let it go: it must not stop those behind it."""
        defect = None if isinstance(error, psycopg.Error) else error  # of our own: then the traceback matters
        log.error(
            "a packet cannot be stored and is let go", device_id=parcel.packet.device_id, reason=_in_short(error),
            exc_info=defect,
        )  # fmt: skip
        reason = f"packet: cannot be stored ({type(error).__name__})"
        remains = Parcel(
            parcel.packet, [], [*parcel.rejects, Reject(reason, sample_of(parcel.packet.payload))]
        )
        _MESSAGES.labels(result="poison").inc()
        if parcel.readings or parcel.status is not None:
            await self._settle([remains])
        else:  # it has no contents left that could be at fault: the log has it
            self._link.acknowledge([parcel.packet])


def _portions(packets: Sequence[Packet]) -> Iterator[list[Parcel]]:
    """Unpack a batch bit by bit: no transaction takes more than MOST_READINGS, and no more of them are in memory."""
    portion: list[Parcel] = []
    weight = 0
    for packet in packets:
        parcel = unpack(packet)
        if portion and weight + parcel.weight > MOST_READINGS:
            yield portion
            portion, weight = [], 0
        portion.append(parcel)
        weight += parcel.weight
    yield portion


def _is_about_the_data(error: Exception) -> bool:
    """Whether waiting is no help: the database works and does not take this, or our own code does not."""
    if isinstance(error, psycopg.DataError | psycopg.IntegrityError | psycopg.errors.RaiseException):
        return True
    return not isinstance(error, psycopg.Error | OSError | TimeoutError)


def _took_too_long(error: Exception) -> bool:
    return isinstance(error, psycopg.errors.QueryCanceled)


def _is_missing_partition(error: Exception) -> bool:
    return isinstance(error, psycopg.errors.CheckViolation) and error.diag.constraint_name is None


def _in_short(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no details'}"
