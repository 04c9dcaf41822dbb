"""What a sensor makes of the truth: gain, temperature effect, noise, spikes, clipping, resolution, drift.

reading = clip(moisture + drift + kT * (T - 20) + noise, low, high), rounded to the resolution
"""

from __future__ import annotations

from dataclasses import dataclass

from plantops_cli.simulator import chance
from plantops_cli.simulator.climate import Air


@dataclass(frozen=True)
class Channel:
    """One measured quantity: noise sigma, resolution and range in the quantity's own unit."""

    noise: float
    resolution: float
    low: float
    high: float
    per_degree: float = 0.0
    """Points that the reading moves for each °C away from 20 °C."""
    missing: float = 0.0
    """Share of samples that fail."""
    spikes: float = 0.0
    """Share of samples that dip by 1 to 1.6 points."""
    drift_per_day: float = 0.0

    def read(self, truth: float, temperature: float, age_d: float, seed: int, number: int) -> float | None:
        """The ``number``-th reading of ``truth``; None when the sample fails."""
        if self.missing and chance.uniform(chance.seed_of(seed, "missing"), number) < self.missing:
            return None
        value = truth + self.per_degree * (temperature - 20) + self.drift_per_day * age_d
        value += chance.normal(seed, number, sd=self.noise)
        if self.spikes and chance.uniform(chance.seed_of(seed, "spikes"), number) < self.spikes:
            value -= 1 + 0.6 * chance.uniform(chance.seed_of(seed, "depth"), number)
        steps = round(min(max(value, self.low), self.high) / self.resolution)
        return round(steps * self.resolution, 4)


_SHT = {
    "temperature": Channel(noise=0.05, resolution=0.1, low=-40, high=85),
    "humidity": Channel(noise=0.4, resolution=0.1, low=0, high=100),
}
_DHT11 = {
    "temperature": Channel(noise=0.2, resolution=1, low=0, high=50, missing=0.167),
    "humidity": Channel(noise=0.8, resolution=1, low=20, high=95, missing=0.167),
}
_BH1750 = {"light_level": Channel(noise=0.4, resolution=0.42, low=0, high=65_535)}
_LDR = {"light_level": Channel(noise=8, resolution=4, low=0, high=65_535)}
_FERTILITY = {"conductivity": Channel(noise=8, resolution=1, low=0, high=10_000)}

PRESETS: dict[str, dict[str, Channel]] = {
    "capacitive-16bit": {
        "soil_moisture": Channel(0.05, 0.01, 0, 97, per_degree=0.07, spikes=0.005), **_SHT, **_BH1750,
    },
    "fdr": {"soil_moisture": Channel(0.03, 0.1, 0, 60, per_degree=-0.13), **_SHT, **_BH1750},
    "capacitive-12bit": {"soil_moisture": Channel(0.30, 0.26, 0, 100, per_degree=-0.57), **_DHT11, **_LDR},
    "resistive": {"soil_moisture": Channel(3.0, 0.1, 0, 100, drift_per_day=-0.05), **_DHT11, **_LDR},
    "miflora": {
        "soil_moisture": Channel(0.4, 1, 0, 100),
        "temperature": Channel(0.1, 0.1, -10, 60),
        "light_level": Channel(5, 1, 0, 65_535),
        **_FERTILITY,
    },
    "tuya": {"soil_moisture": Channel(0.4, 1, 0, 100), "temperature": Channel(0.1, 0.1, -10, 60)},
}  # fmt: skip
"""Sensors by name; each measures what its hardware can."""


class Probe:
    """One sensor board of a preset with its own noise."""

    def __init__(self, preset: str, seed: int) -> None:
        self.preset = preset
        self.channels = PRESETS[preset]
        self._seeds = {name: chance.seed_of(seed, preset, name) for name in self.channels}

    def read(self, moisture: float, air: Air, age_d: float, number: int) -> dict[str, float | None]:
        """Every channel once: None for a sample that failed. ``age_d`` is how long the probe has been in, d."""
        truth = {
            "soil_moisture": moisture,
            "temperature": air.temperature,
            "humidity": air.humidity,
            "light_level": air.light,
            "conductivity": 12 * moisture,  # a fertilised pot: about 600 µS/cm at 50 %
        }
        return {
            name: channel.read(truth[name], air.temperature, age_d, self._seeds[name], number)
            for name, channel in self.channels.items()
        }
