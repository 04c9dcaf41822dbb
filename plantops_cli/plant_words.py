"""How the command line says how far a plant's values can be believed, and where its limits come from."""

from __future__ import annotations

from datetime import datetime, timedelta

from plantops_api import wire
from plantops_cli import times

_OLD_AFTER = 3
"""Intervals behind the newest reading after which a value was plainly not measured with it."""

_OF_THE_SENSOR = frozenset({"sensor silent", "sensor faulty"})


def problem(plant: wire.PlantCard, now: datetime) -> str:
    """What is wrong, and how far that can be believed: ``too dry (last known 6 h ago, sensor late)``.

    Silence is never no problem: a plant of which nothing is known says so.
    """
    doubt = _doubt(plant, now)
    if plant.worst:
        return f"{plant.worst} ({doubt})" if doubt else plant.worst
    if plant.health == "unknown":
        return f"not known ({doubt or _nothing_yet(plant)})"
    return doubt


def _doubt(plant: wire.PlantCard, now: datetime) -> str:
    if plant.trust not in ("late", "offline", "faulty") or plant.last_reading_at is None:
        return ""
    known = f"last known {times.ago(plant.last_reading_at, now)}"
    return known if plant.worst in _OF_THE_SENSOR else f"{known}, sensor {plant.trust}"


def _nothing_yet(plant: wire.PlantCard) -> str:
    return "no reading yet" if plant.device_count else "no sensor"


def trust(plant: wire.PlantCard, state: wire.MetricState | None) -> str:
    """How far one value can be believed: as the plant's newest reading, or ``old`` when it did not come with it."""
    if state is None or plant.last_reading_at is None:
        return "–"
    behind = plant.last_reading_at - state.time
    interval = timedelta(seconds=plant.expected_interval_s or 0)
    return "old" if interval and behind > _OLD_AFTER * interval else plant.trust


def source(limits: wire.Threshold | None) -> str:
    """Where limits come from: ``species``, ``user (ada, 2026-11-24)``, ``default, off``."""
    if limits is None:
        return "–"
    day = limits.set_at.astimezone().strftime("%Y-%m-%d") if limits.set_at else ""
    whence = ", ".join(part for part in (limits.set_by, day) if part)
    off = "" if limits.enabled else ", off"
    return f"{limits.source} ({whence}){off}" if whence else f"{limits.source}{off}"
