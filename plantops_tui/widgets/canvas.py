"""A widget that is drawn line by line and repaints only the cells that changed."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from plantops_tui.contain import Contained
from plantops_tui.look import Pen

if TYPE_CHECKING:
    from plantops_tui.app import PlantOpsApp


def justify(left: Content, right: Content, width: int, gap: int = 1) -> Content:
    """Two texts on one line of ``width`` cells; the left one is shortened when both do not fit."""
    room = max(0, width - right.cell_length - (gap if right.cell_length else 0))
    left = left.truncate(room, ellipsis=True)
    line = Content.assemble(left, " " * max(0, width - left.cell_length - right.cell_length), right)
    return line.truncate(width, ellipsis=True, pad=True)


class Canvas(Contained, ScrollView, can_focus=False):
    """Subclasses give :meth:`draw`; :meth:`redraw` sends only what differs from the screen to the terminal.

    A drawing that fails is replaced by a sentence: one broken panel must not take the others with it.
    """

    DEFAULT_CSS = """
    Canvas { background: transparent; scrollbar-gutter: auto; overflow-x: hidden; scrollbar-size-vertical: 1; }
    """

    fades = True
    """Whether it recedes while the server is away; bars and notices do not."""
    faded = False
    """Drawn as data that cannot be renewed now."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: list[Content] = []

    @property
    def house(self) -> PlantOpsApp:
        """The app, by its own type."""
        return cast("PlantOpsApp", self.app)

    @property
    def pen(self) -> Pen:
        """What to draw with at this moment."""
        return self.house.pen(faded=self.faded)

    @property
    def room(self) -> Size:
        """Cells that can be drawn on without scrolling."""
        return self.scrollable_content_region.size

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """The lines of the whole drawing; longer than ``size.height`` scrolls."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw again and repaint the difference."""
        if not self.is_attached or not self.size:
            return
        before, self._lines = self._lines, self._drawn()
        self.virtual_size = Size(self.room.width, len(self._lines))
        for y, (old, new) in enumerate(zip_longest(before, self._lines)):
            if old is None or new is None or not old.is_same(new):
                self._repaint(y, old, new)

    def _drawn(self) -> list[Content]:
        try:
            return self.draw(self.pen, self.room)
        except Exception as problem:  # one panel may fail, the app may not
            self.house.note_failure(self, problem)
            return [Content("This part cannot be drawn; the log says why.")]

    def _repaint(self, y: int, old: Content | None, new: Content | None) -> None:
        left, width = changed_cells(old, new) if old is not None and new is not None else (0, self.size.width)
        self.refresh(Region(left, y - self.scroll_offset.y, width, 1))

    def on_resize(self) -> None:
        """The room changed: everything is laid out again."""
        self.redraw()

    def on_mount(self) -> None:
        """Draw as soon as there is room."""
        self.redraw()

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        row = y + self.scroll_offset.y
        return self.strip_of(self._lines[row] if row < len(self._lines) else Content(""))

    def strip_of(self, content: Content) -> Strip:
        """A line as it goes to the screen, over the widget's own background and as wide as it."""
        if not self.house.glyphs.braille and "…" in content.plain:
            # Shortening is Textual's and knows one ellipsis only.
            plain = content.plain.replace("…", self.house.glyphs.ellipsis)
            content = Content(plain, list(content.spans))
        style = self.visual_style
        strip = Strip(content.render_segments(style), content.cell_length)
        return strip.adjust_cell_length(self.size.width, style.rich_style)


def changed_cells(old: Content, new: Content) -> tuple[int, int]:
    """First cell that differs between two lines, and how many cells from there do."""
    before, after = _cells(old), _cells(new)
    length = max(len(before), len(after))
    if len(before) != len(after):
        return 0, length
    differing = [x for x in range(length) if before[x] != after[x]]
    return (differing[0], differing[-1] - differing[0] + 1) if differing else (0, 0)


def _cells(line: Content) -> list[object]:
    cells: list[object] = []
    for text, style in line.render(end=""):
        for character in text:
            width = Content(character).cell_length if not character.isascii() else 1
            cells.extend([(character, style)] * width)
    return cells
