"""When a pot was watered, from what its probe showed: a rise that lasts, larger than the probe's own restlessness.

Pure: samples come in, events go out. The rule follows what real pots do (a house pot rises from one sample to the next
and overshoots, a bench fills within 40 to 70 minutes):

1. Half-hour medians, so that one wild sample says nothing.
2. For every step from one median to the next, the level of the hours before is compared with the level 1 to 4.5 h
   after: a rise has to last. Levels are taken from the readings that there are, so that a step may span a gap.
3. The rise must exceed 3 to 5 points (by the span that the probe shows) and five times what the same comparison
   ordinarily gives for this probe: noise, temperature and drying are in that figure.
4. A rise that only undoes a drop is a probe put back, or contact regained, and no water.
"""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

BUCKET = timedelta(minutes=30)
REFRACTORY = timedelta(hours=6)
"""Two rises closer than this are one watering."""

HELD_FOR = timedelta(hours=5)
"""How long after a rise it may take until it is found, or taken back: what came before stands."""

CONTEXT = timedelta(days=10)
"""How much of the past tells the probe's restlessness."""

LEAST = 3.0
"""Points: no smaller rise is called a watering, whatever the scale."""

_MOST, _OF_SPAN = 5.0, 0.15
_SIGMAS, _DAYS = 5.0, 2.0
_ENOUGH = 8  # comparisons without an event near, from which the day is learned
_MAD_TO_SIGMA = 1.4826
_BEFORE_H = 2.5
_EARLY_H, _LATE_H = (1.0, 3.0), (2.5, 4.5)
_AT_ONCE_H = 1.5
"""A rise of twice the least is believed so soon; a smaller one when the whole of ``_LATE_H`` has been seen."""

_DROP_REMEMBERED_H, _DROP_RECENT_H = 24.0, 6.0
_OVERSHOOT = 3.0  # a watered pot drains from its first level; a probe put back does not
_DRIES_PER_H = 0.1  # 2.4 points a day: what both fitted pots lose


class Found(NamedTuple):
    """One watering: ``at`` is the start of the rise, moistures are the level before and the highest median after."""

    at: datetime
    before: float
    after: float


class _Step(NamedTuple):
    """From bucket ``place - 1`` to ``place``: levels before and after; ``final``: all that it takes was seen."""

    place: int
    before: float
    after: float
    final: bool

    @property
    def rise(self) -> float:
        return self.after - self.before


def find_waterings(samples: Iterable[tuple[datetime, float]]) -> list[Found]:
    """The waterings that one probe's trusted readings show, oldest first.

    ``samples`` are (time, soil moisture in points), oldest first, any cadence from a minute to a few hours.
    """
    rows = [(time.timestamp() / 3600, value) for time, value in samples]
    series = _Series(rows)
    if len(series.times) < 3:
        return []
    steps = [series.step(place) for place in range(1, len(series.times))]
    least = _least_rise(series, steps)
    found: list[Found] = []
    last = 0
    for best in _rises(series, steps, least):
        if not _undoes_a_drop(series, best, least, found):
            event = _event(rows, series, best)
            goes_on = found and all(step.rise >= least / 2 for step in steps[last : best.place])
            if not found or (event.at - found[-1].at >= REFRACTORY and not goes_on):
                found.append(event)
            last = best.place
    return found


def before_gap(probes: Sequence[Sequence[tuple[datetime, float]]], since: datetime) -> datetime:
    """Until when a look at what came from ``since`` on must reach back, so that no event falls between two looks.

    A watering while the device was off is dated into the middle of the gap, which may lie long before the readings that
    show it; so that is the last reading before ``since`` of any probe that was read later.
    """
    places = [(probe, bisect_left(probe, since, key=lambda sample: sample[0])) for probe in probes]
    return min([since, *(probe[place - 1][0] for probe, place in places if 0 < place < len(probe))])


def of_plant(by_probe: Sequence[Sequence[Found]]) -> list[Found]:
    """What several probes in one pot saw, as the waterings of the plant, oldest first."""
    merged: list[Found] = []
    for event in sorted(event for events in by_probe for event in events):
        if not merged or event.at - merged[-1].at >= REFRACTORY:
            merged.append(event)
    return merged


