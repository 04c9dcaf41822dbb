"""A long list to choose from: what is typed narrows it, arrows move in it, enter takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from plantops_api.order import matches
from plantops_tui.screens.dialog import Dialog


class Pick(NamedTuple):
    """One choice: its key, its name, and what is said about it."""

    key: str
    name: str
    about: str


class PickDialog(Dialog[str | None]):
    """Answers with the key of the choice, or None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "step('down')", "down", show=False, priority=True),
        Binding("up,ctrl+p", "step('up')", "up", show=False, priority=True),
    ]

    def __init__(self, question: str, picks: Sequence[Pick], empty: str) -> None:
        super().__init__()
        self._question, self._picks, self._empty = question, picks, empty
        self._shown = list(picks)

    def compose(self) -> ComposeResult:
        """Question, filter, choices."""
        with Vertical(classes="dialog pick"):
            yield Static(self._question, classes="title", markup=False)
            yield Input(placeholder="type to filter; !text inverts", id="wanted", compact=True)
            yield OptionList(compact=True)
            yield Static("", id="none", classes="hint", markup=False)
            yield Static("enter chooses   up/down moves   esc leaves", classes="hint", markup=False)

    def on_mount(self) -> None:
        """All of them, and the cursor in the filter."""
        self._narrow("")
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        self._narrow(message.value)

    def _narrow(self, wanted: str) -> None:
        self._shown = [pick for pick in self._picks if matches(wanted, (pick.name, pick.about))]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(
            Option(Content.assemble(pick.name, (f"  {pick.about}" if pick.about else "", "dim")))
            for pick in self._shown
        )
        options.display = bool(self._shown)
        options.highlighted = 0 if self._shown else None
        words = "" if self._shown else f'Nothing here fits "{wanted}".' if self._picks else self._empty
        self.query_one("#none", Static).update(words)

    def action_step(self, direction: str) -> None:
        """One choice up or down, while the cursor stays in the filter."""
        options = self.query_one(OptionList)
        if direction == "down":
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    @on(Input.Submitted)
    def _take(self) -> None:
        place = self.query_one(OptionList).highlighted
        if place is not None and self._shown:
            self.dismiss(self._shown[place].key)

    @on(OptionList.OptionSelected)
    def _clicked(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(self._shown[message.option_index].key)
