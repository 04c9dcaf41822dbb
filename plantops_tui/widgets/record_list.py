"""Rows with columns and one selected row; the selection follows the record, not the place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message

from plantops_tui.look import Pen
from plantops_tui.widgets.canvas import Canvas


class Column(NamedTuple):
    """One column; a width of 0 takes the room that is left."""

    title: str
    width: int = 0
    right: bool = False


class Record(NamedTuple):
    """One row: ``key`` identifies it across updates."""

    key: str
    cells: tuple[Content, ...]


class RecordList(Canvas, can_focus=True):
    """A table that is read, moved through, and acted on by the screen that holds it."""

    DEFAULT_CSS = "RecordList { height: 1fr; overflow-y: auto; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "open", "open", show=False, id="list.open"),
        Binding("k,up", "move(-1)", "up", show=False, id="list.up"),
        Binding("j,down", "move(1)", "down", show=False, id="list.down"),
        Binding("g,home", "jump(0)", "first", show=False, id="list.first"),
        Binding("G,end", "jump(-1)", "last", show=False, id="list.last"),
        Binding("ctrl+u,pageup", "page(-1)", "page up", show=False, id="list.page_up"),
        Binding("ctrl+d,pagedown", "page(1)", "page down", show=False, id="list.page_down"),
    ]

    class Opened(Message):
        """A row was opened."""

        def __init__(self, opened: RecordList, key: str) -> None:
            super().__init__()
            self.opened, self.key = opened, key

        @property
        def control(self) -> RecordList:
            """The list, so that a screen with several can tell them apart."""
            return self.opened

    class Moved(Message):
        """A person selected another row."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self._records: tuple[Record, ...] = ()
        self._selected: str | None = None
        self._empty = ""

    def show(self, records: Sequence[Record], empty: str = "") -> None:
        """Show these rows; ``empty`` is the sentence that stands there when there are none."""
        place = self.index
        self._records, self._empty = tuple(records), empty
        if self._records and self._selected not in {record.key for record in self._records}:
            self._selected = self._records[min(place, len(self._records) - 1)].key
        self.redraw()

    @property
    def index(self) -> int:
        """Place of the selected row."""
        return next((i for i, record in enumerate(self._records) if record.key == self._selected), 0)

    @property
    def selected(self) -> str | None:
        """Key of the selected row."""
        return self._records[self.index].key if self._records else None

    def select(self, key: str) -> None:
        """Go to the row with this key, when there is one."""
        place = next((i for i, record in enumerate(self._records) if record.key == key), None)
        if place is not None:
            self._go(place)

    def action_open(self) -> None:
        """Open the selected row."""
        if self.selected is not None:
            self.post_message(self.Opened(self, self.selected))

    def action_move(self, rows: int) -> None:
        """Up or down, never past an end."""
        self._go(self.index + rows)

    def action_jump(self, place: int) -> None:
        """To the first (0) or last (-1) row."""
        self._go(len(self._records) - 1 if place else 0)

    def action_page(self, direction: int) -> None:
        """As many rows as are in view."""
        self._go(self.index + direction * max(1, self.room.height - 2))

    def _go(self, place: int) -> None:
        if self._records:
            self._selected = self._records[min(len(self._records) - 1, max(0, place))].key
            self.redraw()
            self.scroll_to_region(Region(0, self.index, 1, 2), animate=False, force=True)
            self.screen.refresh_bindings()  # what can be done depends on the row
            self.post_message(self.Moved(self._selected))

    def on_click(self, event: events.Click) -> None:
        """A click selects, a second one opens."""
        place = event.y + self.scroll_offset.y - 1
        if 0 <= place < len(self._records):
            again = self._records[place].key == self._selected
            self._go(place)
            if again:
                self.action_open()

    def watch_has_focus(self, _: bool) -> None:
        """The selection shows only where the keys go."""
        super().watch_has_focus(_)
        self.redraw()

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """Titles, then rows."""
        if not self._records:
            return [Content(""), Content.styled(f"  {self._empty}", pen.look.muted)]
        titles = tuple(Content.styled(column.title, pen.look.muted) for column in self._columns)
        rows = [self._row(pen, record, size.width) for record in self._records]
        return [Content.assemble("  ", self._line(titles, size.width - 2)), *rows]

    def _row(self, pen: Pen, record: Record, width: int) -> Content:
        chosen = record.key == self._selected and self.has_focus
        pointer = Content.styled(f"{pen.glyphs.pointer} " if chosen else "  ", pen.look.accent)
        line = Content.assemble(pointer, self._line(record.cells, width - 2)).truncate(width, pad=True)
        return line.stylize_before(pen.look.chosen) if chosen else line

    def _line(self, cells: Sequence[Content], width: int) -> Content:
        fixed = sum(column.width + 1 for column in self._columns if column.width)
        free = sum(1 for column in self._columns if not column.width)
        share = max(4, (width - fixed) // free - 1) if free else 0
        parts: list[Content] = []
        for column, cell in zip(self._columns, cells, strict=False):
            room = column.width or share
            cut = cell.truncate(room, ellipsis=True)
            pad = room - cut.cell_length
            parts.append(
                Content.assemble(" " * pad, cut, " ")
                if column.right
                else Content.assemble(cut, " " * (pad + 1))
            )
        return Content("").join(parts)
