"""Two axes, side by side: may the newest value still be believed (trust), and how is the plant (health).

Pure: times come in, words go out. Silence lowers trust and never improves health.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from plantops_api.wire import DeviceStatus, Health, Severity, Trust

LATE_AFTER = 1.5
"""Intervals since the newest reading after which it is late."""

OFFLINE_AFTER = 3.0
"""Intervals since the newest reading after which nothing is known any more."""


def trust_of(
    now: datetime, last_reading_at: datetime | None, interval_s: float, next_wake_at: datetime | None = None,
    status: DeviceStatus | None = None, faulty: bool = False,
) -> Trust:  # fmt: skip
    """How far the newest trusted reading can be believed at ``now``.

    ``interval_s`` is what the device keeps, ``next_wake_at`` what it announced: until then it is asleep, and it is late
    from then on as it would be without sleep. ``status`` is what the broker last heard; an ``offline`` from a last will
    is a hint, believed as soon as the device is late.
    """
    if last_reading_at is None:
        return "none"
    if faulty:
        return "faulty"
    interval = timedelta(seconds=interval_s)
    due = last_reading_at + interval
    if next_wake_at is not None:
        due = max(due, next_wake_at)
    if now > due + (OFFLINE_AFTER - 1) * interval:
        return "offline"
    if now > due + (LATE_AFTER - 1) * interval:
        return "offline" if status == "offline" else "late"
    announced = next_wake_at is not None and next_wake_at > max(now, last_reading_at + LATE_AFTER * interval)
    return "asleep" if status == "sleeping" or announced else "fresh"


def health_of(trust: Trust, worst: Severity | None) -> Health:
    """How the plant is. ``worst`` is the severity of its worst open incident, not counting those of its devices.

    Without any it is ``ok`` only while its readings are believed: a silent probe says nothing about the plant.
    """
    if worst is not None:
        return "critical" if worst == "critical" else "attention"
    return "ok" if trust in ("fresh", "late", "asleep") else "unknown"
