"""Sparklines: the last 24 h of one metric as a small drawing, with the band in which the plant is well.

200 cards of four of them are most of a page: coordinates are whole numbers, each relative to the one before, which
compresses to about a bit and a half a point.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from plantops_api import wire
from plantops_api.slices import drawable
from plantops_server.web.window import Window, limits

HEIGHT = 32
"""Steps from bottom to top; the drawing is stretched to its place."""


def sparkline(metric: str, series: wire.SparkSeries | None, threshold: wire.Threshold | None) -> Markup:
    """The drawing; nothing when nothing was measured. It says nothing that the text beside it does not say."""
    values = drawable(series.mean) if series is not None else []
    known = [value for value in values if value is not None]
    if not known:
        return Markup("")
    window = Window(metric, known, threshold)
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}<path d="{}"/></svg>'
    ).format(
        max(1, len(values) - 1),
        HEIGHT,
        _band(metric, window, threshold, len(values) - 1),
        _path(values, window),
    )


def _band(metric: str, window: Window, threshold: wire.Threshold | None, width: int) -> Markup:
    low, high = limits(metric, threshold)
    if low is None and high is None:
        return Markup("")
    top = 0 if high is None else round((1 - window.up(high)) * HEIGHT)
    bottom = HEIGHT if low is None else round((1 - window.up(low)) * HEIGHT)
    return Markup('<rect y="{}" width="{}" height="{}"/>').format(top, width, max(1, bottom - top))


def _path(values: Sequence[float | None], window: Window) -> str:
    """Relative steps; a gap is a jump, and a lonely point between two gaps is a dot."""
    parts: list[str] = []
    x = y = 0
    drawing = False
    for place, value in enumerate(values):
        if value is None:
            drawing = False
            continue
        height = round((1 - window.up(value)) * HEIGHT)
        lonely = not drawing and (place + 1 == len(values) or values[place + 1] is None)
        step = f"{place - x}{height - y}" if height < y else f"{place - x} {height - y}"
        parts.append(("l" if drawing else "m") + step + ("h0" if lonely else ""))
        x, y, drawing = place, height, True
    return "".join(parts)
