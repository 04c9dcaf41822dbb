"""The last line: the keys that work now. One that cannot work now stays, pale, and says why when pressed."""

from __future__ import annotations

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Size
from textual.screen import Screen

from plantops_tui.look import Pen
from plantops_tui.widgets.canvas import Canvas

_ALWAYS = ("app.help", "app.palette")
"""Bindings that keep their place at the right end however narrow the line is."""


class KeyBar(Canvas):
    """Drawn from the real bindings of the focused screen; each hint can be clicked."""

    fades = False

    DEFAULT_CSS = "KeyBar { height: 1; dock: bottom; background: $panel; }"

    def __init__(self) -> None:
        super().__init__()
        self._spans: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        """Follow the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)
        super().on_mount()

    def _changed(self, _: Screen[object]) -> None:
        self.redraw()

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """As many hints as fit."""
        bindings = shown_bindings(self.screen)
        always = [b for b in bindings if b.id in _ALWAYS]
        self._spans = []
        tail = sum(self._hint(pen, b).cell_length + 2 for b in always)
        line = Content(" ")
        for binding in [*(b for b in bindings if b.id not in _ALWAYS), *always]:
            hint = self._hint(pen, binding)
            room = size.width - (0 if binding in always else tail)
            if line.cell_length + hint.cell_length + 1 > room:
                continue
            self._spans.append((line.cell_length, line.cell_length + hint.cell_length, binding.key))
            line = Content.assemble(line, hint, "  ")
        return [line.truncate(size.width, pad=True)]

    def _hint(self, pen: Pen, binding: Binding) -> Content:
        key = self.app.get_key_display(binding)
        reason = getattr(self.screen, "why_not", lambda action: None)(binding.action)
        if reason:
            return Content.styled(f"{key} {binding.description}", pen.look.faint)
        return Content.assemble(
            Content.styled(key, pen.look.key), " ", Content.styled(binding.description, pen.look.bar)
        )

    def on_click(self, event: events.Click) -> None:
        """A click on a hint presses its key."""
        for start, stop, key in self._spans:
            if start <= event.x < stop:
                self.app.simulate_key(key)


def shown_bindings(screen: Screen[object]) -> list[Binding]:
    """Bindings meant for the key bar, focused widget first, one entry an action."""
    seen: dict[str, Binding] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.show and binding.action not in seen:
            seen[binding.action] = binding
    return list(seen.values())
