"""A plant as a few figures, and the fact sheet that the server itself writes from them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from plantops_api.wire import PLANT_METRICS
from plantops_server.advisor.sheet import FactSheet
from plantops_server.facts.gathering import Gathered, Hour
from plantops_server.facts.writing import sheet_of
from plantops_server.plants import species as species_set
from plantops_server.plants import thresholds
from plantops_server.telemetry.dli import UMOL_PER_LUX, DailyLight

WINTER = datetime(2026, 11, 24, 8, tzinfo=UTC)
SUMMER = datetime(2026, 6, 24, 8, tzinfo=UTC)

Level = Callable[[float], float]
"""A value so many hours ago."""


@dataclass(frozen=True)
class Poured:
    """A watering, so many hours ago."""

    hours: float
    before: float | None = None
    after: float | None = None
    ml: float | None = None
    source: str = "detected"


@dataclass(frozen=True)
class Sensor:
    """A device; ``soil`` and ``temperature`` are the means of its last day, where two are to be compared."""

    trust: str = "fresh"
    fault: str | None = None
    battery: float | None = 90
    rssi: float | None = -60
    flagged: int = 0
    soil: float | None = None
    temperature: float | None = None
    heard_h: float = 0


@dataclass(frozen=True)
class Pot:
    """What is measured of one plant. A metric that is None has no sensor."""

    species: str | None = "Monstera deliciosa"
    name: str = "The plant"
    location: str | None = None
    notes: str | None = None
    soil: float | None = 45
    drying: float = 2.5
    """Points a day."""
    temperature: float | None = 20.5
    swing: float = 1.5
    """Degrees by which nights and days differ from the mean."""
    humidity: float | None = 55
    dli: float | None = 4
    conductivity: float | None = None
    waterings: tuple[Poured, ...] = ()
    trust: str = "fresh"
    newest_h: float = 0
    sensors: tuple[Sensor, ...] = (Sensor(),)
    due_h: float | None = None
    no_forecast: str = "No watering was seen yet: log one, or wait for the next."
    alerts: tuple[tuple[str, str | None, str, float], ...] = ()
    """Kind, metric, severity, hours."""
    limits: tuple[tuple[str, float | None, float | None], ...] = ()
    """Of the owner's own: metric, min, max."""
    days: float = 30
    missing: float = 0
    """Share of the hours without a reading."""
    now: datetime = WINTER
    zone: str = "Europe/Berlin"

    def sheet(self) -> FactSheet:
        """Its fact sheet."""
        return _sheet(self)

    def gathered(self) -> Gathered:
        """All that its sheet is written from."""
        known = species_set.match(self.species)
        hours: dict[str, list[Hour]] = {metric: self._hours(metric) for metric in PLANT_METRICS}
        today = self.now.astimezone(ZoneInfo(self.zone)).date()
        light = {
            today - timedelta(days=day): DailyLight(self.dli, complete=True)
            for day in range(1, min(9, int(self.days) + 1))
            if self.dli is not None
        }
        return Gathered(
            plant=self._plant(), stored_trust=self.trust, hours=hours,
            waterings=[self._watering(one) for one in self.waterings], light=light,
            species={**msgspec.to_builtins(known), "origin": "shipped"} if known else None,
            sensors={f"dev_{n}": self._week(sensor) for n, sensor in enumerate(self.sensors)} if self.days else {},
            batteries={f"dev_{n}": s.battery for n, s in enumerate(self.sensors) if s.battery is not None},
        )  # fmt: skip

    def level(self, metric: str) -> Level | None:
        """The value of a metric by hours ago; None when nothing measures it."""
        if metric == "soil_moisture":
            return None if self.soil is None else self._soil
        if metric == "light_level":
            return None if self.dli is None else self._light
        value: float | None = getattr(self, metric)
        if value is None:
            return None
        swing = self.swing if metric == "temperature" else 0.0
        return lambda ago: value - swing * math.cos((self._clock(ago) - 4) / 12 * math.pi)

    def _clock(self, ago: float) -> float:
        return (_local_hour(self.now, self.zone) - ago) % 24

    def _soil(self, ago: float) -> float:
        """It dries from watering to watering, and ends at ``soil``."""
        assert self.soil is not None  # noqa: S101 - only asked for a pot with a soil sensor
        last = next((one for one in self.waterings if one.before is not None and one.hours <= ago), None)
        level = self.soil + self.drying * ago / 24
        if last is not None and last.before is not None:
            level = last.before + self.drying * (ago - last.hours) / 24
        return min(max(level, 0), 100)

    def _light(self, ago: float) -> float:
        """A day of ten hours, so bright that its sum is ``dli``."""
        peak = (self.dli or 0) * 1e6 / UMOL_PER_LUX / (10 * 3600 * 2 / math.pi)
        return max(0.0, peak * math.sin((self._clock(ago) - 7) / 10 * math.pi))

    def _hours(self, metric: str) -> list[Hour]:
        level = self.level(metric)
        if level is None or not self.days:
            return []
        first, last, every = int(self.days * 24), int(self.newest_h), 1 / (1 - self.missing)
        agos = sorted({round(last + step * every) for step in range(int(first / every))}, reverse=True)
        found = []
        for ago in agos:
            near = [level(ago), level(max(ago - 0.9, self.newest_h))]
            found.append(Hour(self.now - timedelta(hours=ago), min(near), sum(near) / 2, max(near)))
        return found

    def _plant(self) -> dict[str, Any]:
        own = {metric: _sides(low, high) for metric, low, high in self.limits}
        limits = thresholds.effective(own, self.species)
        seen = self.now - timedelta(hours=self.newest_h)
        measured = {m: level for m in PLANT_METRICS if (level := self.level(m)) is not None and self.days}
        coming = None
        if self.due_h is not None:
            at = self.now + timedelta(hours=self.due_h)
            coming = {"at": at, "plus_minus_h": 8.0, "reason": ""}
        return {
            "id": "plt_golden", "name": self.name, "species": self.species, "location": self.location,
            "notes": self.notes, "trust": self.trust, "thresholds": {m: t.model_dump() for m, t in limits.items()},
            "state": {m: {"value": level(self.newest_h), "time": seen} for m, level in measured.items()},
            "last_reading_at": seen if measured else None, "expected_interval_s": 600.0,
            "open_incidents": len(self.alerts), "open_alerts": [self._alert(*alert) for alert in self.alerts],
            "devices": [self._device(n, sensor) for n, sensor in enumerate(self.sensors)],
            "next_watering": coming, "next_watering_reason": None if coming else self.no_forecast,
        }  # fmt: skip

    def _alert(self, kind: str, metric: str | None, severity: str, hours: float) -> dict[str, Any]:
        opened = self.now - timedelta(hours=hours)
        return {"kind": kind, "metric": metric, "severity": severity, "opened_at": opened}

    def _device(self, number: int, sensor: Sensor) -> dict[str, Any]:
        seen = self.now - timedelta(hours=max(sensor.heard_h, self.newest_h))
        return {
            "id": f"dev_{number}", "trust": sensor.trust, "fault": sensor.fault, "last_seen_at": seen,
            "battery": sensor.battery, "rssi": sensor.rssi,
        }  # fmt: skip

    def _watering(self, poured: Poured) -> dict[str, Any]:
        return {
            "at": self.now - timedelta(hours=poured.hours), "source": poured.source, "amount_ml": poured.ml,
            "moisture_before": poured.before, "moisture_after": poured.after,
        }  # fmt: skip

    def _week(self, sensor: Sensor) -> dict[str, Any]:
        return {
            "readings": 1000, "flagged": 10 * sensor.flagged, "soil_moisture": sensor.soil,
            "temperature": sensor.temperature, "humidity": None, "light_level": None,
        }  # fmt: skip


@cache
def _sheet(pot: Pot) -> FactSheet:
    return sheet_of(pot.gathered(), pot.now, ZoneInfo(pot.zone))


@cache
def _local_hour(now: datetime, zone: str) -> float:
    local = now.astimezone(ZoneInfo(zone))
    return local.hour + local.minute / 60


def _sides(low: float | None, high: float | None) -> dict[str, float]:
    return {side: value for side, value in (("min", low), ("max", high)) if value is not None}
