"""The line above the cards: filter, order, and how many need you."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size

from plantops_api import wire
from plantops_tui.look import Pen
from plantops_tui.widgets.canvas import Canvas, justify


class Toolbar(Canvas):
    """One line about the cards below."""

    DEFAULT_CSS = "Toolbar { height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._shown = self._total = self._needy = 0
        self._order = self._wanted = ""

    def show(self, shown: int, cards: Sequence[wire.PlantCard], order: str, wanted: str) -> None:
        """Show other counts."""
        self._shown, self._total, self._order, self._wanted = shown, len(cards), order, wanted
        self._needy = sum(1 for card in cards if card.health in ("attention", "critical"))
        self.redraw()

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """One line; empty until something is known."""
        if not self._order:
            return [Content("")]
        dot = f" {pen.glyphs.dot} "
        left = Content.styled(f"sorted: {self._order}{dot}graphs: last 24 h", pen.look.muted)
        if self._wanted:
            left = Content.styled(f'filter "{self._wanted}" {pen.glyphs.dot} esc clears', pen.look.accent)
        count = (
            f"{self._total} plants"
            if self._shown == self._total
            else f"{self._shown} of {self._total} plants"
        )
        if self._total == 1:
            count = "1 plant"
        right = Content.styled(count, pen.look.muted)
        if self._needy:
            words = (
                f"{pen.glyphs.health['attention']} {self._needy} need{'s' if self._needy == 1 else ''} you"
            )
            right = Content.assemble(
                Content.styled(words, pen.look.warn), Content.styled(dot, pen.look.muted), right
            )
        return [justify(left, right, size.width)]
