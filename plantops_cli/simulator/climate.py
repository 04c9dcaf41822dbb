"""Light, temperature and humidity of a place, as a pure function of its seed and of time.

Presets are fitted to real series: ``INDOOR`` to a peace lily in a room in winter, ``GREENHOUSE`` to one month of a
commercial bench (30MHz, MIT).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from plantops_cli.simulator import chance

_DAYS_REMEMBERED = 12  # 0.66 ** 12 < 1 %: the weather of two weeks ago does not matter
_CLOUD_S, _AIR_S = 600.0, 1800.0  # a cloud lasts ten minutes, a draught half an hour


@dataclass(frozen=True)
class Place:
    """What the air and the light of a place do. °C, %RH, lx, hours of local time."""

    peak_lux: float
    peak_log_sd: float
    sunrise_h: float
    day_length_h: float
    light_power: float
    """Exponent on the sine of the day: above 1 for a window that the sun passes."""
    cloud_log_sd: float
    lamp_lux: float
    """Lamp light in the evening, 18 to 23 h."""
    temperature: float
    temperature_day_sd: float
    temperature_memory: float
    """Autocorrelation from one day to the next."""
    temperature_swing: float
    humidity: float
    humidity_per_degree: float
    humidity_sd: float
    utc_offset_h: float = 0.0


INDOOR = Place(
    peak_lux=792, peak_log_sd=0.3, sunrise_h=8, day_length_h=8, light_power=1.3, cloud_log_sd=0.25, lamp_lux=20,
    temperature=18.3, temperature_day_sd=0.5, temperature_memory=0.66, temperature_swing=0.75,
    humidity=53, humidity_per_degree=-1.3, humidity_sd=1.5,
)  # fmt: skip
GREENHOUSE = Place(
    peak_lux=11_500, peak_log_sd=0.3, sunrise_h=6, day_length_h=14, light_power=1.3, cloud_log_sd=0.35, lamp_lux=0,
    temperature=20.2, temperature_day_sd=2.1, temperature_memory=0.66, temperature_swing=4.1,
    humidity=77, humidity_per_degree=-3.5, humidity_sd=1.0,
)  # fmt: skip


class Air(NamedTuple):
    """The climate at one moment: lx, °C, %RH."""

    light: float
    temperature: float
    humidity: float

    @property
    def vapour_deficit(self) -> float:
        """Vapour pressure deficit in kPa (Tetens)."""
        saturated = 0.6108 * math.exp(17.27 * self.temperature / (self.temperature + 237.3))
        return saturated * (1 - self.humidity / 100)


class Climate:
    """The climate of one place in one seeded world."""

    def __init__(self, place: Place, seed: int) -> None:
        self.place = place
        self._light = chance.seed_of(seed, "light")
        self._clouds = chance.seed_of(seed, "clouds")
        self._days = chance.seed_of(seed, "days")
        self._draughts = chance.seed_of(seed, "draughts")
        self._moisture = chance.seed_of(seed, "moisture")
        self._day_temperature = lru_cache(64)(self._day_temperature_of)

    def at(self, time: datetime) -> Air:
        """Light, temperature and humidity at an aware time."""
        place, seconds = self.place, time.timestamp() + self.place.utc_offset_h * 3600
        day, hour = int(seconds // 86_400), seconds % 86_400 / 3600
        mean = self._day_temperature(day) * (1 - hour / 24) + self._day_temperature(day + 1) * hour / 24
        temperature = (
            mean
            + place.temperature_swing * _warmth(hour)
            + 0.15 * chance.smooth(self._draughts, seconds / _AIR_S)
        )
        humidity = place.humidity + place.humidity_per_degree * (temperature - place.temperature)
        humidity += place.humidity_sd * chance.smooth(self._moisture, seconds / (4 * _AIR_S))
        return Air(self._light_at(day, hour, seconds), temperature, min(max(humidity, 15.0), 99.0))

    def _light_at(self, day: int, hour: float, seconds: float) -> float:
        place = self.place
        height = math.sin(math.pi * (hour - place.sunrise_h) / place.day_length_h)
        daylight = 0.0
        if 0 < hour - place.sunrise_h < place.day_length_h and height > 0:
            cloud = math.exp(place.cloud_log_sd * chance.smooth(self._clouds, seconds / _CLOUD_S))
            peak = chance.lognormal(self._light, day, place.peak_lux, place.peak_log_sd)
            daylight = peak * cloud * height**place.light_power
        return daylight + (place.lamp_lux if 18 <= hour < 23 else 0.0)

    def _day_temperature_of(self, day: int) -> float:
        memory = self.place.temperature_memory
        wander = sum(memory**age * chance.normal(self._days, day - age) for age in range(_DAYS_REMEMBERED))
        return self.place.temperature + self.place.temperature_day_sd * math.sqrt(1 - memory**2) * wander


def _warmth(hour: float) -> float:
    """The shape of a day's temperature in [-1, 1]: coldest at 5 h, warmest at 14 h."""
    if 5 <= hour <= 14:
        return -math.cos(math.pi * (hour - 5) / 9)
    return math.cos(math.pi * ((hour - 14) % 24) / 15)
