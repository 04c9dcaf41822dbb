"""A plant's past as a table: what charts show, for those who would rather read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from plantops_api.scales import scale_of
from plantops_api.traces import Point, Trace
from plantops_api.wording import UNTRUSTED, number
from plantops_server.web.moments import Moments


class Line(NamedTuple):
    """A stretch of time, and a text of each metric: mean, and lowest to highest when they differ."""

    when: str
    cells: list[str]


def lines(traces: Sequence[Trace], moments: Moments) -> list[Line]:
    """The newest first: hours of a day, quarters of days of a week, days of a month, months of a year."""
    found: dict[tuple[datetime, str], dict[str, list[Point]]] = defaultdict(lambda: defaultdict(list))
    for trace in traces:
        hours = (trace.end - trace.start).total_seconds() / 3600
        for point in trace.points:
            if not point.flags & UNTRUSTED:
                found[_slot(moments.local(point.at), hours)][trace.metric].append(point)
    return [
        Line(label, [_cell(trace.metric, by_metric[trace.metric]) for trace in traces])
        for (_, label), by_metric in sorted(found.items(), reverse=True)
    ]


def _slot(local: datetime, hours: float) -> tuple[datetime, str]:
    """The start of the stretch in which a moment lies, and what it is called."""
    start = local.replace(minute=0, second=0, microsecond=0)
    if hours <= 48:
        return start, f"{start:%a %H:%M}"
    if hours <= 24 * 10:
        start = start.replace(hour=start.hour // 6 * 6)
        return start, f"{start:%a} {start.day} {start:%b}, {start:%H:%M}"
    start = start.replace(hour=0)
    if hours <= 24 * 100:
        return start, f"{start:%a} {start.day} {start:%b}"
    start = start.replace(day=1)
    return start, f"{start:%B} {start.year}"


def _cell(metric: str, points: Sequence[Point]) -> str:
    if not points:
        return "–"
    decimals = scale_of(metric).decimals
    mean = number(sum(point.mean for point in points) / len(points), decimals)
    low = number(min(point.low for point in points), decimals)
    high = number(max(point.high for point in points), decimals)
    return mean if low == high else f"{mean} ({low}–{high})"
