"""A secret that is shown this once: it can be copied, and is gone when the dialog is left."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from plantops_tui.screens.dialog import Dialog


class ShownOnceDialog(Dialog[None]):
    """Shows the secret; ``y`` copies it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "copy", show=False),
        Binding("enter", "leave", "leave", show=False),
    ]

    def __init__(self, title: str, secret: str, words: str) -> None:
        super().__init__()
        self._title, self._secret, self._words = title, secret, words

    def compose(self) -> ComposeResult:
        """The secret between what it is and what to do with it."""
        with Vertical(classes="dialog"):
            yield Static(f"{self._title}\n", markup=False)
            yield Static(self._secret, classes="secret", markup=False)
            yield Static(f"\n{self._words}\n", markup=False)
            yield Static("y copies   enter leaves; it is never shown again", classes="hint", markup=False)

    def action_copy(self) -> None:
        """Copy it through the terminal (OSC 52), so that it works over SSH too."""
        self.app.copy_to_clipboard(self._secret)
        self.app.notify(
            "Copied, if your terminal takes OSC 52; otherwise select it with the mouse.", markup=False
        )
