"""Tabs in one line, the chosen one in brackets; each is reached by its letter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message

from plantops_tui.look import Pen
from plantops_tui.widgets.canvas import Canvas, justify


class Tab(NamedTuple):
    """One choice; ``key`` is drawn before the title when it is not empty."""

    name: str
    title: str
    key: str = ""


class TabStrip(Canvas):
    """Two groups of choices: tabs at the left, ranges at the right."""

    DEFAULT_CSS = "TabStrip { height: 1; }"

    class Chosen(Message):
        """A choice was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, left: Sequence[Tab], right: Sequence[Tab], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._left, self._right = tuple(left), tuple(right)
        self._chosen: frozenset[str] = frozenset()
        self._right_shown = True
        self._spans: list[tuple[int, int, str]] = []

    def show(self, *chosen: str, right: bool = True) -> None:
        """Mark the chosen ones; ``right`` shows the right group."""
        self._chosen, self._right_shown = frozenset(chosen), right
        self.redraw()

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """One line."""
        left, left_spans = self._group(pen, self._left)
        right, right_spans = self._group(pen, self._right if self._right_shown else ())
        offset = size.width - right.cell_length
        self._spans = left_spans + [(a + offset, b + offset, name) for a, b, name in right_spans]
        return [justify(left, right, size.width, gap=0)]  # each tab has a blank at both ends

    def _group(self, pen: Pen, tabs: Sequence[Tab]) -> tuple[Content, list[tuple[int, int, str]]]:
        line, spans = Content(""), []
        for tab in tabs:
            start = line.cell_length
            line = Content.assemble(line, self._tab(pen, tab))
            spans.append((start, line.cell_length, tab.name))
        return line, spans

    def _tab(self, pen: Pen, tab: Tab) -> Content:
        if tab.name in self._chosen:
            return Content.styled(f"[{tab.title}]", pen.look.strong)
        if tab.key and tab.title.startswith(tab.key):
            rest = Content.styled(tab.title[len(tab.key) :], pen.look.bar)
            return Content.assemble(" ", Content.styled(tab.key, pen.look.key), rest, " ")
        return Content.styled(f" {tab.title} ", pen.look.bar)

    def on_click(self, event: events.Click) -> None:
        """A click chooses."""
        for start, stop, name in self._spans:
            if start <= event.x < stop:
                self.post_message(self.Chosen(name))
