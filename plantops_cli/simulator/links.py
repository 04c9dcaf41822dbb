"""How readings travel: when a device reports, what gets lost, delayed or doubled, and when its link is down.

Presets are fitted to real fleets. Outages of a gateway are shared by all devices behind it: give them one
``gateway_seed``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from plantops_cli.simulator import chance

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class LinkPreset:
    """One kind of link. Shares are of reports; times in s or h."""

    jitter_s: float = 0.0
    slots: tuple[float, ...] = (1.0,)
    """How likely the next report comes after one, two, three ... intervals."""
    period: float = 1.0
    """The device's own clock: 1.007 reports every 604 s instead of 600."""
    stretch_s_per_day: float = 0.0
    """The interval grows by this much each day."""
    lost: float = 0.0
    doubled: float = 0.0
    outages_per_day: float = 0.0
    outage_h: float = 0.0
    """Median length of an outage."""
    outage_sigma: float = 0.0
    longest_outage_h: float = 0.0
    shared: bool = False
    """The outages are the gateway's, not the device's."""
    buffers: bool = False
    """Readings taken during an outage are kept and sent as arrays after it; else they are lost."""
    empty_per_day: float = 0.0
    """Frames without any value."""
    sleeps: bool = False
    """Connects for each report and says ``sleeping`` in between."""


PRESETS: dict[str, LinkPreset] = {
    "wired": LinkPreset(jitter_s=1),
    "wifi": LinkPreset(
        jitter_s=1, slots=(0.81, 0.115, 0.075), outages_per_day=2.9, outage_h=0.95, outage_sigma=2.0,
        longest_outage_h=12, buffers=True, doubled=0.01,
    ),
    "lorawan": LinkPreset(
        jitter_s=1, period=1.007, lost=0.004, outages_per_day=0.5, outage_h=0.7, outage_sigma=0.4,
        longest_outage_h=1.2, shared=True, empty_per_day=1,
    ),
    "logger": LinkPreset(jitter_s=1, outages_per_day=2 / 7, outage_h=6, outage_sigma=1.2, longest_outage_h=48),
    "3g": LinkPreset(jitter_s=2, outages_per_day=4.5 / 60, outage_h=72, outage_sigma=0.7, longest_outage_h=192),
    "deep-sleep": LinkPreset(jitter_s=2, lost=0.001, outages_per_day=0.2, outage_h=1, outage_sigma=1,
        longest_outage_h=12, buffers=True, sleeps=True),
    "stretching": LinkPreset(jitter_s=1, stretch_s_per_day=5.0),
}  # fmt: skip
"""Links by name. Stretching: 2.5 min a month."""


class Outage(NamedTuple):
    """The link is down from ``start`` until ``end``."""

    start: datetime
    end: datetime


class Link:
    """One device's link, a pure function of its seed and of time."""

    def __init__(
        self, preset: LinkPreset, seed: int, since: datetime, gateway_seed: int | None = None
    ) -> None:
        self.preset = preset
        self.planned: tuple[Outage, ...] = ()
        """Outages that were arranged, besides those that happen."""
        self._since = since
        shared = preset.shared and gateway_seed is not None
        self._down = chance.seed_of(gateway_seed if shared else seed, "down")
        self._jitter, self._slot = chance.seed_of(seed, "jitter"), chance.seed_of(seed, "slot")
        self._fate, self._empty = chance.seed_of(seed, "fate"), chance.seed_of(seed, "empty")
        self._starting_on = lru_cache(512)(self._outages_of_day)

    def next_report(self, after: datetime, interval_s: float, number: int) -> datetime:
        """When the ``number``-th report is due, given the one before it."""
        preset = self.preset
        age_d = (after - self._since).total_seconds() / 86_400
        step = interval_s * preset.period + preset.stretch_s_per_day * max(0.0, age_d)
        wait = step * self._slots(number) + chance.normal(
            self._jitter, number, sd=min(preset.jitter_s, step / 10)
        )
        return after + timedelta(seconds=max(wait, step / 2))

    def outage(self, time: datetime) -> Outage | None:
        """The outage that ``time`` falls into."""
        for outage in self.planned:
            if outage.start <= time < outage.end:
                return outage
        day = (time - _EPOCH).days
        back = int(self.preset.longest_outage_h // 24) + 1
        for outage in (o for d in range(day - back, day + 1) for o in self._starting_on(d)):
            if outage.start <= time < outage.end:
                return outage
        return None

    def copies(self, number: int) -> int:
        """How often the ``number``-th report arrives: 0 lost, 1, or 2 in the same second."""
        drawn = chance.uniform(self._fate, number)
        return 0 if drawn < self.preset.lost else 2 if drawn > 1 - self.preset.doubled else 1

    def empty(self, number: int, interval_s: float) -> bool:
        """Whether the ``number``-th report is a frame without values."""
        return chance.uniform(self._empty, number) < self.preset.empty_per_day * interval_s / 86_400

    def _slots(self, number: int) -> int:
        drawn, slots = chance.uniform(self._slot, number), self.preset.slots
        for count, share in enumerate(slots, 1):
            drawn -= share
            if drawn < 0:
                return count
        return len(slots)

    def _outages_of_day(self, day: int) -> tuple[Outage, ...]:
        """Outages that start on one day; none before the device was there."""
        preset, seed = self.preset, chance.seed_of(self._down, day)
        found = []
        for n in range(chance.poisson(seed, 0, preset.outages_per_day)):
            start = _EPOCH + timedelta(days=day + chance.uniform(seed, 2 * n + 1))
            hours = chance.lognormal(seed, 2 * n + 2, preset.outage_h, preset.outage_sigma)
            if start >= self._since:
                found.append(Outage(start, start + timedelta(hours=min(hours, preset.longest_outage_h))))
        return tuple(found)
