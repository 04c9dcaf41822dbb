"""Water in a pot: how it dries, and what happens when somebody waters it.

    drying    E = max(0, base + per_lux * L + per_kpa * VPD) * f(W)                                    %/h
    watering  W += rise over the rise time, and two excesses that drain away: fast (A1, tau1) and slow (A2, tau2)
    moisture  W + x1 + x2, in points on the probe's scale

Presets are fitted to a peace lily (indoors, four waterings in 50 days) and to a greenhouse bench (five in 30).
Time is a parameter; chance is seeded.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from plantops_cli.simulator import chance
from plantops_cli.simulator.climate import GREENHOUSE, INDOOR, Climate, Place

LONGEST_STEP = timedelta(minutes=10)
"""Longer spans are walked in steps of this length: light and the fast excess change within an hour."""

DELAY_SIGMA = 0.6
"""Log-scale spread of how long an owner takes to notice."""


def dries_indoors(water: float) -> float:
    """Drying of a house pot against its moisture: even down to 20 %, then fading out at 5 %."""
    return min(1.0, max(0.0, (water - 5) / 15))


def dries_on_a_bench(water: float) -> float:
    """Drying of the greenhouse substrate: slow when wet, fastest in the middle."""
    capacity = 28.8
    return 0.6 if water > 0.8 * capacity else 1.7 if water > 0.5 * capacity else 1.15


@dataclass(frozen=True)
class PotPreset:
    """One kind of pot and its owner. Moisture in points on the probe's scale, times in h or d."""

    place: Place
    drying_base: float
    """%/h in the dark and in saturated air."""
    drying_per_lux: float
    drying_per_kpa: float
    dries: Callable[[float], float]
    waters_at: float
    waters_at_sd: float
    delay_d: float
    """Median time until the owner acts."""
    rise: float | None
    """Points that a watering adds; None fills up to ``capacity``."""
    capacity: float
    refill_sd: float
    rise_h: float
    fast: float
    slow: float
    fast_h: float = 0.6
    slow_h: float = 6.0
    awake: tuple[float, float] = (7.0, 23.0)


INDOOR_POT = PotPreset(
    place=INDOOR, drying_base=0.098, drying_per_lux=4e-5, drying_per_kpa=0.0, dries=dries_indoors,
    waters_at=37, waters_at_sd=4, delay_d=0.5, rise=24, capacity=85, refill_sd=4, rise_h=0.0, fast=9, slow=5,
)  # fmt: skip
GREENHOUSE_POT = PotPreset(
    place=GREENHOUSE, drying_base=-0.044, drying_per_lux=2e-5, drying_per_kpa=0.113, dries=dries_on_a_bench,
    waters_at=14, waters_at_sd=4, delay_d=0.5, rise=None, capacity=28.8, refill_sd=0.7, rise_h=1.0,
    fast=0.0, slow=0.8, awake=(6.5, 21.0),
)  # fmt: skip
PRESETS: dict[str, PotPreset] = {"indoor": INDOOR_POT, "greenhouse": GREENHOUSE_POT}


@dataclass(frozen=True)
class Poured:
    """One watering: the truth that a detector is measured against. Moisture before, and at its peak."""

    at: datetime
    before: float
    after: float


class Planned(NamedTuple):
    """A watering that is fixed beforehand: when, and up to which level of ``water``."""

    at: datetime
    level: float


@dataclass
class Pot:
    """One pot in its climate, from ``time`` on.

    ``away_from``: the owner waters by herself until then. ``planned``: waterings that happen whatever she thinks.
    """

    preset: PotPreset
    climate: Climate
    seed: int
    time: datetime
    water: float
    away_from: datetime | None = None
    planned: list[Planned] = field(default_factory=list)
    fast: float = 0.0
    slow: float = 0.0
    waterings: list[Poured] = field(default_factory=list)
    _rising: float = 0.0
    _rising_until: datetime | None = None
    _acts_at: datetime | None = None

    @property
    def moisture(self) -> float:
        """What a perfect probe would show, in points."""
        return self.water + self.fast + self.slow

    def advance(self, to: datetime) -> None:
        """Let time pass until ``to``; an earlier time changes nothing."""
        while self.time < to:
            step = min(LONGEST_STEP, to - self.time)
            self._step(step)
            self.time += step

    def pour(self, rise: float | None = None) -> None:
        """Water it now: by ``rise`` points (plus what runs through), or as the preset's owner does."""
        count, preset = len(self.waterings), self.preset
        drawn = chance.normal(chance.seed_of(self.seed, "refill"), count, sd=preset.refill_sd)
        if rise is None:
            rise = preset.rise + drawn if preset.rise is not None else preset.capacity + drawn - self.water
        rise = max(1.0, min(rise, preset.capacity - self.water))
        before = self.moisture
        if preset.rise_h:
            self._rising, self._rising_until = (
                rise / preset.rise_h,
                self.time + timedelta(hours=preset.rise_h),
            )
        else:
            self.water += rise
        self.fast += preset.fast
        self.slow += preset.slow
        self.waterings.append(Poured(self.time, before, before + rise + preset.fast + preset.slow))
        self._acts_at = None

    def _step(self, step: timedelta) -> None:
        hours, preset = step.total_seconds() / 3600, self.preset
        air = self.climate.at(self.time)
        rate = (
            preset.drying_base
            + preset.drying_per_lux * air.light
            + preset.drying_per_kpa * air.vapour_deficit
        )
        self.water = max(0.0, self.water - max(0.0, rate) * preset.dries(self.water) * hours)
        self.fast *= math.exp(-hours / preset.fast_h)
        self.slow *= math.exp(-hours / preset.slow_h)
        if self._rising_until is not None:
            self.water += self._rising * hours
            if self.time + step >= self._rising_until:
                self._rising_until = None
        elif self.planned and self.planned[0].at <= self.time:
            self.pour(self.planned.pop(0).level - self.water)
        elif self.away_from is None or self.time < self.away_from:
            self._owner_looks()

    def _owner_looks(self) -> None:
        """The owner notices a dry pot some time after it is dry, and acts while awake."""
        count, preset = len(self.waterings), self.preset
        if self._acts_at is None:
            thirst = chance.normal(
                chance.seed_of(self.seed, "owner"), count, preset.waters_at, preset.waters_at_sd
            )
            if self.water >= thirst:
                return
            delay = chance.lognormal(chance.seed_of(self.seed, "delay"), count, preset.delay_d, DELAY_SIGMA)
            self._acts_at = self.time + timedelta(days=delay)
        hour = (self.time.timestamp() / 3600 + preset.place.utc_offset_h) % 24
        if self.time >= self._acts_at and preset.awake[0] <= hour < preset.awake[1]:
            self.pour()
