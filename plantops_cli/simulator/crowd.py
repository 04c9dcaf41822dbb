"""A crowd of pots of one kind: what ``plantops simulate`` runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from plantops_api import __version__, wire
from plantops_api.client import PlantOpsClient
from plantops_api.errors import ApiError
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.simulator import chance, faults, fleet, links, probes, truth
from plantops_cli.simulator.enrolment import enrolment_token, mac_address, register_or_return
from plantops_cli.simulator.fleet import Member
from plantops_cli.simulator.node import Design, Node
from plantops_cli.simulator.pots import PRESETS as POTS
from plantops_cli.simulator.timeline import Timeline

LONGEST_HISTORY_S = 34 * 86_400
"""The server believes a time up to 35 days old."""

_AT_ONCE = 20  # devices that register or connect at the same time

Choice = TypeVar("Choice")


@dataclass
class Crowd:
    """So many pots of one design. Times in s: ``interval_s`` of the pots, ``history_s`` before now."""

    pots: int
    design: Design
    seed: int
    speed: float
    history_s: float
    _joined: dict[int, Member] = field(default_factory=dict)
    _timeline: Timeline | None = None

    @classmethod
    def of(
        cls, *, pots: int, preset: str, probe: str, link: str, faults: str, seed: int, speed: float,
        interval_s: float, history_s: float,
    ) -> Crowd:  # fmt: skip
        """From the words of the command line. Raises Stop (exit 2) for a word that means nothing."""
        if not 1 <= interval_s <= 86_400:
            raise Stop(ExitCode.USAGE, "--interval must be from 1 s to 1 d.", "Such as: --interval 10m")
        if history_s > LONGEST_HISTORY_S:
            raise Stop(
                ExitCode.USAGE, "The server believes no reading older than 35 days.", "Use --history 30d."
            )
        design = Design(
            pot=_one_of(POTS, preset, "--preset"),
            probe=_one_of({name: name for name in probes.PRESETS}, probe, "--probe"),
            link=_one_of(links.PRESETS, link, "--link"),
            faults=_fault_kinds(faults),
            interval_s=interval_s,
        )
        return cls(pots, design, seed, speed, history_s)

    @property
    def members(self) -> list[Member]:
        """The devices that have joined, in the order of their numbers."""
        return [self._joined[number] for number in sorted(self._joined)]

    @property
    def real_interval_s(self) -> float:
        """Real seconds between two reports."""
        return self.design.interval_s / self.speed

    async def enrol(self, client: PlantOpsClient, token: str | None, now: datetime) -> None:
        """Register every device (or take it up again), tie it to a plant, and connect it."""
        async with AsyncExitStack() as stack:
            ties = token is None
            if token is None:
                token = await stack.enter_async_context(
                    enrolment_token(client, "plantops simulate", self.pots)
                )
            plants = {plant.name: plant.id for plant in await client.list_plants()} if ties else None
            slots = asyncio.Semaphore(_AT_ONCE)
            try:
                async with asyncio.TaskGroup() as group:
                    for number in range(1, self.pots + 1):
                        group.create_task(self._join(client, number, token, plants, now, slots))
            except* (ApiError, Stop) as refusals:  # one sentence is enough, and nobody joins after it
                raise refusals.exceptions[0] from None

    async def send_history(self, now: datetime) -> int:
        """Publish what every pot went through before ``now``."""
        return sum(await asyncio.gather(*(member.send_history(now) for member in self.members)))

    async def live(
        self, stop: asyncio.Event, span: timedelta | None, now: datetime, warn: Callable[[str], None]
    ) -> None:
        """Run until ``stop`` or for ``span``; says goodbye for every device."""
        self._timeline = Timeline(now, self.speed)
        await fleet.run(
            self.members, self._timeline, stop, span,
            lambda member, refusal: warn(f"{refusal.message} Its pot {member.device_id} stops here."),
        )  # fmt: skip

    async def leave(self) -> None:
        """Say offline for whoever is still connected."""
        await asyncio.gather(*(member.close() for member in self.members), return_exceptions=True)

    def truth(self, now: datetime) -> list[dict[str, Any]]:
        """What really happened to each pot."""
        timeline = self._timeline or Timeline(now)
        return [
            truth.of_node(m.node, m.device_id, m.plant_id, timeline.pot(now), timeline.real)
            for m in self.members
        ]

    async def _join(
        self, client: PlantOpsClient, number: int, token: str, plants: Mapping[str, str] | None, now: datetime,
        slots: asyncio.Semaphore,
    ) -> None:  # fmt: skip
        async with slots:
            body = self._body(number)
            enrolled = await register_or_return(client, body, token) if plants is not None else None
            registered = enrolled.registered if enrolled else await client.register_device(body, token)
            plant_id = await self._plant(client, number, plants) if plants is not None else None
            if plant_id is not None:
                await client.provision_device(registered.device_id, plant_id)
            since = now - timedelta(seconds=self.history_s)
            seed = chance.seed_of(self.seed, number)
            member = Member(Node(self.design, seed, since, gateway_seed=self.seed), registered, plant_id)
            await member.connect()
            self._joined[number] = member

    async def _plant(self, client: PlantOpsClient, number: int, plants: Mapping[str, str]) -> str:
        name = f"Simulated pot {self.seed}-{number}"
        if name in plants:
            return plants[name]
        return (await client.create_plant(wire.PlantBody(name=name, location="simulator"))).id

    def _body(self, number: int) -> wire.RegisterBody:
        return wire.RegisterBody(
            mac_address=mac_address("simulate", self.seed, number),
            firmware_version=f"plantops-simulator {__version__}",
            sensor_types=list(probes.PRESETS[self.design.probe]),
            name=f"Simulated node {self.seed}-{number}",
            report_interval_s=min(86_400, max(1, round(self.real_interval_s))),
        )


def _one_of(choices: Mapping[str, Choice], word: str, option: str) -> Choice:
    if word not in choices:
        raise Stop(ExitCode.USAGE, f"{option} {word!r} is not known.", f"Choose one of {', '.join(choices)}.")
    return choices[word]


def _fault_kinds(words: str) -> tuple[faults.Kind, ...]:
    try:
        return faults.parse_kinds(words)
    except ValueError as unknown:
        raise Stop(
            ExitCode.USAGE,
            f"--faults {str(unknown)!r} is not known.",
            f"Choose of {', '.join(faults.PRESETS)}.",
        ) from None
