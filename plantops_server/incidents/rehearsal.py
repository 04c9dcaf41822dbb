"""What limits would have done to past readings: the fold of ``breach``, with nothing stored and nobody told.

Every reading counts as fresh here: a person who asks wants to know about the plant, not about the network of that day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from plantops_api.wire import Threshold
from plantops_server.incidents.breach import Limits, Track
from plantops_server.incidents.light import CLEARANCE, SAME_WITHIN

_GAP = 3
"""Typical intervals after which a reading says nothing any more, as in trust."""
_SHORT_H = 0.25
"""No gap in any case: two probes in one pot report in bursts."""


class Outcome(NamedTuple):
    """What would have come of it; times in hours."""

    alerts: int
    critical: int
    hours_low: float
    hours_high: float
    longest_h: float


def rehearse(limits: Limits, readings: Sequence[tuple[datetime, float]]) -> Outcome:
    """Judge readings in time order by these limits; a gap of three typical intervals counts for nothing."""
    track = Track(limits)
    low = float("-inf") if limits.min is None else limits.min
    high = float("inf") if limits.max is None else limits.max
    for time, value in readings:
        if low <= value <= high and track.breach is None and track.open is None:
            continue  # most readings: in range, and nothing goes on that they could end
        track.observe(time, value, fresh=True)
    last = readings[-1][0] if readings else None
    lasted = [
        ((incident.resolved_at or last) - incident.opened_at).total_seconds() / 3600
        for incident in track.touched
        if last is not None
    ]
    lengths = list(zip(readings, _lengths(readings), strict=True))
    return Outcome(
        alerts=len(track.touched),
        critical=sum(incident.severity == "critical" for incident in track.touched),
        hours_low=sum(length for (_, value), length in lengths if value < low),
        hours_high=sum(length for (_, value), length in lengths if value > high),
        longest_h=max(lasted, default=0.0),
    )  # fmt: skip


def rehearse_light(limits: Threshold, days: Sequence[tuple[date, float]]) -> Outcome:
    """Judge whole days, in order, by the least light, mol/m²/d, as ``light`` does; too much opens nothing."""
    minimum, most = limits.min or 0.0, float("inf") if limits.max is None else limits.max
    bright = sum(mol > most for _, mol in days)
    alerts, dark, longest = 0, 0, 0
    since: date | None = None
    over: date | None = None
    for day, mol in days:
        if mol < minimum:
            dark += 1
            if since is None:
                again = over is not None and day - over <= SAME_WITHIN
                since, alerts = day, alerts + (not again)
        elif since is not None and mol >= CLEARANCE * minimum:
            since, over = None, day
        if since is not None:
            longest = max(longest, (day - since).days + 1)
    return Outcome(alerts, 0, 24.0 * dark, 24.0 * bright, 24.0 * longest)


def hours_known(readings: Sequence[tuple[datetime, float]]) -> float:
    """How many hours these readings speak for."""
    return sum(_lengths(readings))


def _lengths(readings: Sequence[tuple[datetime, float]]) -> list[float]:
    """For how many hours each reading holds: until the next one, over no gap; the last one for a typical interval."""
    if len(readings) < 2:
        return [0.0] * len(readings)
    steps = [(b - a).total_seconds() / 3600 for (a, _), (b, _) in pairwise(readings)]
    typical = median([step for step in steps if step > 0] or [0.0])
    return [step if step <= max(_GAP * typical, _SHORT_H) else typical for step in steps] + [typical]
