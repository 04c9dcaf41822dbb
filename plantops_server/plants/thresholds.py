"""The limits by which a plant is judged: its own, else its species', else general ones, each with its source.

A metric that has limits of its own follows them alone: ``{"min": 30}`` means no upper limit, and ``{}`` means that
nobody wants to hear about this metric.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from plantops_api.wire import Metric, Range, Threshold
from plantops_server.errors import InvalidInput
from plantops_server.plants import species as species_set

DEFAULTS: dict[str, tuple[float | None, float | None]] = {
    # Wide on purpose: they must not nag about a plant of which nothing is known. Most house plants are hurt below
    # 8 °C, wilt above 35 °C, and live between 20 and 90 %RH (University of Missouri Extension, G6510).
    "soil_moisture": (15.0, 85.0),
    "temperature": (8.0, 35.0),
    "humidity": (20.0, 90.0),
}
"""Limits where nobody said anything. Light has none (it is judged as a day's sum), nor has conductivity."""

BOUNDS: dict[str, tuple[float, float]] = {
    "soil_moisture": (0, 100),
    "temperature": (-40, 85),
    "humidity": (0, 100),
    "light_level": (0, 200_000),
    "conductivity": (0, 20_000),
    "battery": (0, 100),
    "rssi": (-130, 0),
}
"""What a sensor can measure at all: a limit outside would never, or always, be crossed."""


def effective(own: Mapping[str, Mapping[str, Any]], species: str | None) -> dict[str, Threshold]:
    """The limits of each watched metric. ``own`` is ``plants.thresholds``, ``species`` as the person wrote it."""
    limits = dict(_of_species(species))
    for metric, mine in own.items():
        limits[metric] = Threshold(min=mine.get("min"), max=mine.get("max"), source="user")
    return limits


@lru_cache(maxsize=1000)
def _of_species(species: str | None) -> Mapping[str, Threshold]:
    """Limits of a plant without its own; ingest asks for them with every batch."""
    known = species_set.match(species)
    limits = {m: Threshold(min=low, max=high, source="default") for m, (low, high) in DEFAULTS.items()}
    if known is not None:
        for metric, at in known.thresholds.items():
            limits[metric] = Threshold(min=at.min, max=at.max, source="species")
    return limits


def checked(limits: dict[Metric, Range] | None) -> dict[str, dict[str, float]]:
    """A person's limits as they are stored. Raises InvalidInput with a sentence for limits that make no sense."""
    return {metric: _checked(metric, given) for metric, given in (limits or {}).items()}


def _checked(metric: str, given: Range) -> dict[str, float]:
    low, high = BOUNDS[metric]
    sides = {side: value for side, value in (("min", given.min), ("max", given.max)) if value is not None}
    for side, value in sides.items():
        if not math.isfinite(value) or not low <= value <= high:
            raise InvalidInput(
                problem=f"{metric}: {side} {value:g} is outside of what can be measured, {low:g} to {high:g}."
                " Give a value between them."
            )
    if len(sides) == 2 and sides["min"] >= sides["max"]:
        raise InvalidInput(
            problem=f"{metric}: min {sides['min']:g} is not below max {sides['max']:g}. Swap them, or leave one out."
        )
    return sides
