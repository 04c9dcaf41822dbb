"""What is measured, in which units and within which bounds.

Units, everywhere: soil moisture %, temperature °C, humidity %RH, light lx, conductivity µS/cm,
battery %, rssi dBm.
"""

from __future__ import annotations

from typing import Literal

Metric = Literal["soil_moisture", "temperature", "humidity", "light_level", "conductivity", "battery", "rssi"]
"""A measured quantity. The first four are what a plant card shows."""

METRICS: tuple[Metric, ...] = (
    "soil_moisture", "temperature", "humidity", "light_level", "conductivity", "battery", "rssi",
)  # fmt: skip
PLANT_METRICS: tuple[Metric, ...] = (
    "soil_moisture", "temperature", "humidity", "light_level", "conductivity",
)  # fmt: skip
"""Metrics that describe the plant rather than the device, in the order in which cards show them."""

LimitMetric = Literal[
    "soil_moisture", "temperature", "humidity", "light_level", "conductivity", "battery", "rssi", "dli", "vpd"
]
"""What may have limits: every measured quantity, the light of a day (DLI) and the dryness of the air (VPD)."""

LIMIT_METRICS: tuple[LimitMetric, ...] = (*METRICS, "dli", "vpd")

BOUNDS: dict[str, tuple[float, float]] = {
    "soil_moisture": (0, 100),
    "temperature": (-40, 85),
    "humidity": (0, 100),
    "light_level": (0, 200_000),
    "conductivity": (0, 20_000),
    "battery": (0, 100),
    "rssi": (-130, 0),
    "dli": (0, 65),  # the brightest days outdoors reach about 60 mol/m²/d
    "vpd": (0, 12),  # bone-dry air of 49 °C
}
"""What can be measured at all: a limit outside would never, or always, be crossed."""

DERIVED_METRICS: tuple[str, ...] = ("dli", "vpd")
"""What history computes from the others: the light of the local day, and how thirsty the air is."""

UNITS: dict[str, str] = {
    "soil_moisture": "%",
    "temperature": "°C",
    "humidity": "%",
    "light_level": "lx",
    "conductivity": "µS/cm",
    "battery": "%",
    "rssi": "dBm",
    "dli": "mol/m²/d",
    "vpd": "kPa",
}
