"""When a pot will be dry: its own dry-down, continued to the limit, or a sentence why nobody can tell.

Pure. The soil is taken as a trend plus a daily pattern (a bench dries in daylight only and climbs a little at night;
temperature bends some probes), both learned from the dry-downs of the same pot: the losses over whole days, which hold
no daily pattern, each with the level at which it happened. The present cycle weighs most; the first hours after a
watering, while water still drains, teach nothing, and neither does a day in which the readings fell at once.
"""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

HISTORY = timedelta(days=30)
"""How much of the past is asked for."""

DRAINS_H = 12.0
"""After a watering the excess runs off with a time constant of 6 h: nothing is learned before two of them are over."""

LONGEST_D = 30.0
"""Nobody plans further ahead."""

_LEAST_LOSS = 0.15
"""Points a day below which the soil is called level."""

_ENOUGH_D = 1.0
"""A first dry-down has to be seen for so long, beyond the hours in which it drains."""

_STALE_H = 6.0
_MEMORY_D = 6.0  # a loss of a week ago counts a third: weather, pot and plant change
_DROP = 3.0
_Z = 1.3  # the interval is meant to hold in about four of five cases


class Outlook(NamedTuple):
    """The forecast: ``at`` and ``plus_minus_h`` are None when it abstains; ``reason`` is a sentence either way."""

    at: datetime | None
    plus_minus_h: float | None
    reason: str


class _Loss(NamedTuple):
    """What went in one whole day: points, the level in its middle, and how long ago that was in d."""

    points: float
    level: float
    age_d: float


def forecast(
    levels: Sequence[tuple[datetime, float]], waterings: Sequence[datetime], dry: float | None, now: datetime
) -> Outlook:
    """Continue the dry-down to ``dry``.

    ``levels`` are half-hourly (or sparser) soil moistures in points from trusted readings, oldest first; ``waterings``
    are times, oldest first; ``dry`` is the lower limit of the plant.
    """
    if dry is None:
        return Outlook(None, None, "No lower limit of soil moisture is set.")
    if not levels:
        return Outlook(None, None, "Nothing was measured in the soil yet.")
    rows = [(time.timestamp() / 3600, level) for time, level in levels]
    poured = [time.timestamp() / 3600 for time in waterings if time <= now]
    present = now.timestamp() / 3600
    return _abstains(rows, poured, present) or _continued(rows, poured, dry, present)


def _abstains(rows: Sequence[tuple[float, float]], poured: Sequence[float], now: float) -> Outlook | None:
    cadence = statistics.median(b[0] - a[0] for a, b in pairwise(rows)) if len(rows) > 1 else 0.0
    silent = now - rows[-1][0]
    if silent > max(_STALE_H, 3 * cadence):
        return Outlook(None, None, f"The newest soil reading is {_span(silent)} old.")
    if not poured:
        return Outlook(None, None, "No watering was seen yet: log one, or wait for the next.")
    if now - poured[-1] < DRAINS_H:
        return Outlook(
            None, None, f"Watered {_span(now - poured[-1])} ago: the forecast starts when the water has drained, after 12 h."
        )  # fmt: skip
    return None


def _continued(rows: list[tuple[float, float]], poured: Sequence[float], dry: float, now: float) -> Outlook:
    cycles = list(_dry_downs(rows, poured))
    losses = [loss for cycle in cycles for loss in _losses(cycle, now)]
    current = cycles[-1] if cycles and cycles[-1][-1][0] > now - max(_STALE_H, 0.0) else []
    level = statistics.median(value for time, value in rows if time >= rows[-1][0] - 2.0)
    if level <= dry:
        return Outlook(
            _moment(rows[-1][0]), 0.0, f"The soil is at {level:.0f} %, its lower limit is {dry:g} %."
        )
    if not current or not losses:
        return Outlook(
            None, None, "Too little of a dry-down was seen: it takes a day and a half after a watering."
        )
    return _walked(_Drying(losses, _pattern(cycles), now), current, dry)


def _dry_downs(
    rows: Sequence[tuple[float, float]], poured: Sequence[float]
) -> Iterator[list[tuple[float, float]]]:
    """The stretches between waterings from which drying can be learned, cut where the readings jump."""
    for start, end in pairwise([-math.inf, *poured, math.inf]):
        begin = bisect_left(rows, (start + DRAINS_H,))
        cycle = list(rows[begin : bisect_left(rows, (end - 1.0,))])
        yield from _unbroken(cycle)


def _unbroken(cycle: list[tuple[float, float]]) -> Iterator[list[tuple[float, float]]]:
    begin = 0
    for place in range(1, len(cycle)):
        if place <= begin + 2:
            continue
        before = statistics.median(v for _, v in cycle[max(begin, place - 5) : place])
        after = statistics.median(v for _, v in cycle[place : place + 5])
        hours = min(cycle[place][0] - cycle[place - 1][0], 24.0)
        if abs(after - before) > _DROP + 0.4 * hours:
            yield cycle[begin : place - 1]
            begin = place + 1
    if len(cycle) - begin > 2:
        yield cycle[begin:]


