"""What dialogs have in common: they lie over the screen, and esc leaves them."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from plantops_tui.contain import Contained

Answer = TypeVar("Answer")


class Dialog(Contained, ModalScreen[Answer]):
    """A modal screen that can be left without an answer."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave", show=False)]

    def action_leave(self) -> None:
        """Close it; nothing happened."""
        self.dismiss(None)
