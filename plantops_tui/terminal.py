"""Whether this terminal can show the interface, and what it wants."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual import events

MIN_WIDTH, MIN_HEIGHT = 80, 24
"""Smallest size in which every screen is usable."""
LARGEST_SIDE = 1000
"""Cells. No window is larger, while a client over SSH may say anything, and each cell costs memory here."""

_HINT = 'Scripts want "plantops plants list" (add --json); people need a terminal.'


def refusal(environ: MutableMapping[str, str], *, stdin_tty: bool, stdout_tty: bool) -> str | None:
    """Why the interface cannot run here, as a sentence for stderr; None when it can."""
    if not stdout_tty or not stdin_tty:
        which = "output" if not stdout_tty else "input"
        return f"The terminal interface needs a terminal, and its {which} is not one. {_HINT}"
    if environ.get("TERM", "") in ("", "dumb"):
        kind = environ.get("TERM") or "not set"
        return f"The terminal interface needs a capable terminal, and TERM is {kind}. {_HINT}"
    return None


def settle(environ: MutableMapping[str, str]) -> None:
    """Take out of the environment what would mislead Textual.

    An empty NO_COLOR means nothing (no-color.org), while Textual counts it. COLUMNS and LINES, where exported,
    would hold the size of the terminal at the start for ever, whatever it becomes.
    """
    if environ.get("NO_COLOR") == "":
        del environ["NO_COLOR"]
    for name in ("COLUMNS", "LINES"):
        environ.pop(name, None)


def within_reason(event: events.Resize) -> events.Resize:
    """The new size of the window, and no side of it longer than any window's."""
    width, height = event.size
    if max(width, height) <= LARGEST_SIDE:
        return event
    return event.from_dimensions((min(width, LARGEST_SIDE), min(height, LARGEST_SIDE)), None)
