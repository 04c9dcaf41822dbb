"""A day of one metric in one line: equal time slices, gaps stay gaps, extremes survive, the range is fixed."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size

from plantops_api import wire
from plantops_api.scales import scale_of, side
from plantops_api.slices import squeeze
from plantops_tui.look import Pen
from plantops_tui.widgets.canvas import Canvas


def draw_sparkline(
    pen: Pen,
    values: Sequence[float | None],
    cells: int,
    metric: str,
    threshold: wire.Threshold | None = None,
) -> Content:
    """Exactly ``cells`` characters; slices outside the threshold are styled as warnings, gaps are a dot."""
    parts: list[Content] = []
    for value in squeeze(values, cells):
        if value is None:
            parts.append(Content.styled(pen.glyphs.gap, pen.look.faint))
        else:
            style = pen.look.warn if side(metric, value, threshold) else pen.look.spark
            parts.append(Content.styled(level(pen, scale_of(metric).share(value)), style))
    return Content("").join(parts).simplify()


def draw_tall_sparkline(
    pen: Pen, values: Sequence[float | None], cells: int, metric: str, threshold: wire.Threshold | None = None
) -> tuple[Content, Content]:
    """The same in two lines, upper and lower: twice as many heights."""
    upper: list[Content] = []
    lower: list[Content] = []
    steps = len(pen.glyphs.levels)
    for value in squeeze(values, cells):
        if value is None:
            upper.append(Content(" "))
            lower.append(Content.styled(pen.glyphs.gap, pen.look.faint))
            continue
        style = pen.look.warn if side(metric, value, threshold) else pen.look.spark
        height = min(2 * steps, 1 + int(scale_of(metric).share(value) * 2 * steps))
        upper.append(Content.styled(pen.glyphs.levels[height - steps - 1] if height > steps else " ", style))
        lower.append(Content.styled(pen.glyphs.levels[min(height, steps) - 1], style))
    return Content("").join(upper).simplify(), Content("").join(lower).simplify()


def level(pen: Pen, share: float) -> str:
    """The bar for a share of the full height, 0 to 1; zero is the lowest bar, not nothing."""
    levels = pen.glyphs.levels
    return levels[min(len(levels) - 1, int(share * len(levels)))]


class Sparkline(Canvas):
    """A sparkline that fills its width."""

    DEFAULT_CSS = "Sparkline { height: 1; }"

    def __init__(self, metric: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._metric = metric
        self._values: Sequence[float | None] = ()
        self._threshold: wire.Threshold | None = None

    def show(self, values: Sequence[float | None], threshold: wire.Threshold | None = None) -> None:
        """Draw another series: equal time slices, oldest first."""
        self._values, self._threshold = values, threshold
        self.redraw()

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """One line."""
        return [draw_sparkline(pen, self._values, size.width, self._metric, self._threshold)]
