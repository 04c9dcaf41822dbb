"""A trace as dots on a raster: what a terminal can draw of it."""

from __future__ import annotations

from datetime import datetime

from plantops_api.traces import Point, Trace
from plantops_api.wording import UNTRUSTED

DOTS_DOWN = 4
"""Dots of a braille cell from top to bottom; it has two side by side."""
DOTS_ACROSS = 2


class Raster:
    """Dots of a trace on ``columns`` x ``rows`` cells of braille: one bit set for each column of dots."""

    def __init__(self, trace: Trace, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.sides = [0] * columns
        self.doubtful = [False] * columns
        self._dots = [0] * (columns * DOTS_ACROSS)
        self._ahead = [0] * len(self._dots)
        self._trace, self._scale = trace, trace.scale
        previous: Point | None = None
        for point in trace.points:
            self._mark(point)
            if previous is not None and (point.at - previous.at).total_seconds() <= trace.gap_s:
                self._join(previous, point)
            previous = point
        if trace.ahead is not None:
            self._foresee(*trace.ahead)

    def column_of(self, at: datetime) -> int:
        """The cell column of a moment; may lie outside."""
        return self._across(at) // DOTS_ACROSS

    def row_of(self, value: float) -> int:
        """The cell row of a value, 0 at the top."""
        return self._down(value) // DOTS_DOWN

    def bits(self, column: int, row: int) -> tuple[int, int]:
        """The dots of one cell: four bits (lowest = topmost) of its left and of its right column."""
        left, right = self._dots[column * DOTS_ACROSS : (column + 1) * DOTS_ACROSS]
        return left >> row * DOTS_DOWN & 0b1111, right >> row * DOTS_DOWN & 0b1111

    def bits_ahead(self, column: int, row: int) -> tuple[int, int]:
        """The dots of the forecast in one cell."""
        left, right = self._ahead[column * DOTS_ACROSS : (column + 1) * DOTS_ACROSS]
        return left >> row * DOTS_DOWN & 0b1111, right >> row * DOTS_DOWN & 0b1111

    def _across(self, at: datetime) -> int:
        length = max(1e-9, (self._trace.end - self._trace.start).total_seconds())
        dots = len(self._dots)
        place = int((at - self._trace.start).total_seconds() / length * dots)
        return dots - 1 if place == dots else place

    def _down(self, value: float) -> int:
        height = self.rows * DOTS_DOWN
        return min(height - 1, max(0, round((1 - self._scale.share(value)) * (height - 1))))

    def _mark(self, point: Point) -> None:
        x = self._across(point.at)
        if not 0 <= x < len(self._dots):
            return
        self._fill(x, self._down(point.high), self._down(point.low))
        if point.flags & UNTRUSTED:
            self.doubtful[x // DOTS_ACROSS] = True
        self.sides[x // DOTS_ACROSS] = self._trace.side_of(point) or self.sides[x // DOTS_ACROSS]

    def _join(self, first: Point, second: Point) -> None:
        x0, x1 = self._across(first.at), self._across(second.at)
        y0, y1 = self._down(first.mean), self._down(second.mean)
        before = y0
        for x in range(max(0, x0), min(len(self._dots) - 1, x1) + 1):
            y = y0 if x1 == x0 else round(y0 + (y1 - y0) * (x - x0) / (x1 - x0))
            self._fill(x, before, y)
            before = y

    def _foresee(self, now: Point, dry: Point) -> None:
        """Every third dot of the straight line to the dry threshold."""
        x0, x1, y0, y1 = (
            self._across(now.at), self._across(dry.at), self._down(now.mean), self._down(dry.mean)
        )  # fmt: skip
        for x in range(max(0, x0 + 2), min(len(self._dots) - 1, x1) + 1, 3):
            y = y1 if x1 == x0 else round(y0 + (y1 - y0) * (x - x0) / (x1 - x0))
            self._ahead[x] |= 1 << y

    def _fill(self, x: int, y0: int, y1: int) -> None:
        low, high = min(y0, y1), max(y0, y1)
        self._dots[x] |= (1 << high + 1) - (1 << low)
