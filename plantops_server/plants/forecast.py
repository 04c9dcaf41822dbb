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
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple

from plantops_api.wire import Threshold
from plantops_api.wording import reading

HISTORY = timedelta(days=30)
"""How much of the past is asked for."""

DRAINS_H = 12.0
"""After a watering the excess runs off with a time constant of 6 h: nothing is learned before two of them are over."""

LEARNED_H = 24.0
"""How a pot dries is learned from what lies further from its watering."""

LONGEST_D = 30.0
"""Nobody plans further ahead."""

_LEAST_LOSS = 0.15
"""Points a day below which the soil is called level."""

_ENOUGH_D = 1.0
"""A first dry-down has to be seen for so long, beyond the hours in which it drains."""

_TOO_LITTLE = "Too little of a dry-down was seen: it takes two days after a watering."
_STALE_H = 6.0
_NOW_H = 3.0
_FINE = 0.1  # points of noise in an hourly mean that do no harm
_FINEST, _RESOLUTION, _COARSE, _PRIOR_H = 0.6, 0.04, 0.15, 3.0
_BY_DAY = 0.8  # share of the best twelve hours in a day's drying, from which it follows the sun
_UNKNOWN = 0.35  # how much one day differs from another, as a share, until some were seen
_SKIES, _SKIES_D = 0.35, 6.0
"""The same where the sun dries, with the weight of six days: half of that drying is light, by which days differ by a
third, half is the pull of the air, by half; and no past says what the sky will be like."""
_WEATHER_D, _CAUTION_H = 3.0, 24.0
_JUMP_SIGMAS = 8.0
_MEMORY_D = 6.0  # a loss of a week ago counts a third: weather, pot and plant change
_DROP = 3.0
_USELESS_H = 18.0
_USELESS_PART, _USELESS_PART_BY_DAY = 1 / 3, 1 / 4
"""An interval wider than that, and than this part of the way, tells nobody when to water."""

_Z = 1.6  # the interval is meant to hold in about four of five cases


class Outlook(NamedTuple):
    """The forecast: ``at`` and ``plus_minus_h`` are None when it abstains; ``reason`` is a sentence either way."""

    at: datetime | None
    plus_minus_h: float | None
    reason: str


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
            None, None, f"Watered {_span(now - poured[-1])} ago: 12 h after a watering the forecast starts."
        )  # fmt: skip
    return None


def _continued(rows: list[tuple[float, float]], poured: Sequence[float], dry: float, now: float) -> Outlook:
    level = statistics.median(value for time, value in rows if time >= rows[-1][0] - _NOW_H)
    if level <= dry:
        return dry_already(_moment(rows[-1][0]), level, dry)
    shifted = _shifted(rows, poured)
    pieces = list(_dry_downs(shifted, poured))
    seen = sum(piece[-1][0] - piece[0][0] for piece in pieces)
    if seen < 24 * _ENOUGH_D:
        return Outlook(None, None, _TOO_LITTLE)
    drying = _Drying(pieces, now)
    since = max(rows[-1][0] - max(_NOW_H, drying.smoothed_h), poured[-1] + DRAINS_H)
    recent = [row for row in shifted if row[0] >= since] or shifted[-1:]
    level = statistics.median(drying.carried(value, time, rows[-1][0]) for time, value in recent)
    return (
        _walked(drying, level, rows[-1][0], dry)
        if level > dry
        else dry_already(_moment(rows[-1][0]), level, dry)
    )


def dry_already(time: datetime, level: float, dry: float) -> Outlook:
    """What is said of soil that was at or under its limit at ``time``: 27.97 % where the limit is 28 %."""
    soil = reading("soil_moisture", level, Threshold(min=dry, source="user"))
    return Outlook(time, 0.0, f"The soil is at {soil}, its lower limit is {dry:g} %.")


