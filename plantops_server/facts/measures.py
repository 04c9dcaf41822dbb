"""Facts of one measured metric: newest value, statistics of a day, a week and a month, limits, and how well known."""

from __future__ import annotations

import statistics
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from plantops_api.wire import UNITS, Fact
from plantops_server.facts.gathering import DAY, HOUR, Gathered, Hour
from plantops_server.facts.sensors import age_h

SPANS: tuple[tuple[str, str, int], ...] = (
    ("24h", "24 h", 1), ("7d", "7 days", 7), ("30d", "30 days", 30),
)  # fmt: skip
"""Suffix of the id, in words, days."""

DECIMALS = {"light_level": 0, "conductivity": 0, "vpd": 2}
"""Of a value as it is told; one for all others."""

_TREND_LEAST_H = 48
"""A slope over less would be the time of day."""

Limit = dict[str, Any]


def rounded(metric: str, value: float) -> float:
    """A value as precise as it is worth telling."""
    return round(value, DECIMALS.get(metric, 1)) + 0.0


def within(hours: Sequence[Hour], end: datetime, days: int) -> list[Hour]:
    """The hours of the last days before ``end``, of hours in order."""
    return list(hours[bisect_left(hours, end - days * DAY, key=lambda hour: hour.start) :])


def facts(known: Gathered, metric: str, hour: datetime) -> Iterator[Fact]:
    """All facts of ``metric``; none when it was not measured in these 30 days."""
    hours, end = known.hours[metric], hour + HOUR
    state = known.plant["state"].get(metric)
    if not hours and state is None:
        return
    unit, words = UNITS[metric], metric.replace("_", " ")
    if state is not None:
        yield Fact(
            id=f"{metric}.now", value=rounded(metric, state["value"]), unit=unit, label=f"newest {words}"
        )
        yield Fact(
            id=f"{metric}.age_h", value=age_h(state["time"], hour), unit="h", label=f"age of that {words}"
        )
    for suffix, span, days in SPANS:
        yield from _statistics(metric, within(hours, end, days), suffix, span)
    if hours:
        yield from _gaps(metric, hours, known.plant["expected_interval_s"], end)
        yield from _trend(metric, within(hours, end, 7))
    limit = known.plant["thresholds"].get(metric)
    if limit is not None and limit["enabled"]:
        yield from _limits(metric, limit, None if state is None else state["value"])
        yield from _outside(metric, hours, limit, end)


def _statistics(metric: str, hours: Sequence[Hour], suffix: str, span: str) -> Iterator[Fact]:
    if not hours:
        return
    values = {
        "min": min(hour.min for hour in hours),
        "mean": statistics.fmean(hour.mean for hour in hours),
        "max": max(hour.max for hour in hours),
    }
    for kind, value in values.items():
        yield Fact(
            id=f"{metric}.{kind}_{suffix}", value=rounded(metric, value), unit=UNITS[metric],
            label=f"{kind} {metric.replace('_', ' ')} of the last {span}",
        )  # fmt: skip


def _gaps(metric: str, hours: Sequence[Hour], interval_s: float | None, end: datetime) -> Iterator[Fact]:
    """The share of a week for which nothing is known, counted in hours, or in intervals when these are longer."""
    step = max(HOUR, timedelta(seconds=interval_s or 0))
    start = max(end - 7 * DAY, hours[0].start)
    expected = max(int((end - HOUR - start) / step), 1)
    missing = max(0.0, 1 - len(within(hours, end, 7)) / expected)
    yield Fact(
        id=f"{metric}.gaps_7d", value=float(round(100 * missing)), unit="%",
        label=f"share of the last 7 days without {metric.replace('_', ' ')}",
    )  # fmt: skip


def _trend(metric: str, hours: Sequence[Hour]) -> Iterator[Fact]:
    """The slope of a week; soil has none, since waterings break it: see ``soil_moisture.drying``."""
    if metric == "soil_moisture" or not hours or hours[-1].start - hours[0].start < _TREND_LEAST_H * HOUR:
        return
    value = rounded(metric, slope_per_day(hours))
    yield Fact(
        id=f"{metric}.trend_7d", value=value, unit=f"{UNITS[metric]} a day",
        label=f"how {metric.replace('_', ' ')} changes from day to day, over 7 days",
    )  # fmt: skip


def slope_per_day(hours: Sequence[Hour]) -> float:
    """The least-squares slope of the hourly means, a day."""
    days = [(hour.start - hours[0].start) / DAY for hour in hours]
    return statistics.linear_regression(days, [hour.mean for hour in hours]).slope


def status(value: float, limit: Limit) -> str:
    """Where a value lies: ``below``, ``in range`` or ``above``."""
    if limit["min"] is not None and value < limit["min"]:
        return "below"
    return "above" if limit["max"] is not None and value > limit["max"] else "in range"


def limits(metric: str, limit: Limit) -> Iterator[Fact]:
    """The limits in force and where they come from."""
    words = metric.replace("_", " ")
    for side in ("min", "max"):
        if limit[side] is not None:
            yield Fact(
                id=f"{metric}.limit_{side}", value=float(limit[side]), unit=UNITS[metric],
                label=f"{'lower' if side == 'min' else 'upper'} limit of {words}",
            )  # fmt: skip
    if limit["min"] is not None or limit["max"] is not None:
        yield Fact(id=f"{metric}.limit_source", value=limit["source"], label=f"who set the limits of {words}")


def _limits(metric: str, limit: Limit, newest: float | None) -> Iterator[Fact]:
    yield from limits(metric, limit)
    if newest is not None and (limit["min"] is not None or limit["max"] is not None):
        yield Fact(
            id=f"{metric}.status", value=status(newest, limit),
            label=f"newest {metric.replace('_', ' ')} against its limits",
        )  # fmt: skip


def _outside(metric: str, hours: Sequence[Hour], limit: Limit, end: datetime) -> Iterator[Fact]:
    """Hours whose mean lay outside; those of a day and of a month only when there are any."""
    for side, word in (("min", "below"), ("max", "above")):
        if limit[side] is None or not hours:
            continue
        for suffix, span, days in SPANS:
            outside = sum(
                hour.mean < limit[side] if side == "min" else hour.mean > limit[side]
                for hour in within(hours, end, days)
            )
            if outside or suffix == "7d":
                yield Fact(
                    id=f"{metric}.hours_{word}_{suffix}", value=float(outside), unit="h",
                    label=f"hours of the last {span} {word} the limit of {metric.replace('_', ' ')}",
                )  # fmt: skip
