"""The event stream behind GET /api/stream: rings of the database's bell, coalesced, numbered, kept for a while.

One listener a process fills a ring buffer; each subscriber reads from it at its own pace. An event carries ids, not
data: the client reads the card again, so that a lost event, a reconnect and a cold start are the same case (``reset``).
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import psycopg
import structlog

from plantops_server.store import bell

HEARD_BY_CLIENTS = ("plant", "device", "alert", "care_plan")
"""The other rings are between our own processes."""

_KEEP = 2_000
_GATHER_S = 0.1
"""Rings of this long become one event a kind: 500 readings/s of 200 plants are 10 events/s, not 500."""
_MOST_IDS = 500
"""Ids in one event; more are split, so that a line of the stream stays short."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 15.0

log = structlog.get_logger(__name__)


class LiveEvent(NamedTuple):
    """What a client hears: ``id`` is ``<boot>-<n>``; kind ``reset`` means "read everything again"."""

    id: str
    kind: str
    ids: tuple[str, ...]


class Live:
    """The ring buffer between the bell and the subscribers of this process."""

    def __init__(self, boot: str | None = None, keep: int = _KEEP, gather_s: float = _GATHER_S) -> None:
        self.subscribers = 0
        self._boot = boot or secrets.token_hex(4)
        self._gather_s = gather_s
        self._kept: deque[LiveEvent] = deque(maxlen=keep)
        self._count = 0  # number of the newest event; the first one is 1
        self._news = asyncio.Event()
        self._pending: dict[str, dict[str, None]] = {}
        self.closed = False

    async def run(
        self, dsn: str, listen: Callable[[str], AsyncIterator[tuple[str, str]]] = bell.listen
    ) -> None:
        """Listen until cancelled. A lost connection is taken up again, and clients then read everything again."""
        pause = _FIRST_PAUSE_S
        while True:
            try:
                async for ring, id_ in listen(dsn):
                    pause = _FIRST_PAUSE_S
                    self.hear(ring, id_)
            except (psycopg.OperationalError, OSError) as error:
                log.warning("event stream lost the database, trying again", kind=type(error).__name__)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads reconnects, no secret
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    def hear(self, ring: str, id_: str) -> None:
        """Take one ring in; it is sent a moment later, together with others of its kind."""
        if ring == "listening":
            self._publish("reset", ())  # rings of the time before were missed
        elif ring in HEARD_BY_CLIENTS:
            if not self._pending:
                asyncio.get_running_loop().call_later(self._gather_s, self._send_pending)
            self._pending.setdefault(ring, {})[id_] = None

    def position_of(self, last_event_id: str | None) -> int:
        """Where a client stands that last saw this event: now without one, -1 for one that we never sent."""
        if last_event_id is None:
            return self._count
        boot, _, number = last_event_id.rpartition("-")
        known = boot == self._boot and number.isascii() and number.isdigit() and len(number) < 18
        return int(number) if known and int(number) <= self._count else -1

    def id_at(self, position: int) -> str:
        """The event id of a position."""
        return f"{self._boot}-{position}"

    async def after(self, position: int, timeout_s: float) -> tuple[list[LiveEvent], int]:
        """Events after ``position`` and the new position; waits for one up to ``timeout_s``, then gives none.

        One ``reset`` when events after ``position`` are no longer kept or it is not a position of ours.
        """
        if position == self._count and not self.closed:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._news.wait()
            except TimeoutError:
                return [], position
        if not self._count - len(self._kept) <= position <= self._count:
            return [LiveEvent(self.id_at(self._count), "reset", ())], self._count
        missed = self._count - position
        return list(self._kept)[len(self._kept) - missed :], self._count

    def close(self) -> None:
        """Wake every subscriber for the last time: the server stops."""
        self.closed = True
        self._wake()

    def _send_pending(self) -> None:
        pending, self._pending = self._pending, {}
        for kind in HEARD_BY_CLIENTS:
            ids = tuple(pending.get(kind, ()))
            for start in range(0, len(ids), _MOST_IDS):
                self._publish(kind, ids[start : start + _MOST_IDS])

    def _publish(self, kind: str, ids: tuple[str, ...]) -> None:
        self._count += 1
        self._kept.append(LiveEvent(self.id_at(self._count), kind, ids))
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        if not self.closed:
            self._news = asyncio.Event()
