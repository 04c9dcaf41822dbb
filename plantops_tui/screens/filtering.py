"""A screen of records with a filter line: `/` opens it, each letter narrows, esc clears."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from plantops_tui.screens.house import HouseScreen


class FilteringScreen(HouseScreen):
    """Subclasses compose ``#toolbar`` and :meth:`filter_box` above their data, and draw what matches ``wanted``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash",
            "filter",
            "filter",
            key_display="/",
            tooltip="show what fits; !x inverts",
            id="list.filter",
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.wanted = ""

    @staticmethod
    def filter_box(placeholder: str) -> Input:
        """The line to compose; hidden until `/`."""
        return Input(placeholder=f"{placeholder}; !text inverts", id="filter", compact=True)

    def show_matches(self) -> None:
        """Draw what matches ``wanted``, once anything has been read."""
        raise NotImplementedError

    @property
    def list_widget(self) -> Widget:
        """What gets the focus back after the filter."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Ages change by the minute: the rows are made anew."""
        if self.query("#filter"):  # a tick of the clock may come while the screen is taken down
            self.show_matches()
        super().redraw()

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one("#toolbar").add_class("-closed")
        box = self.query_one("#filter", Input)
        box.add_class("-open")
        box.focus()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, message: Input.Changed) -> None:
        self.wanted = message.value
        self.show_matches()

    def filter_by(self, words: str) -> None:
        """Filter as if the words had been typed."""
        self.query_one("#filter", Input).value = words

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self._close_filter()

    def _close_filter(self) -> None:
        self.query_one("#filter").remove_class("-open")
        self.query_one("#toolbar").remove_class("-closed")
        self.list_widget.focus()

    def step_back(self) -> bool:
        """Clear the filter first."""
        box = self.query_one("#filter", Input)
        if not self.wanted and not box.has_class("-open"):
            return False
        box.value = ""
        self._close_filter()
        return True
