"""What a person would read: the characters on the screen, line by line."""

from __future__ import annotations

from typing import Any

from textual.app import App


def screen_text(app: App[Any]) -> list[str]:
    """The whole screen as plain lines, toasts and dialogs included."""
    screen = app.screen
    strips = screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips]
