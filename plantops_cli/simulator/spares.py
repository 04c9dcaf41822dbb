"""Spare devices of the demo: switched on when somebody opens the pairing window, one each time.

Each registers as a device out of its box does, through the window and without a token, and measures a pot of its own
from then on; which plant that is, people say. Its credentials are kept, so that it lives on in the next demo.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from plantops_api import __version__, errors, wire
from plantops_api.client import PlantOpsClient
from plantops_cli.exit_codes import Stop
from plantops_cli.simulator import chance, fleet, probes
from plantops_cli.simulator.demo_pots import LIVE_INTERVAL_S
from plantops_cli.simulator.enrolment import mac_address, register
from plantops_cli.simulator.fleet import Member, stopped_within
from plantops_cli.simulator.node import Design, Node
from plantops_cli.simulator.session import BrokerRefused
from plantops_cli.simulator.timeline import Timeline

MOST = 6
"""Devices in the box."""

_PROBE = "capacitive-16bit"
_FORGOTTEN = (errors.ApiError, Stop, OSError, ValueError)


class Spares:
    """The box of spare devices beside one server."""

    def __init__(
        self, client: PlantOpsClient, folder: Path, seed: int, timeline: Timeline, interval_s: int,
        now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._client, self._folder, self._seed, self._timeline = client, folder, seed, timeline
        self._interval_s, self._now = interval_s, now

    async def run(self, stop: asyncio.Event, look_every_s: float) -> None:
        """Switch on those of the last demo, then one for each pairing window, until ``stop``."""
        async with asyncio.TaskGroup() as group:
            for number in range(1, MOST + 1):
                if self._memory(number).exists():
                    await self._switch_on(group, number, stop)
            served: datetime | None = None
            while not await stopped_within(stop, look_every_s):
                with suppress(errors.ApiError):  # the server is away, or the window closed meanwhile
                    window = await self._client.get_pairing()
                    if window.open and window.until != served:
                        served = window.until
                        await self._register(group, stop)

    async def _register(self, group: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        number = next((n for n in range(1, MOST + 1) if not self._memory(n).exists()), None)
        if number is None:
            return
        body = wire.RegisterBody(
            mac_address=mac_address("demo spare", self._seed, number),
            firmware_version=f"plantops-demo {__version__}",
            sensor_types=list(probes.PRESETS[_PROBE]),
            name=f"Spare sensor {number}",
            report_interval_s=self._interval_s,
        )
        registered = await register(self._client, body, None)
        memory = self._memory(number)
        memory.touch(mode=0o600)
        memory.write_text(registered.model_dump_json(indent=2) + "\n", "utf-8")
        await self._switch_on(group, number, stop)

    async def _switch_on(self, group: asyncio.TaskGroup, number: int, stop: asyncio.Event) -> None:
        """Connect and live; one whose credentials are no good any more stays in the box."""
        seed = chance.seed_of(self._seed, "spare", number)
        with suppress(*_FORGOTTEN):
            registered = wire.Registered.model_validate_json(self._memory(number).read_text("utf-8"))
            node = Node(Design(probe=_PROBE, interval_s=LIVE_INTERVAL_S), seed, self._now())
            member = Member(node, registered, boot=int(self._now().timestamp()))
            await member.connect()
            group.create_task(self._live(member, stop), name=f"demo spare {number}")

    async def _live(self, member: Member, stop: asyncio.Event) -> None:
        def gone(_member: Member, _refusal: BrokerRefused) -> None:
            """Removed by somebody: that is how a device ends."""

        await fleet.run([member], self._timeline, stop, refused=gone)

    def _memory(self, number: int) -> Path:
        return self._folder / f"spare-{number}.json"
