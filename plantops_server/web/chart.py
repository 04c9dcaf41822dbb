"""Charts as SVG, drawn here so that a page needs no script for them.

The drawing is as wide as its place and keeps the size of its letters: lines live in an inner picture that is stretched,
text in the outer one at percentages. No style attributes: the policy of the pages allows none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from markupsafe import Markup

from plantops_api.axis import time_ticks
from plantops_api.traces import Point, Trace
from plantops_api.wording import UNTRUSTED, number
from plantops_server.web.moments import Moments
from plantops_server.web.window import Window, limits

WIDE, HIGH = 1000, 160
"""Steps of the inner picture; it is 160 pixels high and as wide as the page lets it."""
_AXIS = 22
_LABELS = 56
"""Cells of a terminal's axis that a page has room for: its labels are placed by the same rule."""


def chart(trace: Trace, moments: Moments, label: str) -> Markup:
    """The picture of a trace, described by ``label`` for those who do not see it."""
    values = [v for point in trace.points for v in (point.low, point.high)]
    window = Window(trace.metric, values, trace.threshold, fitted=True)
    inner = Markup("").join(
        [
            _band(trace, window), *_forecast(trace, window), *_envelopes(trace, window), *_lines(trace, window),
            *_doubtful(trace, window),
        ]
    )  # fmt: skip
    return Markup(
        '<svg class="plot" width="100%" height="{}" role="img" aria-label="{}">{}'
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="none" width="100%" height="{}">{}</svg>'
        '{}<line class="pointer" y1="0" y2="{}" x1="-1%" x2="-1%"/></svg>'
    ).format(
        HIGH + _AXIS, label, _value_axis(trace, window) + _time_axis(trace, moments), WIDE, HIGH, HIGH, inner,
        _waterings(trace, moments), HIGH,
    )  # fmt: skip


def points_for_script(trace: Trace) -> str:
    """What the pointer reads: [place from 0 to 1000, mean, lowest, highest] of each point, as JSON."""
    return json.dumps(
        [
            [round(_across(trace, point.at)), _short(point.mean)]
            + ([_short(point.low), _short(point.high)] if point.low != point.high else [])
            for point in _believed(trace)
        ],
        separators=(",", ":"),
    )


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _across(trace: Trace, at: datetime) -> float:
    return (at - trace.start).total_seconds() / max(1.0, (trace.end - trace.start).total_seconds()) * WIDE


def _down(window: Window, value: float) -> float:
    return (1 - window.up(value)) * HIGH


def _at(trace: Trace, window: Window, at: datetime, value: float) -> str:
    return f"{_across(trace, at):.0f} {_down(window, value):.1f}"


def _believed(trace: Trace) -> list[Point]:
    return [point for point in trace.points if not point.flags & UNTRUSTED]


def _stretches(trace: Trace) -> Iterator[list[Point]]:
    """Points that are joined by a line; a longer pause between two is a gap."""
    stretch: list[Point] = []
    for point in _believed(trace):
        if stretch and (point.at - stretch[-1].at).total_seconds() > trace.gap_s:
            yield stretch
            stretch = []
        stretch.append(point)
    if stretch:
        yield stretch


def _line(trace: Trace, window: Window, points: Sequence[Point]) -> str:
    if len(points) == 1:
        return f"M{_at(trace, window, points[0].at, points[0].mean)}h0"
    return "M" + "L".join(_at(trace, window, point.at, point.mean) for point in points)


def _lines(trace: Trace, window: Window) -> Iterator[Markup]:
    """The means; once more, in the colour of warning, where they left the range."""
    stretches = list(_stretches(trace))
    drawn = "".join(_line(trace, window, points) for points in stretches)
    if drawn:
        yield Markup('<path class="mean" d="{}"/>').format(drawn)
    off = "".join(_line(trace, window, part) for points in stretches for part in _outside(trace, points))
    if off:
        yield Markup('<path class="mean off" d="{}"/>').format(off)


