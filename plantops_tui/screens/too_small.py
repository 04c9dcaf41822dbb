"""Shown while the terminal is smaller than any screen can use."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

from plantops_tui.terminal import MIN_HEIGHT, MIN_WIDTH


class TooSmallScreen(ModalScreen[None]):
    """Says how large the terminal must be and how large it is."""

    DEFAULT_CSS = """
    TooSmallScreen { align: center middle; background: $background; }
    TooSmallScreen Static { width: 100%; text-align: center; }
    """

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static(self._words(self.app.size.width, self.app.size.height), markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """Count along while the window is dragged."""
        self.query_one(Static).update(self._words(event.size.width, event.size.height))

    @staticmethod
    def _words(width: int, height: int) -> str:
        return f"needs {MIN_WIDTH}x{MIN_HEIGHT}, have {width}x{height}"