def _losses(cycle: Sequence[tuple[float, float]], now: float) -> Iterator[_Loss]:
    """What every whole day of a dry-down took, looked at every two hours."""
    times = [time for time, _ in cycle]
    due = times[0] + 24.0
    for place, time in enumerate(times):
        if time < due:
            continue
        due = time + 2.0
        first = _level_at(cycle, times, time - 24.0)
        last = _level_at(cycle, times, time)
        if first is not None and last is not None and place:
            yield _Loss(first - last, (first + last) / 2, (now - time + 12.0) / 24)


def _level_at(cycle: Sequence[tuple[float, float]], times: Sequence[float], time: float) -> float | None:
    near = cycle[bisect_left(times, time - 1.1) : bisect_right(times, time + 1.1)]
    return statistics.fmean(value for _, value in near) if near else None


def _pattern(cycles: Sequence[Sequence[tuple[float, float]]]) -> list[float]:
    """By hour of the (UTC) day: how far the readings lie above the mean of the day around them, in points."""
    found: list[list[float]] = [[] for _ in range(24)]
    for cycle in cycles[-4:]:
        times = [time for time, _ in cycle]
        sums = [0.0]
        for _, value in cycle:
            sums.append(sums[-1] + value)
        for time, value in cycle:
            low, high = bisect_left(times, time - 12.0), bisect_right(times, time + 12.0)
            if times[0] <= time - 11.5 and times[-1] >= time + 11.5 and high - low >= 12:
                found[int(time) % 24].append(value - (sums[high] - sums[low]) / (high - low))
    if sum(len(hour) >= 2 for hour in found) < 20:
        return [0.0] * 24
    middles = [statistics.median(hour) if hour else 0.0 for hour in found]
    mean = statistics.fmean(middles)
    return [middle - mean for middle in middles]


class _Drying:
    """What a day takes at a level, by all that was seen of this pot, and how the day bends it."""

    def __init__(self, losses: Sequence[_Loss], pattern: Sequence[float], now: float) -> None:
        middle = statistics.median(loss.points for loss in losses)
        spread = max(1.4826 * statistics.median(abs(loss.points - middle) for loss in losses), 0.3)
        self._losses = [loss for loss in losses if abs(loss.points - middle) <= 3.5 * spread] or list(losses)
        self.spread = statistics.pstdev(loss.points for loss in self._losses)
        self._width = max(4.0, 0.15 * (max(x.level for x in losses) - min(x.level for x in losses)))
        self.pattern = pattern
        self.now = now
        self.days_seen = len(losses) / 12

    def a_day_at(self, level: float) -> float:
        """Points that a day takes at this level: a mean of the losses, by nearness in level and in time."""
        weighed = [
            (
                math.exp(-loss.age_d / _MEMORY_D) * (0.1 + math.exp(-(((loss.level - level) / self._width) ** 2) / 2)),
                loss.points,
            )
            for loss in self._losses
        ]  # fmt: skip
        total = sum(weight for weight, _ in weighed)
        return sum(weight * points for weight, points in weighed) / total


def _walked(drying: _Drying, current: Sequence[tuple[float, float]], dry: float) -> Outlook:
    """Walk on from where the soil is, an hour at a time, until it is dry."""
    end = current[-1][0]
    rate = drying.a_day_at(current[-1][1])
    recent = [(time, value) for time, value in current if time >= end - 6.0]
    trend = statistics.median(
        value - drying.pattern[int(time) % 24] - rate * (end - time) / 24 for time, value in recent
    )
    start, time, rates = trend, end, [rate]
    if rate < _LEAST_LOSS:
        return Outlook(None, None, f"The soil hardly dries ({max(rate, 0.0):.1f} points a day).")
    while trend + drying.pattern[int(time) % 24] > dry:
        time += 1.0
        rates.append(max(drying.a_day_at(trend), 0.0) if int(time) % 6 == 0 else rates[-1])
        trend -= rates[-1] / 24
        if time - end > 24 * LONGEST_D:
            return Outlook(
                None, None, f"It dries by {rate:.1f} points a day and will not be dry within a month."
            )
    mean = statistics.fmean(rates)
    hours = _plus_minus(drying, mean, time - end)
    reason = f"{max(start, dry):.0f} % now, drying {mean:.1f} points a day towards its limit of {dry:g} %."
    return Outlook(_moment(time), hours, reason)


def _plus_minus(drying: _Drying, rate: float, hours: float) -> float:
    """Half-width in h: days differ (their mean over the way less so), the rate itself is known from few of them."""
    days = max(hours / 24, 0.5)
    share = drying.spread / max(rate, _LEAST_LOSS) * math.sqrt(1 / days + 1 / max(drying.days_seen, 1.0))
    daily = max(map(abs, drying.pattern)) / max(rate, _LEAST_LOSS) * 12
    return float(max(2, math.ceil(_Z * math.hypot(hours * min(share, 1.0), min(daily, 8.0), 1.0))))


def _moment(hours: float) -> datetime:
    return datetime.fromtimestamp(round(hours * 3600), UTC)


def _span(hours: float) -> str:
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"
