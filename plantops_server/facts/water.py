"""Facts of water: when the plant was watered, how its soil dries, when it will be dry."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any

from plantops_api.wire import Fact
from plantops_server.facts.gathering import DAY, HOUR, Gathered
from plantops_server.facts.measures import slope_per_day, within
from plantops_server.facts.sensors import age_h

_DRAINS = timedelta(hours=12)
"""The first hours after a watering say nothing of drying."""
_LEAST_H = 12

Row = Mapping[str, Any]


def facts(known: Gathered, hour: datetime, zone: tzinfo) -> Iterator[Fact]:
    """All of it."""
    yield from _waterings(known.waterings, hour, zone)
    yield from _drying(known, hour)
    yield from _forecast(known.plant, hour, zone)


def _waterings(waterings: Sequence[Row], hour: datetime, zone: tzinfo) -> Iterator[Fact]:
    month = [row for row in waterings if row["at"] > hour - 30 * DAY]
    yield Fact(id="watering.count_30d", value=float(len(month)), label="waterings of the last 30 days")
    if not waterings:
        return
    yield from _last(waterings[0], hour, zone)
    gaps = [(later["at"] - earlier["at"]) / DAY for later, earlier in pairwise(waterings)]
    if len(gaps) > 1:
        yield Fact(
            id="watering.interval_d", value=round(statistics.median(gaps), 1), unit="d",
            label="usual time between waterings",
        )  # fmt: skip
    for field, unit, label in (
        ("moisture_before", "%", "soil moisture at which it is usually watered"),
        ("amount_ml", "ml", "amount that is usually poured"),
    ):
        values = [row[field] for row in waterings if row[field] is not None]
        if len(values) > 1:
            fact_id = f"watering.usual_{field.removeprefix('moisture_')}"
            yield Fact(
                id=fact_id, value=round(statistics.median(values), 1 if unit == "%" else 0), unit=unit, label=label
            )  # fmt: skip


def _last(newest: Row, hour: datetime, zone: tzinfo) -> Iterator[Fact]:
    yield Fact(
        id="watering.last_h", value=age_h(newest["at"], hour), unit="h", label="time since the last watering"
    )
    yield Fact(
        id="watering.last_on", value=f"{newest['at'].astimezone(zone):%Y-%m-%d}", label="day of the last watering"
    )  # fmt: skip
    yield Fact(
        id="watering.last_source", value=newest["source"], label="how we know of it: the probe or a person"
    )
    for field, unit, label in (
        ("amount_ml", "ml", "amount of the last watering"),
        ("moisture_before", "%", "soil moisture before the last watering"),
        ("moisture_after", "%", "soil moisture after the last watering"),
    ):
        if newest[field] is not None:
            yield Fact(
                id=f"watering.last_{field.removeprefix('moisture_')}",
                value=round(newest[field], 1 if unit == "%" else 0), unit=unit, label=label,
            )  # fmt: skip


def _drying(known: Gathered, hour: datetime) -> Iterator[Fact]:
    """What the soil loses a day since it drained, over the last two days at most."""
    hours = within(known.hours["soil_moisture"], hour + HOUR, 2)
    if known.waterings:
        hours = [one for one in hours if one.start >= known.waterings[0]["at"] + _DRAINS]
    if len(hours) < 2 or hours[-1].start - hours[0].start < _LEAST_H * HOUR:
        return
    yield Fact(
        id="soil_moisture.drying", value=round(-slope_per_day(hours), 1) + 0.0, unit="% a day",
        label="how fast the soil dries now",
    )  # fmt: skip


def _forecast(plant: Row, hour: datetime, zone: tzinfo) -> Iterator[Fact]:
    coming = plant["next_watering"]
    if coming is None:
        yield Fact(
            id="forecast.none_because", value=plant["next_watering_reason"], label="why there is no forecast"
        )
        return
    at = coming["at"].astimezone(zone)
    yield Fact(
        id="forecast.dry_at", value=f"{at:%Y-%m-%d %H}:00", label="when the soil will reach its lower limit"
    )
    yield Fact(
        id="forecast.dry_in_h", value=float(max(0, round((coming["at"] - hour) / HOUR))), unit="h",
        label="time until the soil reaches its lower limit",
    )  # fmt: skip
    yield Fact(
        id="forecast.plus_minus_h", value=float(coming["plus_minus_h"]), unit="h",
        label="how far the forecast may be wrong",
    )  # fmt: skip
