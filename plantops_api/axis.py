"""Where the ticks of a time axis go: on the local clock, also on the day when the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple


class Tick(NamedTuple):
    """A moment on the axis and its label."""

    at: datetime
    label: str


_STEPS_H = (1, 2, 3, 4, 6, 12)
_STEPS_D = (1, 2, 3, 7, 14)
_LABEL = 8
"""Cells that a label and the space after it need."""


def time_ticks(start: datetime, end: datetime, zone: tzinfo | None, width: int) -> list[Tick]:
    """Ticks between two moments for an axis of ``width`` cells, labelled in local time."""
    room = max(2, width // _LABEL)
    hours = (end - start).total_seconds() / 3600
    if hours <= 48:
        step = next((s for s in _STEPS_H if hours / s <= room), _STEPS_H[-1])
        return _hours(start, end, zone, step)
    days = hours / 24
    if days <= 100:
        return _days(start, end, zone, next((s for s in _STEPS_D if days / s <= room), 28))
    months = days / 30
    return _months(start, end, zone, next((s for s in (1, 2, 3, 6) if months / s <= room), 12))


def _hours(start: datetime, end: datetime, zone: tzinfo | None, step: int) -> list[Tick]:
    """Whole local hours. Walks in UTC, so that the skipped or repeated hour of a clock change comes out right."""
    at = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    ticks = []
    while at <= end:
        local = at.astimezone(zone)
        if at >= start and local.minute == 0 and local.hour % step == 0:
            ticks.append(Tick(at, f"{local:%a} {local.day}" if local.hour == 0 else f"{local:%H:%M}"))
        # Zones with an offset of a quarter of an hour have their full hours elsewhere.
        at += timedelta(minutes=15)
    return ticks


def _days(start: datetime, end: datetime, zone: tzinfo | None, step: int) -> list[Tick]:
    day = start.astimezone(zone).date() + timedelta(days=1)
    ticks = []
    while (at := _midnight(day.year, day.month, day.day, zone)) <= end:
        if day.toordinal() % step == 0:
            ticks.append(Tick(at, f"{day:%a} {day.day}" if step <= 2 else f"{day.day} {day:%b}"))
        day += timedelta(days=1)
    return ticks


def _months(start: datetime, end: datetime, zone: tzinfo | None, step: int) -> list[Tick]:
    local = start.astimezone(zone)
    year, month = local.year, local.month
    ticks: list[Tick] = []
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        at = _midnight(year, month, 1, zone)
        if at > end:
            return ticks
        if (month - 1) % step == 0:
            ticks.append(Tick(at, f"{at.astimezone(zone):%b}" if month != 1 else str(year)))


def _midnight(year: int, month: int, day: int, zone: tzinfo | None) -> datetime:
    if zone is None:
        return datetime(year, month, day).astimezone()
    return datetime(year, month, day, tzinfo=zone)
