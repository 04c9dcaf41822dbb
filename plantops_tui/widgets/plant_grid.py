"""All plants as cards; only those in view are drawn, so that five hundred cost what a dozen do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size, Spacing
from textual.message import Message
from textual.strip import Strip

from plantops_api import wire
from plantops_tui.look import Pen
from plantops_tui.widgets.canvas import Canvas, changed_cells
from plantops_tui.widgets.plant_card import HEIGHT, TALL_HEIGHT, draw_card

_COLUMNS = ((160, 4), (120, 3), (80, 2))
"""Width of the terminal and how many cards fit side by side."""


class PlantGrid(Canvas, can_focus=True):
    """A grid of cards with one selected; the selection follows the plant, not the place."""

    DEFAULT_CSS = "PlantGrid { overflow-y: auto; scrollbar-gutter: stable; height: 1fr; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "open", "open", key_display="enter", id="plants.open"),
        Binding("h,left", "move(-1, 0)", "left", show=False, id="plants.left"),
        Binding("l,right", "move(1, 0)", "right", show=False, id="plants.right"),
        Binding("k,up", "move(0, -1)", "up", show=False, id="plants.up"),
        Binding("j,down", "move(0, 1)", "down", show=False, id="plants.down"),
        Binding("g,home", "jump(0)", "first plant", show=False, id="plants.first"),
        Binding("G,end", "jump(-1)", "last plant", show=False, id="plants.last"),
        Binding("ctrl+u,pageup", "page(-1)", "page up", show=False, id="plants.page_up"),
        Binding("ctrl+d,pagedown", "page(1)", "page down", show=False, id="plants.page_down"),
    ]

    class Opened(Message):
        """A card was opened."""

        def __init__(self, plant_id: str) -> None:
            super().__init__()
            self.plant_id = plant_id

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._cards: list[wire.PlantCard] = []
        self._drawings: dict[str, list[Content]] = {}
        self._made_from: dict[str, tuple[object, ...]] = {}
        self._selected_id: str | None = None
        self._picked = False
        """Whether a person has chosen the selected card; until then the first one is selected, whichever it is."""
        self._card_height = HEIGHT
        self._total = 0

    # --- what is shown ---------------------------------------------------------------------------------

    def show(self, cards: Sequence[wire.PlantCard]) -> None:
        """Show these cards in this order; a plant that was picked stays selected while it is among them."""
        place = self.index if self._picked else 0
        self._cards = list(cards)
        if self._cards and not self._picked:
            self._selected_id = self._cards[0].id
        elif self._cards and self._selected_id not in {card.id for card in self._cards}:
            self._selected_id = self._cards[min(place, len(self._cards) - 1)].id
        self.redraw()

    @property
    def index(self) -> int:
        """Place of the selected card; 0 when there is none."""
        return next((i for i, card in enumerate(self._cards) if card.id == self._selected_id), 0)

    @property
    def selected(self) -> wire.PlantCard | None:
        """The selected card."""
        return self._cards[self.index] if self._cards else None

    def select(self, plant_id: str) -> None:
        """Select a plant and bring it into view."""
        self._picked = True
        self._selected_id = plant_id
        self.redraw()
        self._reveal()
        self.screen.refresh_bindings()  # what can be done depends on the plant

    # --- keys and mouse --------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Open the selected plant."""
        if self.selected:
            self._picked = True
            self.post_message(self.Opened(self.selected.id))

    def action_move(self, right: int, down: int) -> None:
        """One card in a direction; never past the first or last."""
        target = self.index + right + down * self.columns
        if 0 <= target < len(self._cards):
            self.select(self._cards[target].id)
        elif down > 0 and self.index // self.columns < (len(self._cards) - 1) // self.columns:
            self.action_jump(-1)

    def action_jump(self, place: int) -> None:
        """To the first (0) or last (-1) card."""
        if self._cards:
            self.select(self._cards[place].id)

    def action_page(self, direction: int) -> None:
        """As many rows as are in view."""
        rows = max(1, self.room.height // self._card_height)
        target = self.index + direction * rows * self.columns
        if self._cards:
            self.select(self._cards[min(len(self._cards) - 1, max(0, target))].id)

    @property
    def pages(self) -> int:
        """How many times the visible rows it takes to show every card."""
        rows = -(-len(self._cards) // self.columns)
        return max(1, -(-rows // max(1, self.room.height // self._card_height)))

    def turn_to(self, page: int) -> None:
        """Show one page of :attr:`pages`, its first card selected."""
        rows = max(1, self.room.height // self._card_height)
        if self._cards:
            self.select(self._cards[min(len(self._cards) - 1, page * rows * self.columns)].id)
            self.scroll_to(y=page * rows * self._card_height, animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        """A click selects, a second one opens."""
        column = next((i for i in range(self.columns) if self._left(i) <= event.x < self._left(i + 1)), None)
        if column is None:
            return
        place = (event.y + self.scroll_offset.y) // self._card_height * self.columns + column
        if place < len(self._cards):
            again = self._cards[place].id == self._selected_id
            self.select(self._cards[place].id)
            if again or event.chain > 1:
                self.action_open()

    # --- drawing ---------------------------------------------------------------------------------------

    @property
    def columns(self) -> int:
        """Cards side by side at this width."""
        return next((count for width, count in _COLUMNS if self.size.width >= width - 1), 1)

    def _left(self, column: int) -> int:
        return column * self.room.width // self.columns

    def redraw(self) -> None:
        """Draw the cards whose data, place or selection changed, and repaint their changed cells."""
        if not self.is_attached or not self.size:
            return
        rows = -(-len(self._cards) // self.columns)
        self._card_height = TALL_HEIGHT if rows * TALL_HEIGHT <= self.size.height else HEIGHT
        self.virtual_size = Size(self.room.width, rows * self._card_height)
        pen = self.pen
        before, self._drawings = self._drawings, {}
        for place in self._in_view():
            card = self._cards[place]
            self._draw_one(pen, place, card, before.get(card.id))
        if self._total != len(self._cards):
            self._total = len(self._cards)
            self.refresh()

    def _in_view(self) -> range:
        """Places of the cards that can be seen, a row around them included; others are drawn when scrolled to."""
        first = self.scroll_offset.y // self._card_height - 1
        rows = self.size.height // self._card_height + 4
        start = max(0, first) * self.columns
        return range(start, min(len(self._cards), start + rows * self.columns))

    def _lines_of(self, place: int) -> list[Content]:
        card = self._cards[place]
        if card.id not in self._drawings:
            column = place % self.columns
            width = self._left(column + 1) - self._left(column)
            selected = card.id == self._selected_id and self.has_focus
            self._made_from.pop(card.id, None)
            self._drawings[card.id] = self._card_lines(self.pen, card, width, selected)
        return self._drawings[card.id]

    def _draw_one(self, pen: Pen, place: int, card: wire.PlantCard, old: list[Content] | None) -> None:
        column = place % self.columns
        width = self._left(column + 1) - self._left(column)
        selected = card.id == self._selected_id and self.has_focus
        minute = int(pen.now.timestamp() // 60)
        made_from = (card, place, width, self._card_height, selected, minute, pen.look, pen.glyphs)
        previous = self._made_from.get(card.id)
        if old is not None and previous is not None and _same(previous, made_from):
            self._drawings[card.id] = old
            return
        self._made_from[card.id] = made_from
        fresh = self._card_lines(pen, card, width, selected)
        self._drawings[card.id] = fresh
        if old is None or previous is None or previous[1:4] != made_from[1:4]:
            self._mark(place, column, 0, width, self._card_height)
            return
        for line, (was, now) in enumerate(zip(old, fresh, strict=True)):
            if not was.is_same(now):
                left, cells = changed_cells(was, now)
                self._mark(place, column, left, cells, 1, line)

    def _card_lines(self, pen: Pen, card: wire.PlantCard, width: int, selected: bool) -> list[Content]:
        try:
            tall = self._card_height == TALL_HEIGHT
            return draw_card(pen, card, width, selected=selected, tall=tall)
        except Exception as problem:  # one card may fail, the others may not
            self.house.note_failure(self, problem)
            words = Content.styled(" This card cannot be drawn.", pen.look.bad)
            return [words.truncate(width, pad=True), *[Content(" " * width)] * (self._card_height - 1)]

    def _mark(self, place: int, column: int, left: int, width: int, height: int, line: int = 0) -> None:
        y = place // self.columns * self._card_height + line - self.scroll_offset.y
        if -self._card_height < y < self.size.height:
            self.refresh(Region(self._left(column) + left, y, width, height))

    def _reveal(self) -> None:
        top = self.index // self.columns * self._card_height
        self.scroll_to_region(
            Region(0, top, 1, self._card_height),
            animate=False,
            force=True,
            spacing=Spacing(),
            origin_visible=False,
        )

    def watch_has_focus(self, _: bool) -> None:
        """The selection shows only where the keys go."""
        super().watch_has_focus(_)
        self.redraw()

    def render_line(self, y: int) -> Strip:
        """One line of the screen: the same line of each card in the row."""
        row, line = divmod(y + self.scroll_offset.y, self._card_height)
        places = range(row * self.columns, min(len(self._cards), (row + 1) * self.columns))
        parts = [self._lines_of(place)[line] for place in places]
        return self.strip_of(Content("").join(parts) if parts else Content(""))


def _same(before: tuple[object, ...], after: tuple[object, ...]) -> bool:
    return before[0] is after[0] and before[1:] == after[1:]
