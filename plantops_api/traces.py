"""One metric over time, ready to be drawn: from the wire's columns to points, gaps and a scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from plantops_api import wire
from plantops_api.scales import Scale, scale_of, side
from plantops_api.slices import drawable


@dataclass(frozen=True)
class Point:
    """One bucket or one raw reading; ``at`` is the middle of the bucket."""

    at: datetime
    mean: float
    low: float
    high: float
    flags: int = 0


@dataclass(frozen=True)
class Trace:
    """Points of one metric in a window of time. Two neighbours further apart than ``gap_s`` are not joined."""

    metric: str
    start: datetime
    end: datetime
    points: tuple[Point, ...]
    gap_s: float
    threshold: wire.Threshold | None = None
    waterings: tuple[datetime, ...] = ()
    bucket_s: float | None = None
    ahead: tuple[Point, Point] | None = None
    """The forecast: from the newest point to where the soil will be too dry."""
    ahead_margin_s: float = 0.0
    fitted: bool = False
    """Whether the value axis fits the data instead of being the metric's fixed one."""

    @property
    def scale(self) -> Scale:
        """The metric's fixed scale, widened when a value lies beyond it; or what the data and limits span."""
        scale = scale_of(self.metric)
        if self.fitted and self.points:
            return self._fitted(scale)
        low = min([scale.low, *(point.low for point in self.points)])
        high = max([scale.high, *(point.high for point in self.points)])
        return scale if (low, high) == (scale.low, scale.high) else replace(scale, low=low, high=high)

    def _fitted(self, scale: Scale) -> Scale:
        low, high = self.extremes or (scale.low, scale.high)
        margin = max((high - low) * 0.08, (scale.high - scale.low) * 0.01)
        return replace(scale, low=low - margin, high=high + margin, root=False)

    @property
    def extremes(self) -> tuple[float, float] | None:
        """Lowest and highest value in the window."""
        if not self.points:
            return None
        return min(point.low for point in self.points), max(point.high for point in self.points)

    def side_of(self, point: Point) -> int:
        """-1 when the point went below its range, +1 when above, 0 when it stayed within."""
        return side(self.metric, point.low, self.threshold) or side(self.metric, point.high, self.threshold)


def trace_of(
    history: wire.History,
    metric: str,
    expected_interval_s: float | None = None,
    waterings: Sequence[datetime] = (),
) -> Trace:
    """The trace of one metric; whatever is not a number in any of its columns is a gap."""
    points = tuple(_points(history, metric))
    return Trace(
        metric,
        history.start,
        history.end,
        points,
        _gap_s(history, points, expected_interval_s),
        history.thresholds.get(metric),
        tuple(at for at in waterings if history.start <= at <= history.end),
        history.bucket_s,
    )


def with_forecast(trace: Trace, forecast: wire.Forecast | None) -> Trace:
    """The trace continued to the dry threshold; the window grows by at most a third for it."""
    limits = trace.threshold
    if forecast is None or not trace.points or limits is None or limits.min is None:
        return trace
    newest = trace.points[-1]
    if trace.metric != "soil_moisture" or forecast.at <= newest.at or newest.mean <= limits.min:
        return trace
    length = trace.end - trace.start
    margin = timedelta(hours=forecast.plus_minus_h)
    end = max(trace.end, min(forecast.at + margin, trace.end + length / 3))
    dry = Point(forecast.at, limits.min, limits.min, limits.min)
    return replace(trace, end=end, ahead=(newest, dry), ahead_margin_s=margin.total_seconds())


def _points(history: wire.History, metric: str) -> list[Point]:
    series = history.series.get(metric)
    if series is None:
        return []
    flags = history.flags or [0] * len(history.times)
    half = (history.bucket_s or 0) / 2
    points = []
    columns = zip(
        history.times, drawable(series.mean), drawable(series.min), drawable(series.max), flags, strict=False
    )
    for at, mean, low, high, flag in columns:
        if mean is None:
            continue
        middle = datetime.fromtimestamp(at.timestamp() + half, tz=at.tzinfo)
        points.append(Point(middle, mean, mean if low is None else low, mean if high is None else high, flag))
    return points


def _gap_s(history: wire.History, points: Sequence[Point], expected_s: float | None) -> float:
    """Longest pause that is still drawn as one line: two expected intervals, at least one bucket (T28)."""
    if history.bucket_s:
        return max(history.bucket_s * 1.5, 2 * (expected_s or 0))
    pauses = [(b.at - a.at).total_seconds() for a, b in pairwise(points)]
    # A device that was told to report more often has older readings further apart than it is expected to now.
    usual = 2.5 * median(pauses) if pauses else 0.0
    return max(usual, 2.0 * (expected_s or 0) + 60)
