"""Simulated pots for the evaluation: what they send, as the server reads it, beside what really happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from plantops_cli.simulator import chance, links, pots
from plantops_cli.simulator.faults import PRESETS as FAULTS
from plantops_cli.simulator.faults import Kind
from plantops_cli.simulator.messages import encode
from plantops_cli.simulator.node import Design, Node
from plantops_server.telemetry.packets import Reading, parse_packet

START = datetime(2026, 9, 1, tzinfo=UTC)
DAYS = 60

_INDOOR = (
    "capacitive-16bit",
    "capacitive-12bit",
    "miflora",
    "tuya",
    "capacitive-16bit",
    "miflora",
    "resistive",
)
_GREENHOUSE = ("fdr", "capacitive-16bit", "fdr", "capacitive-12bit")
_LINKS = ("wired", "wifi", "lorawan", "deep-sleep", "logger", "3g", "wifi", "stretching")
_INTERVALS_S = (600.0, 300.0, 1800.0, 600.0, 3600.0, 900.0)


@dataclass(frozen=True)
class Lived:
    """One pot's life: what was ``sent`` and ``came`` in order of arrival, and the node, which knows the truth.

    ``shown`` is what its probe would have shown without noise, gaps and passing faults.
    """

    name: str
    node: Node
    since: datetime
    until: datetime
    came: list[tuple[datetime, Reading]]
    sent: list[tuple[datetime, bytes]]
    shown: list[tuple[datetime, float]]

    @property
    def threshold(self) -> float:
        """The dry limit of its plant: a little before its owner acts, as an owner would set it."""
        return 44.0 if self.node.design.pot is pots.INDOOR_POT else 16.0


def designs(count: int, faults: tuple[Kind, ...] = FAULTS["realistic"]) -> Iterator[tuple[str, Design]]:
    """Every fifth pot stands in a greenhouse; probes, links and intervals take turns."""
    for number in range(count):
        bench = number % 5 == 4
        probes = _GREENHOUSE if bench else _INDOOR
        link, interval = _LINKS[number % len(_LINKS)], _INTERVALS_S[number % len(_INTERVALS_S)]
        probe = probes[number // 5 % len(probes)] if bench else probes[number % len(probes)]
        preset = pots.GREENHOUSE_POT if bench else pots.INDOOR_POT
        yield (
            f"{number:02} {'bench' if bench else 'house'} {probe} {link} {interval:.0f}s",
            Design(preset, probe, links.PRESETS[link], faults, interval_s=interval),
        )


def live(name: str, design: Design, seed: int, days: int = DAYS) -> Lived:
    """Let one pot live."""
    until = START + timedelta(days=days)
    node = Node(design, chance.seed_of(seed, name), START, gateway_seed=seed)
    came: list[tuple[datetime, Reading]] = []
    sent: list[tuple[datetime, bytes]] = []
    shown: list[tuple[datetime, float]] = []
    time = node.next_report(START)
    while time < until:
        report = node.measure(time)
        shown.append((time, _shown(node, time)))
        kept = report.held_until is None or design.link.buffers
        if report.copies and kept:
            arrived = report.held_until or time
            fields = {"ts": report.time + report.clock_error, **report.values}
            payload = encode([fields])
            sent.append((arrived, payload))
            came += [(arrived, reading) for reading in parse_packet(payload, arrived).readings]
        time = node.next_report(time)
    came.sort(key=lambda delivery: delivery[0])
    sent.sort(key=lambda delivery: delivery[0])
    return Lived(name, node, START, until, came, sent, shown)


def offset(node: Node, time: datetime) -> float:
    """What lasting faults have put the soil readings off by, in points."""
    faults = node.faults.until(time)
    steps = sum(fault.size for fault in faults if fault.kind == "contact_step")
    drifts = [fault for fault in faults if fault.kind == "drift"]
    return steps + sum(fault.size * (time - fault.start).total_seconds() / 86_400 for fault in drifts)


def _shown(node: Node, time: datetime) -> float:
    channel = node.probe.channels["soil_moisture"]
    warmth = channel.per_degree * (node.pot.climate.at(time).temperature - 20)
    warmth += channel.drift_per_day * (time - node.since).total_seconds() / 86_400
    value = min(max(node.pot.moisture + warmth, channel.low), channel.high)
    return max(0.0, value + offset(node, time))