def _shifted(rows: Sequence[tuple[float, float]], poured: Sequence[float]) -> list[tuple[float, float]]:
    """The rows, those before a lasting fall (a probe that lost contact) moved to the scale of those after it."""
    shift, moved = 0.0, [rows[-1]]
    least = max(_DROP, 5 * _noise([value for _, value in rows]))
    for place in range(len(rows) - 2, -1, -1):
        time, value = rows[place]
        after_time, after = rows[place + 1]
        hours = min(after_time - time, 24.0)
        if value - after > least + 0.4 * hours and not _lately(poured, time, 6.0):
            before = statistics.median(v for _, v in rows[max(0, place - 4) : place + 1])
            later = statistics.median(v for _, v in rows[place + 1 : place + 6])
            shift -= before - later if before - later > least else 0.0
        moved.append((time, value + shift))
    return moved[::-1]


def _lately(poured: Sequence[float], time: float, hours: float) -> bool:
    place = bisect_right(poured, time)
    return place > 0 and time - poured[place - 1] < hours


def _dry_downs(
    rows: Sequence[tuple[float, float]], poured: Sequence[float]
) -> Iterator[list[tuple[float, float]]]:
    """The stretches between waterings from which drying can be learned, without gaps, as hourly means."""
    hours = list(_hourly(rows))
    jump = max(_DROP, _JUMP_SIGMAS * _noise([value for _, value in hours]))
    for start, end in pairwise([-math.inf, *poured, math.inf]):
        begin = bisect_left(hours, (start + LEARNED_H,))
        piece: list[tuple[float, float]] = []
        for hour, value in hours[begin : bisect_left(hours, (end - 1.0,))]:
            if piece and (hour - piece[-1][0] > 3.0 or abs(value - piece[-1][1]) > jump):
                if len(piece) > 3:
                    yield piece
                piece = []
            piece.append((hour, value))
        if len(piece) > 3:
            yield piece


