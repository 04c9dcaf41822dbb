"""One simulated node: a pot, a probe in it, a battery, a link, and what goes wrong with them. No network here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from plantops_cli.simulator import chance, links, pots
from plantops_cli.simulator.battery import Battery
from plantops_cli.simulator.climate import Climate
from plantops_cli.simulator.faults import Faults, Kind
from plantops_cli.simulator.links import Link, LinkPreset
from plantops_cli.simulator.pots import Pot, PotPreset
from plantops_cli.simulator.probes import Probe


@dataclass(frozen=True)
class Design:
    """What a node is built from. ``interval_s`` is in the pot's time; ``faults_factor`` makes faults more frequent."""

    pot: PotPreset = pots.INDOOR_POT
    probe: str = "capacitive-16bit"
    link: LinkPreset = links.PRESETS["wired"]
    faults: tuple[Kind, ...] = ()
    faults_factor: float = 1.0
    interval_s: float = 600.0


class Report(NamedTuple):
    """What a node wants to send. ``copies`` 0 is lost on the way; ``held_until`` is the end of an outage, if any.

    ``clock_error`` is what the node's clock is wrong by, to be added to the true time.
    """

    time: datetime
    values: dict[str, Any]
    copies: int
    held_until: datetime | None
    clock_error: timedelta


class Node:
    """One node from ``since`` on; ask it for reports in the order of time.

    ``water`` is the moisture to start with; without it the pot starts somewhere between dry and freshly watered.
    """

    def __init__(
        self, design: Design, seed: int, since: datetime, water: float | None = None, gateway_seed: int | None = None
    ) -> None:  # fmt: skip
        self.design, self.since = design, since
        climate = Climate(design.pot.place, chance.seed_of(seed, "climate"))
        self.pot = Pot(
            design.pot, climate, chance.seed_of(seed, "pot"), since, water or self._some_water(seed)
        )
        self.probe = Probe(design.probe, chance.seed_of(seed, "probe"))
        self.battery = Battery(chance.seed_of(seed, "battery"))
        self.link = Link(design.link, chance.seed_of(seed, "link"), since, gateway_seed)
        self.faults = Faults(design.faults, chance.seed_of(seed, "faults"), since, design.faults_factor)

    def next_report(self, after: datetime) -> datetime:
        """When it reports next."""
        return self.link.next_report(after, self.design.interval_s, _number(after))

    def measure(self, time: datetime) -> Report:
        """Let the pot live until ``time`` and read its probe."""
        self.pot.advance(time)
        number, age_d = _number(time), (time - self.since).total_seconds() / 86_400
        air = self.pot.climate.at(time)
        values: dict[str, Any] = self.probe.read(self.pot.moisture, air, age_d, number)
        values = dict(self.faults.bend(values, time))
        if self.link.empty(number, self.design.interval_s):
            values = dict.fromkeys(values)
        values |= {"battery": self.battery.charge(age_d, air.temperature), "rssi": self.battery.rssi(number)}
        outage = self.link.outage(time)
        copies, clock_error = self.link.copies(number), self.faults.clock_error(time)
        return Report(time, values, copies, outage.end if outage else None, clock_error)

    def history(self, end: datetime) -> Iterator[dict[str, Any]]:
        """Readings from where the pot is until ``end``, as a device that could not send them has them in its buffer."""
        time = self.next_report(self.pot.time)
        while time < end:
            report = self.measure(time)
            kept = report.held_until is None or self.design.link.buffers
            if report.copies and kept and not report.clock_error:
                yield {"ts": time, **report.values}
            time = self.next_report(time)
        self.pot.advance(end)

    def _some_water(self, seed: int) -> float:
        preset = self.design.pot
        full = preset.capacity if preset.rise is None else preset.waters_at + preset.rise
        share = chance.uniform(chance.seed_of(seed, "start"), 0)
        return preset.waters_at + 1 + share * (full - preset.waters_at - 1)


def _number(time: datetime) -> int:
    """What draws of chance are numbered by: the second, so that a node that starts again continues its noise."""
    return int(time.timestamp())
