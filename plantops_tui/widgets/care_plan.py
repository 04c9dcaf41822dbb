"""The care plan of one plant: read, moved through claim by claim, and decided on by the screen that holds it."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message

from plantops_tui.look import Pen
from plantops_tui.plan_page import Page, Row, rows_of
from plantops_tui.widgets.canvas import Canvas

Wish = Literal["ask", "ask_again", "open", "accept", "decline", "feedback", "older", "newer", "preview"]


class CarePlanView(Canvas, can_focus=True):
    """Draws a :class:`Page`; the selected item stays the same item when the page changes."""

    DEFAULT_CSS = "CarePlanView { height: 1fr; overflow-y: auto; scrollbar-gutter: stable; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "plan('ask')", "plan", tooltip="have a care plan written", id="plan.ask"),
        Binding("enter,space", "plan('open')", "open", tooltip="its evidence in the chart; decide", id="plan.open"),
        Binding("o", "plan('accept')", "accept", tooltip="accept the selected action or limits", id="plan.accept"),
        Binding("d", "plan('decline')", "decline", tooltip="decline the selected action or limits", id="plan.decline"),
        Binding("f", "plan('feedback')", "helped?", tooltip="say whether the plan helped", id="plan.feedback"),
        Binding("b", "plan('older')", "older", tooltip="an older plan", id="plan.older"),
        Binding("B", "plan('newer')", "newer", show=False, tooltip="a newer plan", id="plan.newer"),
        Binding("s", "plan('preview')", "sent", show=False, tooltip="what is sent to the model, word for word",
                id="plan.preview"),
        Binding("P", "plan('ask_again')", "ask again", show=False, tooltip="ask although nothing has changed",
                id="plan.ask_again"),
        Binding("k,up", "move(-1)", "up", show=False, id="plan.up"),
        Binding("j,down", "move(1)", "down", show=False, id="plan.down"),
        Binding("g,home", "jump(0)", "first", show=False, id="plan.first"),
        Binding("G,end", "jump(-1)", "last", show=False, id="plan.last"),
        Binding("ctrl+u,pageup", "page(-1)", "page up", show=False, id="plan.page_up"),
        Binding("ctrl+d,pagedown", "page(1)", "page down", show=False, id="plan.page_down"),
    ]  # fmt: skip

    class Wished(Message):
        """A person wants something done with the plan."""

        def __init__(self, wish: Wish) -> None:
            super().__init__()
            self.wish = wish

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._page = Page()
        self._selected = ""
        self._rows: list[Row] = []

    def show(self, page: Page) -> None:
        """Show another page; another plan begins at its top."""
        before, self._page = self._page.plan, page
        if page.plan and (before is None or before.id != page.plan.id):
            self._selected = ""
            self.scroll_home(animate=False)
        self.redraw()

    @property
    def selected(self) -> str:
        """The selected claim, action or limit, such as ``claim 0``; empty when the plan has none."""
        items = self._page.items
        return self._selected if self._selected in items else items[0] if items else ""

    def action_plan(self, wish: Wish) -> None:
        """Leave it to the screen."""
        self.post_message(self.Wished(wish))

    def action_move(self, step: int) -> None:
        """The next or previous item; past the last one the page goes on to its end."""
        items = self._page.items
        place = items.index(self.selected) + step if items else -1
        if 0 <= place < len(items):
            self._go(items[place])
        else:
            self.scroll_relative(y=3 * step, animate=False)

    def action_jump(self, place: int) -> None:
        """To the top (0) or the end (-1)."""
        items = self._page.items
        if items:
            self._go(items[place])
        if place:
            self.scroll_end(animate=False)
        else:
            self.scroll_home(animate=False)

    def action_page(self, direction: int) -> None:
        """As many lines as are in view."""
        self.scroll_relative(y=direction * max(1, self.room.height - 2), animate=False)

    def _go(self, item: str) -> None:
        self._selected = item
        self.redraw()
        places = [y for y, row in enumerate(self._rows) if row.item == item]
        if item == self._page.items[0]:
            self.scroll_home(animate=False)
        elif places:
            region = Region(0, places[0], 1, places[-1] - places[0] + 1)
            self.scroll_to_region(region, animate=False, force=True)
        self.screen.refresh_bindings()  # what can be done depends on the item

    def on_click(self, event: events.Click) -> None:
        """A click selects, a second one opens."""
        place = event.y + self.scroll_offset.y
        item = self._rows[place].item if 0 <= place < len(self._rows) else ""
        if item and item == self.selected:
            self.action_plan("open")
        elif item:
            self._selected = item
            self.redraw()
            self.screen.refresh_bindings()

    def watch_has_focus(self, _: bool) -> None:
        """The selection shows only where the keys go."""
        super().watch_has_focus(_)
        self.redraw()

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """The page, the selected item marked."""
        self._rows = rows_of(pen, self._page, size.width)
        chosen = self.selected if self.has_focus else ""
        first = next((y for y, row in enumerate(self._rows) if chosen and row.item == chosen), -1)
        return [
            self._marked(pen, row.line, size.width, pointer=y == first) if chosen and row.item == chosen else row.line
            for y, row in enumerate(self._rows)
        ]  # fmt: skip

    @staticmethod
    def _marked(pen: Pen, line: Content, width: int, *, pointer: bool) -> Content:
        if pointer:
            line = Content.assemble(Content.styled(pen.glyphs.pointer, pen.look.accent), line[1:])
        return line.truncate(width, pad=True).stylize_before(pen.look.chosen)
