"""Plain tables: aligned by what a terminal really shows, no frames, cut only when a terminal is too narrow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from plantops_cli import times

_GAP = "  "
_NARROWEST = 10
"""No column is cut below this many cells: every word of health, trust and status stays whole."""

_COLOURS = {
    "ok": "32", "fresh": "32", "online": "32", "resolved": "32",
    "attention": "33", "warning": "33", "warn": "33", "late": "33", "sleeping": "36", "asleep": "36",
    "critical": "1;31", "fail": "1;31", "faulty": "31", "offline": "31",
}  # fmt: skip
_WORDS = re.compile(rf"(?<=  )(?:{'|'.join(_COLOURS)})(?=  |$)|^(?:{'|'.join(_COLOURS)})(?=  )")


def plain(value: Any) -> str:
    """A value as a table shows it: local time, numbers without needless digits, an en dash for nothing."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return times.local(value)
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}".removesuffix(".0")
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "–"
    return str(value)


def cells(value: str) -> int:
    """How many terminal cells a text takes (a CJK character or emoji takes two, a combining mark none)."""
    if value.isascii():
        return len(value)
    from rich.cells import cell_len

    return cell_len(value)


def widths_of(rows: Sequence[Sequence[str]]) -> list[int]:
    """The width of each column, in cells."""
    return [max(map(cells, column)) for column in zip(*rows, strict=True)]


def width_of(rows: Sequence[Sequence[str]]) -> int:
    """How many cells a table takes when nothing is cut."""
    return sum(widths_of(rows)) + len(_GAP) * (len(rows[0]) - 1)


def lines(
    rows: Sequence[Sequence[str]],
    heading: Sequence[str] | None = None,
    *,
    width: int | None = None,
    indent: int = 0,
    widths: Sequence[int] | None = None,
) -> Iterator[str]:
    """The lines of a table; the widest columns are cut until it fits into ``width`` cells, if one is given."""
    everything = [*([heading] if heading else []), *rows]
    if not everything:
        return
    room = list(widths or widths_of(everything))
    if width is not None:
        _squeeze(room, width - indent)
    for row in everything:
        padded = [_fit(cell, space) for cell, space in zip(row, room, strict=True)]
        yield (" " * indent + _GAP.join(padded)).rstrip()


def paint(line: str) -> str:
    """Colour the words of status that stand in a cell of their own; the word itself always stays."""
    return _WORDS.sub(lambda word: f"\x1b[{_COLOURS[word[0]]}m{word[0]}\x1b[0m", line)


def _squeeze(room: list[int], width: int) -> None:
    """Take cells from the widest column, one at a time."""
    excess = sum(room) + len(_GAP) * (len(room) - 1) - width
    while excess > 0:
        widest = max(range(len(room)), key=lambda place: room[place])
        if room[widest] <= _NARROWEST:
            return
        room[widest] -= 1
        excess -= 1


def _fit(cell: str, space: int) -> str:
    if cells(cell) > space:
        while cells(cell) > space - 1:
            cell = cell[:-1]
        cell += "…"
    return cell + " " * (space - cells(cell))
