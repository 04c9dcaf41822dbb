"""The limits by which a plant is judged: its own, else its species', else general ones, each with its source.

A metric that has limits of its own follows them alone: ``{"min": 30}`` means no upper limit, and ``{}`` means that
nobody wants to hear about this metric. ``plants.thresholds`` keeps them with ``source``, ``set_at`` and ``set_by``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from plantops_api.wire import BOUNDS, LimitMetric, Range, Threshold
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

VPD_DEFAULT = Threshold(min=0.4, max=1.6, source="default", enabled=False)
"""What greenhouses keep (0.4 kPa: mildew below; 1.6 kPa: stomata close above), shown and not alarmed by: heated rooms
leave it every winter day, and no house plant minds."""

_SIDES = ("min", "max")


def effective(
    own: Mapping[str, Mapping[str, Any]], species: str | None, fetched: Mapping[str, Any] | None = None
) -> dict[str, Threshold]:
    """The limits of each metric that has any.

    ``own`` is ``plants.thresholds``, ``species`` as the person wrote it, ``fetched`` is ``plants.species_limits``: what
    the plant keeps of a species that does not ship with the product.
    """
    limits = dict(_of_fetched(fetched) if fetched else _of_species(species))
    for metric, mine in own.items():
        limits[metric] = _own(mine)
    return limits


@lru_cache(maxsize=1000)
def _of_species(species: str | None) -> Mapping[str, Threshold]:
    """Limits of a plant without its own; ingest asks for them with every batch."""
    known = species_set.match(species)
    limits = _general()
    if known is not None:
        for metric, at in known.limits.items():
            limits[metric] = Threshold(min=at.min, max=at.max, source="species")
    return limits


def _of_fetched(fetched: Mapping[str, Any]) -> Mapping[str, Threshold]:
    limits = _general()
    at, origin = fetched["fetched_at"], fetched["origin"]
    for metric, sides in fetched["limits"].items():
        limits[metric] = Threshold(
            min=sides.get("min"), max=sides.get("max"), source="species",
            set_at=datetime.fromisoformat(at), set_by=origin,
        )  # fmt: skip
    return limits


def _general() -> dict[str, Threshold]:
    limits = {m: Threshold(min=low, max=high, source="default") for m, (low, high) in DEFAULTS.items()}
    return {**limits, "vpd": VPD_DEFAULT}


@lru_cache(maxsize=5000)
def _parsed(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def _own(mine: Mapping[str, Any]) -> Threshold:
    set_at = mine.get("set_at")
    return Threshold(
        min=mine.get("min"), max=mine.get("max"), source=mine.get("source", "user"),
        set_at=_parsed(set_at) if set_at else None, set_by=mine.get("set_by"),
    )  # fmt: skip


def ranges(own: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Only the sides of ``plants.thresholds``, as a client may send them back."""
    return {metric: {s: mine[s] for s in _SIDES if s in mine} for metric, mine in own.items()}


def checked(
    limits: Mapping[LimitMetric, Range] | None,
    before: Mapping[str, Mapping[str, Any]],
    now: datetime,
    who: str,
) -> dict[str, dict[str, Any]]:
    """A person's limits as they are stored; those that stay as they were ``before`` keep their source and date.

    Raises InvalidInput with a sentence for limits that make no sense.
    """
    return {
        metric: _dated(metric, given, before.get(metric), now, who)
        for metric, given in (limits or {}).items()
    }


def _dated(
    metric: str, given: Range, before: Mapping[str, Any] | None, now: datetime, who: str
) -> dict[str, Any]:
    sides = check(metric, given.min, given.max)
    if (
        before is not None
        and sides == {side: before[side] for side in _SIDES if side in before}
        and given.source in (None, before.get("source", "user"))
    ):
        return dict(before)
    return {**sides, "source": given.source or "user", "set_at": now.isoformat(), "set_by": who}


def check(metric: str, low: float | None, high: float | None) -> dict[str, float]:
    """The sides that are given. Raises InvalidInput with a sentence for limits that make no sense."""
    least, most = BOUNDS[metric]
    sides = {side: value for side, value in (("min", low), ("max", high)) if value is not None}
    for side, value in sides.items():
        if not math.isfinite(value) or not least <= value <= most:
            raise InvalidInput(
                problem=f"{metric}: {side} {value:g} is outside of what can be measured, {least:g} to {most:g}."
                " Give a value between them."
            )
    if len(sides) == 2 and sides["min"] >= sides["max"]:
        raise InvalidInput(
            problem=f"{metric}: min {sides['min']:g} is not below max {sides['max']:g}. Swap them, or leave one out."
        )
    return sides