def _outside(trace: Trace, points: Sequence[Point]) -> Iterator[list[Point]]:
    part: list[Point] = []
    low, high = limits(trace.metric, trace.threshold)
    for point in points:
        if (low is not None and point.mean < low) or (high is not None and point.mean > high):
            part.append(point)
        elif part:
            yield part
            part = []
    if part:
        yield part


def _envelopes(trace: Trace, window: Window) -> Iterator[Markup]:
    """From lowest to highest of each bucket: extremes survive."""
    for points in _stretches(trace):
        if len(points) > 1 and any(point.low != point.high for point in points):
            above = "L".join(_at(trace, window, point.at, point.high) for point in points)
            below = "L".join(_at(trace, window, point.at, point.low) for point in reversed(points))
            yield Markup('<path class="envelope" d="M{}L{}z"/>').format(above, below)


def _doubtful(trace: Trace, window: Window) -> Iterator[Markup]:
    """Readings that count for nothing but to be seen: lonely dots."""
    dots = "".join(
        f"M{_at(trace, window, point.at, point.mean)}h0" for point in trace.points if point.flags & UNTRUSTED
    )
    if dots:
        yield Markup('<path class="doubtful" d="{}"/>').format(dots)


def _forecast(trace: Trace, window: Window) -> Iterator[Markup]:
    if trace.ahead is not None:
        start, end = (_at(trace, window, point.at, point.mean) for point in trace.ahead)
        yield Markup('<path class="ahead" d="M{}L{}"/>').format(start, end)


def _band(trace: Trace, window: Window) -> Markup:
    low, high = limits(trace.metric, trace.threshold)
    if low is None and high is None:
        return Markup("")
    top = 0.0 if high is None else _down(window, high)
    bottom = float(HIGH) if low is None else _down(window, low)
    edges = "".join(f"M0 {_down(window, edge):.1f}h{WIDE}" for edge in (low, high) if edge is not None)
    return Markup(
        '<rect class="band" y="{:.1f}" width="{}" height="{:.1f}"/><path class="edge" d="{}"/>'
    ).format(top, WIDE, max(0.0, bottom - top), edges)


def _value_axis(trace: Trace, window: Window) -> Markup:
    drawn = []
    ticks = window.ticks()
    decimals = 0 if len(ticks) < 2 or ticks[1] - ticks[0] >= 1 else 1 if ticks[1] - ticks[0] >= 0.1 else 2
    for value in ticks:
        y = _down(window, value)
        drawn.append(
            Markup(
                '<line class="grid" x2="100%" y1="{0:.1f}" y2="{0:.1f}"/><text x="0" y="{1:.1f}">{2}</text>'
            ).format(y, y - 4 if y > 16 else y + 13, number(value, decimals))
        )
    return Markup("").join(drawn)


def _time_axis(trace: Trace, moments: Moments) -> Markup:
    """Labels at the ends are left out, for they would stick out of the page; a phone shows every other one."""
    drawn = []
    for order, tick in enumerate(time_ticks(trace.start, trace.end, moments.zone, _LABELS)):
        place = _across(trace, tick.at) / 10
        drawn.append(
            Markup('<line class="grid" x1="{0:.2f}%" x2="{0:.2f}%" y1="0" y2="{1}"/>').format(place, HIGH)
        )
        if 3.5 <= place <= 96.5:
            drawn.append(
                Markup('<text class="when{}" x="{:.2f}%" y="{}">{}</text>').format(
                    " between" if order % 2 else "", place, HIGH + 16, tick.label
                )
            )
    return Markup("").join(drawn)


def _waterings(trace: Trace, moments: Moments) -> Markup:
    """A drop where it was watered."""
    return Markup("").join(
        Markup(
            '<svg class="drop" x="{:.2f}%" overflow="visible"><title>Watered {}</title>'
            '<line y2="{}"/><path d="M0-2c-4 6-5 7.500-5 10a5 5 0 0 0 10 0c0-2.500-1-4-5-10z"/></svg>'
        ).format(_across(trace, at) / 10, moments.full(at), HIGH)
        for at in trace.waterings
    )  # fmt: skip
