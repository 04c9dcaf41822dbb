"""A value against its range, as a line with a marker: where it is, and where it should be."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size

from plantops_api import wire
from plantops_api.scales import is_number, scale_of, side
from plantops_tui.look import Pen
from plantops_tui.widgets.canvas import Canvas


def draw_gauge(
    pen: Pen, metric: str, value: float | None, threshold: wire.Threshold | None, cells: int
) -> Content:
    """``cells`` characters: the well range is thick, the marker is a dot inside it and an arrow outside."""
    if cells < 3:
        return Content(" " * max(0, cells))
    scale = scale_of(metric)
    low, high = (threshold.min, threshold.max) if threshold else (None, None)
    first = 0 if low is None else round(scale.share(low) * (cells - 1))
    last = cells - 1 if high is None else round(scale.share(high) * (cells - 1))
    bounded = low is not None or high is not None
    marker = None if value is None or not is_number(value) else round(scale.share(value) * (cells - 1))
    parts = []
    for cell in range(cells):
        if cell == marker:
            parts.append(_marker(pen, side(metric, value, threshold)))
        elif bounded and first <= cell <= last:
            parts.append(Content.styled(pen.glyphs.band, pen.look.good))
        else:
            parts.append(Content.styled(pen.glyphs.track, pen.look.faint))
    return Content("").join(parts).simplify()


def _marker(pen: Pen, where: int) -> Content:
    if where < 0:
        return Content.styled(pen.glyphs.below, pen.look.warn)
    if where > 0:
        return Content.styled(pen.glyphs.above, pen.look.warn)
    return Content.styled(pen.glyphs.inside, pen.look.strong)


class RangeGauge(Canvas):
    """A gauge that fills its width."""

    DEFAULT_CSS = "RangeGauge { height: 1; }"

    def __init__(self, metric: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._metric = metric
        self._value: float | None = None
        self._threshold: wire.Threshold | None = None

    def show(self, value: float | None, threshold: wire.Threshold | None) -> None:
        """Draw another value."""
        self._value, self._threshold = value, threshold
        self.redraw()

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """One line."""
        return [draw_gauge(pen, self._metric, self._value, self._threshold, size.width)]
