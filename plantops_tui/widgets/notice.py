"""A panel that stands where data would: loading, empty, or an error, each with what to do next."""

from __future__ import annotations

from textwrap import wrap

from textual.content import Content
from textual.geometry import Size

from plantops_api import errors
from plantops_tui.look import Pen
from plantops_tui.widgets.canvas import Canvas

_SPROUT = ("\\ | /", " \\|/ ", " _|_ ", " \\_/ ")


class Notice(Canvas):
    """A title, sentences, and a hint in the middle of the room."""

    fades = False

    DEFAULT_CSS = "Notice { height: 1fr; display: none; } Notice.-shown { display: block; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._title = self._body = self._hint = ""
        self._bad = False

    def show(self, title: str, body: str = "", hint: str = "", *, bad: bool = False) -> None:
        """Show a text; ``bad`` marks an error."""
        self._title, self._body, self._hint, self._bad = title, body, hint, bad
        self.add_class("-shown")
        self.redraw()

    def show_error(self, doing: str, problem: errors.ApiError) -> None:
        """Show what went wrong while ``doing`` ("read the plants"), why, and what to do."""
        self.show(
            f"Could not {doing}", problem.message, f"{problem.advice}\nr tries again.".strip(), bad=True
        )

    def hide(self) -> None:
        """Make room for data."""
        self.remove_class("-shown")

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """The text, centred; a small plant above it when there is room."""
        width = max(10, min(size.width - 4, 72))
        lines = [Content.styled(self._title, pen.look.bad if self._bad else pen.look.strong)]
        lines += [Content(""), *self._paragraphs(self._body, width, pen.look.text)] if self._body else []
        lines += [Content(""), *self._paragraphs(self._hint, width, pen.look.muted)] if self._hint else []
        if not self._bad and size.height > len(lines) + 8:
            lines = [*(Content.styled(row, pen.look.good) for row in _SPROUT), Content(""), *lines]
        above = max(0, (size.height - len(lines)) // 2 - 1)
        centred = [_centred(line.truncate(size.width, ellipsis=True), size.width) for line in lines]
        return ([Content("")] * above + centred)[: size.height]

    @staticmethod
    def _paragraphs(text: str, width: int, style: object) -> list[Content]:
        lines = [line for paragraph in text.splitlines() for line in wrap(paragraph, width) or [""]]
        return [Content.styled(line, style) for line in lines[:8]]  # type: ignore[arg-type]


def _centred(line: Content, width: int) -> Content:
    """In the middle, blanks at its ends included: the drawing's lines belong together."""
    return Content.assemble(" " * ((width - line.cell_length) // 2), line)
