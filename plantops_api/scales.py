"""How each metric is named and measured on screen: label, unit, and the fixed range of its drawings.

Ranges are fixed, so that two plants compare at a glance and a quiet day does not look like a storm.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt

from plantops_api import wire


@dataclass(frozen=True)
class Scale:
    """One metric on screen."""

    label: str
    short: str
    """At most four characters, for cards."""
    unit: str
    low: float
    high: float
    decimals: int = 0
    root: bool = False
    """Drawn by square root: light spans four decades, and a dim corner must still show its day."""

    def share(self, value: float) -> float:
        """Where a value lies between ``low`` and ``high``, 0 to 1, clipped."""
        part = (value - self.low) / (self.high - self.low)
        part = min(1.0, max(0.0, part))
        return sqrt(part) if self.root else part


SCALES: dict[str, Scale] = {
    "soil_moisture": Scale("soil moisture", "soil", "%", 0, 100, 0),
    "temperature": Scale("temperature", "temp", "°C", 0, 40, 1),
    "humidity": Scale("humidity", "hum", "%", 0, 100, 0),
    # 30 000 lx is a window sill in full sun; a room corner has 200 lx.
    "light_level": Scale("light", "lux", "lx", 0, 30_000, 0, root=True),
    "conductivity": Scale("conductivity", "EC", "µS/cm", 0, 3_000, 0),
    "dli": Scale("light a day", "DLI", "mol/m²/d", 0, 40, 1),
    "vpd": Scale("vapour deficit", "VPD", "kPa", 0, 3, 2),
    "battery": Scale("battery", "batt", "%", 0, 100, 0),
    "rssi": Scale("signal", "rssi", "dBm", -100, -30, 0),
}


def scale_of(metric: str) -> Scale:
    """The scale of a metric; one that a newer server invented gets its own name and 0–100."""
    return SCALES.get(metric) or Scale(
        metric.replace("_", " "), metric[:4], wire.UNITS.get(metric, ""), 0, 100, 1
    )


def is_number(value: object) -> bool:
    """Whether a value can be drawn: a finite number, not None, NaN or infinite."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def side(metric: str, value: float | None, threshold: wire.Threshold | None) -> int:
    """-1 below the range, +1 above it, 0 within it or when either is unknown.

    Light of a moment is never judged: every night would be an alarm. Its day's sum is what counts.
    """
    if metric == "light_level" or value is None or not is_number(value) or threshold is None:
        return 0
    if threshold.min is not None and value < threshold.min:
        return -1
    if threshold.max is not None and value > threshold.max:
        return 1
    return 0
