"""Who fell silent: since when devices can be heard at all, what the rules say, and trust that sinks by mere time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from plantops_server import standing
from plantops_server.devices import fleet, presence
from plantops_server.incidents import outbox, silence
from plantops_server.plants import registry, state
from plantops_server.store import bell
from plantops_server.store.database import Connection, Database

_CLOCK_JUMP = timedelta(seconds=30)


class Link(Protocol):
    """The part of the broker link that tells whether devices can be heard."""

    @property
    def connected_since(self) -> datetime | None:
        """When the present connection was made; None while there is none."""


class SilenceWatch:
    """Looks who fell silent, keeps in mind since when devices could be heard at all, and lets trust sink."""

    def __init__(
        self,
        db: Database,
        clock: Callable[[], datetime],
        link: Link | None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._clock = clock
        self._link = link
        self._monotonic = monotonic
        self._since = clock()
        self._down_since: datetime | None = None
        self._last_look = (self._since, monotonic())
        self._missed = False
        self._set_back_by = timedelta(0)

    async def look(self) -> None:
        """One round: devices, incidents and plants whose silence has gone on too long by now."""
        now = self._clock()
        self._mind_the_clock(now)
        try:
            if self._set_back_by:
                await self._make_up_for_it(now)
            await self._judge(now, self._listening(now))
        except Exception:
            self._missed = True  # while we could not read, ingest could not write: that silence is ours
            raise
        self._missed = False

    def _mind_the_clock(self, now: datetime) -> None:
        """After a sleep of the machine, a jump of its clock or a failed round, devices get time to be heard again."""
        wall, steady = self._last_look
        self._last_look = (now, self._monotonic())
        jump = now - wall - timedelta(seconds=self._last_look[1] - steady)
        if self._missed or abs(jump) > _CLOCK_JUMP:
            self._since = now
        if jump < -_CLOCK_JUMP:
            self._set_back_by -= jump

    async def _make_up_for_it(self, now: datetime) -> None:
        """The clock was set back: no silence, and nothing that was about to be told, waits until it has caught up."""
        self._down_since = None if self._down_since is None else min(self._down_since, now)
        async with self._db.transaction() as conn:
            await presence.clock_set_back(conn, now, self._set_back_by)
            await silence.clock_set_back(conn, now)
            await outbox.clock_set_back(conn, now)
        self._set_back_by = timedelta(0)

    def _listening(self, now: datetime) -> silence.Listening:
        if self._link is None:
            return silence.Listening(self._since)
        connected_since = self._link.connected_since
        if connected_since is None:
            self._down_since = self._down_since or now
            return silence.Listening(self._since, self._down_since)
        self._down_since = None
        return silence.Listening(_latest(now, self._since, connected_since))

    async def _judge(self, now: datetime, listening: silence.Listening) -> None:
        async with self._db.connection() as conn:
            quiet = await presence.silent(conn, now)
            ended = await silence.last_outage_end(conn)
            verdict = silence.decide(
                now,
                listening._replace(since=_latest(now, listening.since, ended)),
                await fleet.last_heard(conn),
                await _offline(conn, quiet),
                await silence.open_now(conn),
            )
            overdue = await state.overdue(conn, now)
        concerned = {*overdue, *_plants_of(verdict)}
        async with self._db.transaction() as conn:
            gone = await presence.mark_offline(conn, quiet)
            await state.lock(conn, concerned)
            await silence.apply(conn, verdict, now)
            await standing.refresh(conn, concerned, now)
            await bell.ring(conn, "device", gone)


def _latest(now: datetime, since: datetime, other: datetime | None) -> datetime:
    """The later of two times; the second is passed over when a clock that ran ahead gave it."""
    return since if other is None or other > now else max(since, other)


async def _offline(conn: Connection, quiet: Sequence[presence.Silent]) -> list[silence.SilentDevice]:
    """The devices past their deadline, with the names of their plants."""
    offline = [device for device in quiet if device.trust == "offline"]
    plant_ids = sorted({device.plant_id for device in offline if device.plant_id is not None})
    names = {row["id"]: row["name"] for row in await registry.contexts(conn, plant_ids)} if plant_ids else {}
    return [
        silence.SilentDevice(
            d.device_id, d.name, d.plant_id, names.get(d.plant_id), d.last_seen_at, d.interval_s
        )
        for d in offline
    ]


def _plants_of(verdict: silence.Verdict) -> set[str]:
    plants = [device.plant_id for device in verdict.offline]
    plants += [incident.plant_id for incident, _ in verdict.resolve]
    return {plant_id for plant_id in plants if plant_id is not None}