def _smooth(piece: Sequence[tuple[float, float]], reach: int) -> list[tuple[float, float]]:
    """Running means over as many hours to either side; the ends, where fewer would be averaged, are left out.

    A short piece is averaged over fewer. Means to either side leave a straight line as it is.
    """
    sums = [0.0, *accumulate(level for _, level in piece)]
    reach = min(reach, (len(piece) - 1) // 4)
    return [
        (piece[place][0], (sums[place + reach + 1] - sums[place - reach]) / (2 * reach + 1))
        for place in range(reach, len(piece) - reach)
    ]


def _noise(levels: Sequence[float]) -> float:
    """How far a level lies from the middle between its neighbours, as a sigma, in points."""
    bends = [abs(b - (a + c) / 2) for a, b, c in zip(levels, levels[1:], levels[2:], strict=False)]
    return 1.4826 * statistics.median(bends) / math.sqrt(1.5) if bends else 0.0


def _hourly(rows: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    for hour, group in groupby(rows, key=lambda row: int(row[0])):
        values = [value for _, value in group]
        yield hour + 0.5, statistics.fmean(values)


class _Hour(NamedTuple):
    """What one hour (of ``hour`` in the UTC day) took at a level; ``weight`` falls with age."""

    hour: int
    points: float
    level: float
    weight: float
    span: float
    age_d: float


class _Drying:
    """How this pot dries: points an hour at a level, times the share that the hour of the day has in it."""

    def __init__(self, pieces: Sequence[Sequence[tuple[float, float]]], now: float) -> None:
        noise = _noise([level for piece in pieces for _, level in piece])
        self.smoothed_h = min(max(int((noise / _FINE) ** 2), 1), 24)
        pieces = [_smooth(piece, self.smoothed_h // 2) for piece in pieces]
        self._hours = [hour for piece in pieces for hour in _hours_of(piece, now)]
        levels = sorted(hour.level for hour in self._hours)
        self.low, self.high = levels[0], levels[-1]
        span = self.high - self.low
        self._width = max(_FINEST, _COARSE * span, 3 * noise)
        self.overall = max(_ratio(self._hours, [1.0] * 24), 0.0)
        daylight = self._daylight()
        self.by_day = bool(daylight)
        self.share = [2.0 if hour in daylight else 0.0 for hour in range(24)] if daylight else [1.0] * 24
        if self.by_day:  # where the sun dries, it matters at which level how much
            self._width = max(_FINEST, _RESOLUTION * span, 3 * noise)
        self._rates: dict[int, float] = {}
        for _ in range(3):
            self._rates = {}
            self.share = self._shares()
        self._rates = {}
        self.weather = 1.0
        self.weather = self._weather()
        self.spread = self._spread(pieces)

    def rate(self, level: float) -> float:
        """Points an hour, in the mean of a day, at this level."""
        key = round(level / self._width * 4)
        if key not in self._rates:
            near = [
                hour._replace(weight=hour.weight * math.exp(-(((hour.level - level) / self._width) ** 2) / 2))
                for hour in self._hours
                if abs(hour.level - level) < 3 * self._width
            ]
            self._rates[key] = max(_ratio(near, self.share, _PRIOR_H, self.overall), 0.0)
        return self._rates[key]

    def loss(self, hour: int, level: float) -> float:
        """Points that this hour of the day takes at this level, in the present weather."""
        return self.rate(level) * self.share[hour] * self.weather

    def carried(self, level: float, time: float, until: float) -> float:
        """What a level becomes by drying from one time to another, a few hours later."""
        return level - (until - time) * self.loss(int((time + until) / 2) % 24, level)

    def _daylight(self) -> frozenset[int]:
        """The twelve hours of the day in which nearly all of the drying happens; none where it goes on at night.

        A day and a half of dry-downs tells it, long before the share of each hour is known.
        """
        taken, span = [0.0] * 24, [0.0] * 24
        for hour in self._hours:
            taken[hour.hour] += hour.points
            span[hour.hour] += hour.span
        if sum(s > 0 for s in span) < 22 or sum(span) < 36:
            return frozenset()
        pace = [t / s if s else 0.0 for t, s in zip(taken, span, strict=True)]
        sums = [sum(pace[(first + n) % 24] for n in range(12)) for first in range(24)]
        best = max(range(24), key=sums.__getitem__)
        if sums[best] < _BY_DAY * sum(pace):
            return frozenset()
        return frozenset((best + n) % 24 for n in range(12))

    def _shares(self) -> list[float]:
        """How much more than the mean each hour takes; the mean of them is 1."""
        taken, expected = [0.0] * 24, [0.0] * 24
        for hour in self._hours:
            taken[hour.hour] += hour.points * hour.weight
            expected[hour.hour] += self.rate(hour.level) * hour.span * hour.weight
        known = [t / e for t, e in zip(taken, expected, strict=True) if e > 0]
        if len(known) < 24 or min(expected) < 2 * self.overall:
            return self.share
        known = [(known[h - 1] + 2 * known[h] + known[(h + 1) % 24]) / 4 for h in range(24)]
        mean = statistics.fmean(known)
        return [share / mean for share in known] if mean > 0 else self.share

    def _weather(self) -> float:
        """How much faster it dries in these days than what was learned in all; cautious."""
        expected, taken = _CAUTION_H * max(self.overall, 1e-6), _CAUTION_H * max(self.overall, 1e-6)
        for hour in self._hours:
            if hour.age_d < _WEATHER_D:
                expected += self.rate(hour.level) * self.share[hour.hour] * hour.span
                taken += hour.points
        return min(max(taken / expected, 0.5), 2.0) if expected > 0 else 1.0

    def _spread(self, pieces: Sequence[Sequence[tuple[float, float]]]) -> float:
        """How much one day differs from what was expected of it, as a share."""
        found = []
        for piece in pieces:
            for first in range(0, len(piece) - 24, 12):
                part = piece[first : first + 25]
                if part[-1][0] - part[0][0] < 26:
                    expected = sum(self.rate(level) * self.share[int(time) % 24] for time, level in part[:-1])
                    found.append(
                        (part[0][1] - part[-1][1] - expected) / max(expected, 24 * self.overall / 3, 0.1)
                    )
        spread = min(statistics.pstdev(found), 1.0) if len(found) > 3 else _UNKNOWN
        if not self.by_day:
            return spread
        days = len(found) / 2
        return math.sqrt((days * spread**2 + _SKIES_D * _SKIES**2) / (days + _SKIES_D))


def _hours_of(piece: Sequence[tuple[float, float]], now: float) -> Iterator[_Hour]:
    for (before_time, before), (time, level) in pairwise(piece):
        middle = (before_time + time) / 2
        yield _Hour(
            int(middle) % 24, before - level, (before + level) / 2, math.exp(-(now - middle) / 24 / _MEMORY_D),
            time - before_time, (now - middle) / 24,
        )  # fmt: skip


def _ratio(hours: Sequence[_Hour], share: Sequence[float], prior_h: float = 0.0, prior: float = 0.0) -> float:
    """Points an hour over these hours, each counted by its share of a day."""
    taken = sum(hour.points * hour.weight for hour in hours) + prior * prior_h
    time = sum(share[hour.hour] * hour.span * hour.weight for hour in hours) + prior_h
    return taken / time if time > 0 else prior


def _walked(drying: _Drying, level: float, time: float, dry: float) -> Outlook:
    """Walk on from where the soil is until it is dry: as it dries in the mean, and as it may, faster and slower."""
    a_day = 24 * drying.rate(level) * drying.weather
    if 24 * drying.overall < _LEAST_LOSS:
        return Outlook(
            None, None, f"The soil hardly dries ({max(24 * drying.overall, 0.0):.1f} points a day)."
        )
    hours = _hours_to(drying, level, time, dry)
    if hours > 24 * LONGEST_D:
        reason = f"It dries by {a_day:.1f} points a day and will not be dry within a month."
        return Outlook(None, None, reason)
    doubt = _Z * _doubt(drying, level, hours, dry)
    soonest = _hours_to(drying, level, time, dry, 1 + doubt)
    latest = _hours_to(drying, level, time, dry, 1 / (1 + doubt))
    plus_minus = max(2, math.ceil(max(hours - soonest, latest - hours)))
    if plus_minus > max(_USELESS_H, hours * (_USELESS_PART_BY_DAY if drying.by_day else _USELESS_PART)):
        away = f"{_span(soonest)} to {_span(latest)}"
        return Outlook(None, None, f"It dries too unevenly to name a time: somewhere from {away} from now.")
    reason = f"{level:.0f} % now, drying {(level - dry) / hours * 24:.1f} points a day towards its limit of {dry:g} %."
    return Outlook(_moment(time + hours), plus_minus, reason)


def _hours_to(drying: _Drying, level: float, time: float, dry: float, factor: float = 1.0) -> float:
    """Hours until the limit when every hour takes ``factor`` times what is expected of it; no more than a month."""
    hours = 0.0
    while level > dry and hours <= 24 * LONGEST_D:
        loss = factor * drying.loss(int(time + hours) % 24, level)
        if loss >= level - dry:
            return hours + (level - dry) / loss
        level, hours = level - loss, hours + 1.0
    return hours


def _doubt(drying: _Drying, start: float, hours: float, dry: float) -> float:
    """How far the drying of the whole way may differ, as a share: days do, and levels never seen dry otherwise."""
    share = drying.spread / math.sqrt(max(hours / 24, 1.0))
    unseen = max(0.0, min(drying.low, start) - dry) / max(start - dry, 0.1)
    return math.hypot(share, (0.4 if drying.by_day else 0.15) * unseen)


def _moment(hours: float) -> datetime:
    return datetime.fromtimestamp(round(hours * 3600), UTC)


def _span(hours: float) -> str:
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"
