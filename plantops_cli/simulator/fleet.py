"""Many simulated devices in one process: real MQTT clients that send what their nodes measure, until told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from plantops_api import wire
from plantops_cli.exit_codes import Stop
from plantops_cli.simulator.node import Node, Report
from plantops_cli.simulator.session import BrokerRefused, DeviceSession
from plantops_cli.simulator.timeline import Timeline


def real_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


@dataclass
class Member:
    """One device of the fleet: its node, its registration, and the readings that it could not send yet."""

    node: Node
    registered: wire.Registered
    plant_id: str | None = None
    boot: int = 1
    sent: int = 0
    buffer: list[dict[str, Any]] = field(default_factory=list)
    _seq: int = 0
    _session: DeviceSession | None = None
    _away: bool = False

    @property
    def device_id(self) -> str:
        """The id that the server gave."""
        return self.registered.device_id

    async def connect(self) -> None:
        """Connect with its own credentials. Raises BrokerRefused, BrokerUnreachable."""
        self._session = DeviceSession(self.registered.mqtt, self.registered.topics)
        await self._session.connect()
        self._away = False

    async def send_history(self, end: datetime) -> int:
        """Publish what the node measured until ``end``, in arrays; how many readings that were."""
        assert self._session is not None  # noqa: S101 - connect() comes first
        readings = list(await asyncio.to_thread(lambda: list(self.node.history(end))))
        await self._session.send(readings)
        self.sent += len(readings)
        return len(readings)

    async def live(
        self, timeline: Timeline, stop: asyncio.Event, now: Callable[[], datetime] = real_now
    ) -> None:
        """Measure and send, at once and then on time, until ``stop``.

        Raises:
            BrokerRefused: its credentials are no good any more.
        """
        due = max(self.node.pot.time, timeline.pot(now()))
        while not await stopped_within(stop, (timeline.real(due) - now()).total_seconds()):
            await self.deliver(self.node.measure(due), timeline)
            due = self.node.next_report(due)

    async def deliver(self, report: Report, timeline: Timeline) -> None:
        """Send one report, and the buffer before it; or keep it, or lose it, as its link will have it."""
        if report.held_until is not None:
            await self._lose_link()
            if self.node.design.link.buffers:
                self.buffer.append(self._fields(report, timeline))
            return
        if report.copies == 0:
            return
        self.buffer.append(self._fields(report, timeline))
        try:
            await self._send_buffer(report.copies)
        except BrokerRefused:
            raise
        except Stop:  # the broker is away: the readings stay in the buffer for the next report
            await self._lose_link()

    async def close(self) -> None:
        """Say ``offline`` and disconnect."""
        if self._session is not None:
            await self._session.close("offline")

    async def _send_buffer(self, copies: int) -> None:
        if self._away or self._session is None:
            await self.connect()
        assert self._session is not None  # noqa: S101 - connected above
        for _ in range(copies):
            await self._session.send(self.buffer)
        self.sent += len(self.buffer)
        self.buffer.clear()
        if self.node.design.link.sleeps:
            await self._session.close("sleeping")
            self._away = True

    async def _lose_link(self) -> None:
        if self._session is not None and not self._away:
            self._away = True
            await self._session.lose()

    def _fields(self, report: Report, timeline: Timeline) -> dict[str, Any]:
        self._seq += 1
        fields = {"ts": timeline.real(report.time) + report.clock_error, **report.values}
        fields |= {"boot": self.boot, "seq": self._seq}
        if self.node.design.link.sleeps:
            fields["next_in_s"] = max(1, round(timeline.seconds(self.node.design.interval_s)))
        return fields


async def run(
    members: Sequence[Member], timeline: Timeline, stop: asyncio.Event, duration: timedelta | None = None,
    refused: Callable[[Member, BrokerRefused], None] | None = None,
) -> None:  # fmt: skip
    """Let every member live until ``stop``, or for ``duration`` of real time; then say offline and disconnect.

    A member that the broker throws out (removed, or rotated by somebody) ends alone, and ``refused`` hears of it;
    with the last one the fleet ends.
    """
    ended = asyncio.Event()

    async def live(member: Member) -> None:
        try:
            await member.live(timeline, ended)
        except BrokerRefused as refusal:
            if refused is not None:
                refused(member, refusal)

    async with asyncio.TaskGroup() as group:
        end = group.create_task(_end_with(stop, ended, duration), name="simulated fleet: end")
        try:
            lives = [group.create_task(live(m), name=f"simulated {m.device_id}") for m in members]
            await asyncio.wait(lives)
        finally:
            end.cancel()
            await asyncio.gather(*(member.close() for member in members), return_exceptions=True)


async def stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until ``stop`` is set; whether it is."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), max(0.0, seconds))
    return stop.is_set()


async def _end_with(stop: asyncio.Event, ended: asyncio.Event, duration: timedelta | None) -> None:
    await stopped_within(stop, duration.total_seconds() if duration else 1e9)
    ended.set()
