"""A question with a few answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from plantops_tui.screens.dialog import Dialog


class ChoiceDialog(Dialog[int | None]):
    """Answers with the value of the chosen option, or None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "step('down')", "down", show=False),
        Binding("k", "step('up')", "up", show=False),
    ]

    def __init__(self, question: str, options: Sequence[tuple[str, int | None]]) -> None:
        super().__init__()
        self._question, self._options = question, options

    def compose(self) -> ComposeResult:
        """The question over its answers."""
        with Vertical(classes="dialog"):
            yield Static(self._question, markup=False)
            yield OptionList(*(Option(Content(words)) for words, _ in self._options), compact=True)
            yield Static("enter chooses   esc leaves", classes="hint", markup=False)

    def action_step(self, direction: str) -> None:
        """One answer up or down."""
        options = self.query_one(OptionList)
        if direction == "down":
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    @on(OptionList.OptionSelected)
    def _chosen(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(self._options[message.option_index][1])
