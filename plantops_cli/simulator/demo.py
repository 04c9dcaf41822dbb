"""The demo fleet: six pots that register over HTTP, send 30 days of history over MQTT, and then live fast.

A pot lives an hour a minute and reports every five seconds, so that cards move. What the fleet needs to continue
(its credentials, the water in each pot) is kept in ``DATA_DIR/demo``, one file a pot, for this user's eyes only.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from plantops_api import __version__, errors, places, wire
from plantops_api.client import PlantOpsClient
from plantops_cli.simulator import chance, demo_pots, fleet, gardener, probes, spares
from plantops_cli.simulator.demo_pots import CAST, LIVE_INTERVAL_S, Character
from plantops_cli.simulator.enrolment import enrolment_token, mac_address, register_or_return
from plantops_cli.simulator.fleet import Member, real_now, stopped_within
from plantops_cli.simulator.messages import instant
from plantops_cli.simulator.node import Node
from plantops_cli.simulator.session import BrokerRefused, BrokerUnreachable
from plantops_cli.simulator.timeline import Timeline

SPEED = 60.0
HISTORY = timedelta(days=30)
REPORT_INTERVAL_S = 10
"""What the devices declare, s: twice what they keep, so that a busy machine makes nobody late."""

KEEP_EVERY_S = 15.0
"""Between two looks at what people did to the pots, s; the state is kept then, too."""

LOOK_EVERY_S = 2.0
"""Between two looks whether the pairing window is open, s."""

Say = Callable[[str], None]


def silent(_sentence: str) -> None:
    """Say nothing."""


async def run_demo(
    client: PlantOpsClient, stop: asyncio.Event, *, data_dir: Path | None = None, seed: int = 2026,
    ready: asyncio.Event | None = None, say: Say = silent, now: Callable[[], datetime] = real_now,
    speed: float = SPEED, keep_every_s: float = KEEP_EVERY_S,
) -> None:  # fmt: skip
    """Run the demo fleet until ``stop``; ``ready`` is set once the history is published and the pots are live.

    ``client`` needs an admin's token. ``data_dir`` defaults to the local stack's.

    Raises:
        ApiError, Stop: server or broker refuse or are away at the start.
    """
    folder = (data_dir or places.data_dir(os.environ)) / "demo"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    actors = [Actor(character, seed, folder / f"{character.key}.json") for character in CAST]
    try:
        async with enrolment_token(client, "plantops demo", len(actors)) as token:
            await asyncio.gather(*(actor.enter(client, token, now()) for actor in actors))
        anew = any(actor.member.node.pot.time < now() - HISTORY / 2 for actor in actors)
        say(f"Publishing {'30 days of history' if anew else 'what happened since the last time'} ...")
        sent = await asyncio.gather(*(actor.catch_up(now()) for actor in actors))
        every = LIVE_INTERVAL_S / speed
        say(
            f"Published {sum(sent)} readings. The pots now live {speed:g} times as fast and report every {every:g} s."
        )
        if ready is not None:
            ready.set()
        await _live(client, actors, stop, Timeline(now(), speed), keep_every_s, now, say, folder, seed)
    finally:
        await asyncio.gather(*(actor.leave() for actor in actors), return_exceptions=True)


class Actor:
    """One pot of the demo on the stage of one server, with its memory in a file."""

    def __init__(self, character: Character, seed: int, memory: Path) -> None:
        self.character, self.memory = character, memory
        self.seed = chance.seed_of(seed, character.key)
        self.plant: wire.Plant | None = None
        self._member: Member | None = None
        self._looked_at = datetime.max.replace(tzinfo=UTC)

    @property
    def member(self) -> Member:
        """The device; there is one after ``enter``."""
        assert self._member is not None  # noqa: S101 - enter() comes first
        return self._member

    async def enter(self, client: PlantOpsClient, token: str, now: datetime) -> None:
        """Find or make plant and device, connect, and take up the pot where it was."""
        kept = self._recall()
        self.plant = await self._find_plant(client, kept)
        device = await self._find_device(client, kept)
        if device is not None and "registered" in kept:
            try:
                registered = wire.Registered.model_validate(kept["registered"])
                await self._appear(registered, device, kept, now)
            except (BrokerRefused, BrokerUnreachable, ValueError):
                # Rotated by somebody, or the broker has another port now, or the memory is damaged.
                await self._appear(await client.rotate_device(device.id), device, kept, now)
        else:
            enrolled = await register_or_return(client, self._body(), token)
            await self._appear(enrolled.registered, enrolled.known, kept, now)
        if device is None or device.plant_id != self.plant.id:
            await client.provision_device(self.member.device_id, self.plant.id)

    async def catch_up(self, now: datetime) -> int:
        """Send what happened since the last reading, 30 days at first; how many readings that were."""
        sent = await self.member.send_history(now)
        self._come_alive(now)
        return sent

    async def take_water(self, client: PlantOpsClient, now: datetime) -> None:
        """Pour water into the pot if a person logged a watering since the last look."""
        assert self.plant is not None  # noqa: S101 - enter() comes first
        newest = await client.list_waterings(self.plant.id, limit=5)
        if any(w.source == "logged" and self._looked_at <= w.at <= now for w in newest):
            self.member.node.pot.pour()
        self._looked_at = now

    def remember(self, now: datetime) -> None:
        """Keep what it takes to continue: written whole, readable by its owner only."""
        assert self.plant is not None  # noqa: S101 - enter() comes first
        pot = self.member.node.pot
        kept = {
            "plant_id": self.plant.id,
            "registered": self.member.registered.model_dump(mode="json"),
            "boot": self.member.boot,
            "pot": {"at": instant(now), "water": pot.water, "fast": pot.fast, "slow": pot.slow},
        }
        part = self.memory.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
        part.replace(self.memory)

    async def leave(self) -> None:
        """Say goodbye."""
        if self._member is not None:
            await self._member.close()

    async def _appear(
        self, registered: wire.Registered, device: wire.Device | None, kept: dict[str, Any], now: datetime
    ) -> None:
        node = self._node(kept, device.last_reading_at if device else None, now)
        self._member = Member(
            node, registered, self.plant.id if self.plant else None, boot=kept.get("boot", 0) + 1
        )
        await self._member.connect()
        self.remember(node.pot.time)

    def _node(self, kept: dict[str, Any], last_reading: datetime | None, now: datetime) -> Node:
        """The pot where it was left, or 30 days ago."""
        assert self.plant is not None  # noqa: S101 - enter() comes first
        design = demo_pots.design_of(self.character, self.plant.thresholds, live=False)
        pot = kept.get("pot") if last_reading is not None else None
        if pot is None:
            node = Node(design, self.seed, now - HISTORY)
            if self.character.thirsty:
                demo_pots.dries_up(node.pot, now, self._limit())
            return node
        at = max(datetime.fromisoformat(pot["at"]), last_reading or now - HISTORY, now - HISTORY)
        node = Node(design, self.seed, min(at, now), water=pot["water"])
        node.pot.fast, node.pot.slow = pot["fast"], pot["slow"]
        node.pot.away_from = node.pot.time if self.character.thirsty else None
        return node

    def _come_alive(self, now: datetime) -> None:
        """From now on it lives fast, over a good link."""
        assert self.plant is not None  # noqa: S101 - enter() comes first
        before = self.member.node.pot
        node = Node(
            demo_pots.design_of(self.character, self.plant.thresholds, live=True),
            self.seed,
            now,
            before.water,
        )
        node.pot.fast, node.pot.slow, node.pot.away_from = before.fast, before.slow, before.away_from
        if self.character.silences:
            node.link.planned = demo_pots.silences(now)
        self.member.node = node
        self._looked_at = now

    def _limit(self) -> float:
        soil = self.plant.thresholds.get("soil_moisture") if self.plant else None
        return soil.min if soil is not None and soil.min is not None else 20.0

    def _recall(self) -> dict[str, Any]:
        try:
            kept = json.loads(self.memory.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    async def _find_plant(self, client: PlantOpsClient, kept: dict[str, Any]) -> wire.Plant:
        try:
            if "plant_id" in kept and not (found := await client.get_plant(kept["plant_id"])).archived:
                return found
        except errors.NotFound:
            pass
        character = self.character
        return await client.create_plant(
            wire.PlantBody(name=character.name, species=character.species, location=character.location)
        )

    async def _find_device(self, client: PlantOpsClient, kept: dict[str, Any]) -> wire.Device | None:
        try:
            found = await client.get_device(kept["registered"]["device_id"])
        except (errors.NotFound, KeyError, TypeError):
            return None
        return found if found.mac_address else None  # without one it was removed

    def _body(self) -> wire.RegisterBody:
        return wire.RegisterBody(
            mac_address=mac_address("demo", self.seed),
            firmware_version=f"plantops-demo {__version__}",
            sensor_types=list(probes.PRESETS[self.character.probe]),
            name=f"{self.character.name} sensor",
            report_interval_s=REPORT_INTERVAL_S,
        )


async def _live(
    client: PlantOpsClient, actors: list[Actor], stop: asyncio.Event, timeline: Timeline, keep_every_s: float,
    now: Callable[[], datetime], say: Say, folder: Path, seed: int,
) -> None:  # fmt: skip
    by_member = {id(actor.member): actor for actor in actors}

    def refused(member: Member, _refusal: BrokerRefused) -> None:
        say(
            f"The broker does not let {by_member[id(member)].character.name}'s device in any more; it stops here."
        )

    async with asyncio.TaskGroup() as group:
        box = spares.Spares(client, folder, seed, timeline, REPORT_INTERVAL_S, now)
        waiting = group.create_task(box.run(stop, min(keep_every_s, LOOK_EVERY_S)), name="demo spares")
        keeper = group.create_task(_keep(client, actors, stop, keep_every_s, now), name="demo keeper")
        plants = [actor.plant.id for actor in actors if actor.plant is not None]
        every = min(keep_every_s, gardener.LOOK_EVERY_S)
        asking = group.create_task(
            gardener.ask_for_plans(client, plants, stop, say, every), name="demo gardener"
        )
        members = [actor.member for actor in actors]
        await fleet.run(members, timeline, stop, refused=refused)
        keeper.cancel()
        asking.cancel()
        await waiting
    for actor in actors:
        actor.remember(now())


async def _keep(
    client: PlantOpsClient,
    actors: list[Actor],
    stop: asyncio.Event,
    every_s: float,
    now: Callable[[], datetime],
) -> None:
    """Write memories down now and then, and give water where a person says so. Ends with ``stop``."""
    while not await stopped_within(stop, every_s):
        for actor in actors:
            actor.remember(now())
            with suppress(errors.ApiError):  # the server is away: the next round looks again
                await actor.take_water(client, now())
