"""An unexpected failure: told once, written to the log, and the rest goes on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from traceback import format_exception

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from plantops_api import text
from plantops_tui.screens.dialog import Dialog


class FailureScreen(Dialog[None]):
    """Names the part that failed and where the log is."""

    def __init__(self, where: str, problem: Exception, log_path: Path | None) -> None:
        super().__init__()
        what = text.clean_line(f"{type(problem).__name__}: {problem}", 300)
        self._words = f"{where} failed and was left as it is; everything else goes on.\n\n{what}"
        if log_path is not None:
            self._words += f"\n\nThe details are in {log_path}"

    def compose(self) -> ComposeResult:
        """The text and the way out."""
        with Vertical(classes="dialog"):
            yield Static(self._words, markup=False)
            yield Static("\nesc closes this", classes="hint", markup=False)


def write_down(log_path: Path | None, where: object, problem: Exception) -> None:
    """Append a failure with its traceback to the log; a log that cannot be written must not fail again."""
    if log_path is None:
        return
    lines = "".join(format_exception(problem))
    try:
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("a", encoding="utf-8") as log:
            log.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {type(where).__name__}\n{lines}\n")
    except OSError:
        return
