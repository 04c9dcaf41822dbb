"""Sparklines: the last 24 h of one metric as a small drawing, with the band in which the plant is well.

200 cards of four of them are most of a page: coordinates are whole numbers, each relative to the one before, which
compresses to a few bits a point; and a drawing is kept, for its values change only with the roll-ups.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from markupsafe import Markup

from plantops_api import wire
from plantops_api.slices import drawable
from plantops_server.web.window import Window, limits

HEIGHT = 32
"""Steps from bottom to top; the drawing is stretched to its place."""
_KEPT = 8192
"""Drawings of 2,000 plants."""


def sparkline(metric: str, series: wire.SparkSeries | None, threshold: wire.Threshold | None) -> Markup:
    """The drawing; nothing when nothing was measured. It says nothing that the text beside it does not say."""
    if series is None:
        return Markup("")
    return _drawing(metric, tuple(series.mean), *limits(metric, threshold))


@lru_cache(maxsize=_KEPT)
def _drawing(metric: str, means: tuple[float | None, ...], low: float | None, high: float | None) -> Markup:
    values = drawable(means)
    known = [value for value in values if value is not None]
    if not known:
        return Markup("")
    window = Window(metric, known, wire.Threshold(min=low, max=high, source="user"))
    heights = [None if value is None else round((1 - window.up(value)) * HEIGHT) for value in values]
    width = max(1, len(values) - 1)
    picture = (
        f'<svg class="spark" viewBox="0 0 {width} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        f'{_band(window, low, high, width)}<path d="{_path(heights)}"/></svg>'
    )
    return Markup(picture)  # noqa: S704 - nothing but numbers of ours went in


def _band(window: Window, low: float | None, high: float | None, width: int) -> str:
    if low is None and high is None:
        return ""
    top = 0 if high is None else round((1 - window.up(high)) * HEIGHT)
    bottom = HEIGHT if low is None else round((1 - window.up(low)) * HEIGHT)
    return f'<rect y="{top}" width="{width}" height="{max(1, bottom - top)}"/>'


def _path(heights: Sequence[int | None]) -> str:
    """Relative steps; a gap is a jump, and a lonely point between two gaps is a dot."""
    parts: list[str] = []
    x = y = 0
    drawing = False
    for place, height in enumerate(heights):
        if height is None:
            drawing = False
            continue
        step = f"{place - x}{height - y}" if height < y else f"{place - x} {height - y}"
        parts.append(("l" if drawing else "m") + step)
        if not drawing and (place + 1 == len(heights) or heights[place + 1] is None):
            parts.append("h0")
        x, y, drawing = place, height, True
    return "".join(parts)
