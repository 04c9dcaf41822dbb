"""What was measured, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Line(NamedTuple):
    """One measurement: what, its bar, what came out, and whether the bar holds (None: there is none)."""

    what: str
    bar: str
    measured: str
    holds: bool | None = None


def drawn(lines: Sequence[Line]) -> str:
    """A Markdown table, which terminals show well too."""
    rows = [
        ("measurement", "bar", "measured", ""),
        *((x.what, x.bar, x.measured, _word(x.holds)) for x in lines),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    drawn_rows = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return "\n".join([drawn_rows[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *drawn_rows[1:]])


def _word(holds: bool | None) -> str:
    return "" if holds is None else "holds" if holds else "MISSED"


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
