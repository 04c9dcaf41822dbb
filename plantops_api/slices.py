"""Time cut into equal slices: what a sparkline cell or a chart column stands for."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from plantops_api.scales import is_number


def drawable(values: Sequence[float | None]) -> list[float | None]:
    """The same series with NaN, infinities and everything else that is no number as gaps."""
    return [value if is_number(value) else None for value in values]


def squeeze(values: Sequence[float | None], cells: int) -> list[float | None]:
    """A series of equal time slices as ``cells`` equal, longer (or repeated) slices; extremes survive, gaps stay.

    A cell shows the one of its values that lies farthest from the middle of the whole series, so that a
    single spike is not averaged away. A cell without any value is a gap.
    """
    kept = drawable(values)
    known = [value for value in kept if value is not None]
    if cells <= 0 or not kept:
        return [None] * max(cells, 0)
    if not known:
        return [None] * cells
    middle = median(known)
    return [_farthest(kept, cell, cells, middle) for cell in range(cells)]


def _farthest(values: Sequence[float | None], cell: int, cells: int, middle: float) -> float | None:
    start = cell * len(values) // cells
    stop = max(start + 1, (cell + 1) * len(values) // cells)
    inside = [value for value in values[start:stop] if value is not None]
    return max(inside, key=lambda value: abs(value - middle)) if inside else None