class _Series:
    """Half-hour medians: ``times`` in h since 1970 (mean of the samples of a bucket) and ``levels`` in points."""

    def __init__(self, rows: Sequence[tuple[float, float]]) -> None:
        buckets: dict[int, list[tuple[float, float]]] = {}
        width = BUCKET.total_seconds() / 3600
        for time, value in rows:
            buckets.setdefault(int(time // width), []).append((time, value))
        ordered = [buckets[key] for key in sorted(buckets)]
        self.times = [sum(t for t, _ in bucket) / len(bucket) for bucket in ordered]
        self.levels = [statistics.median(v for _, v in bucket) for bucket in ordered]
        steps = sorted(b - a for a, b in pairwise(self.times))
        self.cadence = max(width, steps[len(steps) // 2]) if steps else width

    def step(self, place: int) -> _Step:
        """Compare what lies before this bucket with what comes after it."""
        last, first = self.times[place - 1], self.times[place]
        before = self._median(last - max(_BEFORE_H, 2 * self.cadence), last)
        early = self._after(first, _EARLY_H, place)
        late = self._after(first, _LATE_H, place)
        final = self.times[-1] >= first + _LATE_H[1] - self.cadence
        return _Step(place, before, min(early, late), final)

    def highest(self, place: int) -> float:
        """The highest median of the three hours from a bucket on."""
        until = bisect_right(self.times, self.times[place] + max(3.0, 2 * self.cadence))
        return max(self.levels[place:until])

    def _after(self, first: float, window: tuple[float, float], place: int) -> float:
        start = first + window[0]
        low = bisect_left(self.times, start - 1e-9, place)
        high = bisect_right(self.times, max(first + window[1], start + 2 * self.cadence), low)
        if low < high:
            return statistics.median(self.levels[low:high])
        here = statistics.median(self.levels[place:low])  # a gap or the end: what was seen of it, if it lasts
        return min(here, statistics.median(self.levels[low : low + 3])) if low < len(self.times) else here

    def _median(self, start: float, end: float) -> float:
        low, high = bisect_left(self.times, start - 1e-9), bisect_right(self.times, end + 1e-9)
        return statistics.median(self.levels[low:high])


def _least_rise(series: _Series, steps: Sequence[_Step]) -> float:
    """What a rise must exceed: a share of the probe's span, its noise, and what its day does without water."""
    ordered = sorted(series.levels)
    span = ordered[int(0.98 * (len(ordered) - 1))] - ordered[int(0.02 * (len(ordered) - 1))]
    floor = min(max(_OF_SPAN * span, LEAST), _MOST)
    jumps = [b - a for a, b in pairwise(series.levels)]
    noise = _MAD_TO_SIGMA * _mad(jumps) / math.sqrt(2)
    sudden = [
        time
        for time, jump in zip(series.times[1:], jumps, strict=True)
        if abs(jump) >= max(floor / 2, 6 * noise)
    ]
    quiet = [step for step in steps if not _near(sudden, series.times[step.place])]
    daily = _ordinary_day(series, quiet) if len(quiet) >= _ENOUGH else 0.0
    compared = max(2.0, (_LATE_H[1] - _LATE_H[0]) / series.cadence)  # medians on either side of a comparison
    return max(floor, _DAYS * daily, _SIGMAS * noise * math.sqrt(math.pi / compared))


def _ordinary_day(series: _Series, quiet: Sequence[_Step]) -> float:
    """What the best hours of a day give without water: of most days, so that two days of a pot that stands in water
    and draws it up slowly are not taken for its habit."""
    days: dict[int, list[float]] = {}
    for step in quiet:
        days.setdefault(int(series.times[step.place] // 24), []).append(step.rise)
    return statistics.median(sorted(day)[int(0.9 * (len(day) - 1))] for day in days.values())


def _mad(values: Sequence[float]) -> float:
    middle = statistics.median(values)
    return statistics.median(abs(value - middle) for value in values)


def _near(sudden: Sequence[float], time: float) -> bool:
    """Whether one of these times lies within what a comparison at ``time`` looks at."""
    place = bisect_left(sudden, time - _BEFORE_H - 0.5)
    return place < len(sudden) and sudden[place] <= time + _LATE_H[1] + 0.5


def _rises(series: _Series, steps: Sequence[_Step], least: float) -> Iterator[_Step]:
    """The steps at which something rose: of neighbours that see the same rise the one where it happens."""
    place = 0
    while place < len(steps):
        if steps[place].rise < least:
            place += 1
            continue
        until = series.times[steps[place].place] + max(_LATE_H[1], 2 * series.cadence)
        end = place + 1
        while end < len(steps) and (series.times[steps[end - 1].place] <= until or end <= place + 2):
            end += 1
        jumps = [series.levels[step.place] - series.levels[step.place - 1] for step in steps[place:end]]
        most = max(jumps)
        best = steps[place + next(n for n, jump in enumerate(jumps) if jump >= min(most, most / 2))]
        seen_for = series.times[-1] - series.times[best.place]
        wanted = least if best.final else 2 * least
        if best.rise >= wanted and (best.final or seen_for >= max(_AT_ONCE_H, series.cadence)):
            yield best
            place = max(end, best.place)
        else:
            place += 1


def _undoes_a_drop(series: _Series, step: _Step, least: float, found: Sequence[Found]) -> bool:
    """Whether the rise leads back to where the readings fell from within the last day."""
    if series.highest(step.place) - step.after >= max(_OVERSHOOT, least):
        return False
    now = series.times[step.place]
    since = max(now - _DROP_REMEMBERED_H, found[-1].at.timestamp() / 3600 if found else 0.0)
    for place in range(step.place - 1, 0, -1):
        if series.times[place] < since:
            return False
        before = series._median(
            series.times[place - 1] - max(_BEFORE_H, 2 * series.cadence), series.times[place - 1]
        )
        drop = before - statistics.median(series.levels[place : min(place + 3, step.place)])
        if drop < least:
            continue
        ago = now - series.times[place]
        excess = step.after - (before - _DRIES_PER_H * ago)
        tolerance = max(least, 0.2 * drop)
        if excess > tolerance:
            continue
        if ago <= _DROP_RECENT_H or excess >= -tolerance:
            return True
    return False


def _event(rows: Sequence[tuple[float, float]], series: _Series, step: _Step) -> Found:
    """Date the rise by the samples themselves: between the last at the old level and the first above it."""
    highest = series.highest(step.place)
    mark = step.before + 0.2 * (highest - step.before)
    start = series.times[step.place - 1] - max(_BEFORE_H, 2 * series.cadence)
    first = bisect_left(rows, (start,))
    end = bisect_right(rows, (series.times[step.place] + 1.0, float("inf")))
    at = (series.times[step.place - 1] + series.times[step.place]) / 2
    for place in range(max(1, first), end):
        stays = rows[place + 1 : place + 3]
        if rows[place][1] >= mark and all(value >= mark for _, value in stays):
            at = (rows[place - 1][0] + rows[place][0]) / 2
            break
    return Found(datetime.fromtimestamp(at * 3600, UTC), step.before, highest)
