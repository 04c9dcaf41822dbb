"""Facts that nobody measured: the light of whole days, and how thirsty the air is."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from plantops_api.wire import UNITS, Fact
from plantops_server.facts.gathering import HOUR, Gathered
from plantops_server.facts.measures import limits, status, within
from plantops_server.telemetry.vpd import vpd


def facts(known: Gathered, hour: datetime, zone: tzinfo) -> Iterator[Fact]:
    """Daily light, then the dryness of the air."""
    yield from _light(known, hour, zone)
    yield from _air(known, hour)


def _light(known: Gathered, hour: datetime, zone: tzinfo) -> Iterator[Fact]:
    today = hour.astimezone(zone).date()
    whole = {day: light.mol for day, light in known.light.items() if light.complete and day < today}
    week = [mol for day, mol in whole.items() if day >= today - timedelta(days=7)]
    limit = known.plant["thresholds"].get("dli")
    if week:
        unit, yesterday = UNITS["dli"], whole.get(today - timedelta(days=1))
        if yesterday is not None:
            yield Fact(id="dli.yesterday", value=_told(yesterday), unit=unit, label="light of yesterday")
        mean = statistics.fmean(week)
        yield Fact(id="dli.mean_7d", value=_told(mean), unit=unit, label="mean light of a day, last 7 days")
        yield Fact(
            id="dli.days_7d", value=float(len(week)), unit="d", label="days of them that are known whole"
        )
        if limit is not None and (limit["min"] is not None or limit["max"] is not None):
            yield Fact(
                id="dli.status", value=status(mean, limit), label="mean light of a day against its limits"
            )
    if limit is not None and (week or known.hours["light_level"]):
        yield from limits("dli", limit)


def _told(mol: float) -> float:
    return round(mol, 1 if mol >= 1 else 2)


def _air(known: Gathered, hour: datetime) -> Iterator[Fact]:
    moist = {one.start: one.mean for one in within(known.hours["humidity"], hour + HOUR, 1)}
    warm = within(known.hours["temperature"], hour + HOUR, 1)
    thirst = [vpd(one.mean, moist[one.start]) for one in warm if one.start in moist]
    if thirst:
        for kind, value in (("mean", statistics.fmean(thirst)), ("max", max(thirst))):
            yield Fact(
                id=f"vpd.{kind}_24h", value=round(value, 2), unit=UNITS["vpd"],
                label=f"{kind} dryness of the air (vapour pressure deficit) of the last 24 h",
            )  # fmt: skip
