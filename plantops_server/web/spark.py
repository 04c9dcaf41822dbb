"""Sparklines: the last 24 h of one metric as a small drawing, with the band in which the plant is well.

200 cards of four of them are most of a page: coordinates are whole numbers, each relative to the one before, which
compresses to about a bit and a half a point.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from plantops_api import wire
from plantops_api.scales import scale_of
from plantops_api.slices import drawable

HEIGHT = 32
"""Steps from bottom to top; the drawing is stretched to its place."""


class Window:
    """What of a metric's values a drawing shows: the data and the limits, or its fixed scale without limits."""

    def __init__(self, metric: str, values: Sequence[float], threshold: wire.Threshold | None) -> None:
        scale = scale_of(metric)
        limits = [] if threshold is None or metric == "light_level" else [threshold.min, threshold.max]
        known = [limit for limit in limits if limit is not None]
        self._root = scale.root
        if known and not scale.root:
            low, high = min([*known, *values]), max([*known, *values])
            margin = max((high - low) * 0.1, (scale.high - scale.low) * 0.01)
            self.low, self.high = low - margin, high + margin
        else:
            self.low, self.high = min([scale.low, *values]), max([scale.high, *values])

    def up(self, value: float) -> float:
        """Where a value lies, 0 at the bottom and 1 at the top; clipped."""
        part = min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))
        return part**0.5 if self._root else part


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
    if threshold is None or metric == "light_level" or (threshold.min is None and threshold.max is None):
        return Markup("")
    top = 0 if threshold.max is None else round((1 - window.up(threshold.max)) * HEIGHT)
    bottom = HEIGHT if threshold.min is None else round((1 - window.up(threshold.min)) * HEIGHT)
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
