"""The line above the devices: whether new ones may join now, for how long, and how many there are."""

from __future__ import annotations

from math import ceil

from textual.content import Content
from textual.geometry import Size
from textual.message import Message

from plantops_api import wire
from plantops_tui.look import Pen
from plantops_tui.widgets.canvas import Canvas, justify


class PairingBar(Canvas):
    """Counts down by itself while the window is open."""

    DEFAULT_CSS = "PairingBar { height: 1; }"

    class Elapsed(Message):
        """The window closed because its time was over."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._pairing: wire.Pairing | None = None
        self._counts = ""
        self._told = True

    def show(self, pairing: wire.Pairing | None, counts: str) -> None:
        """Draw another state; None is not known."""
        before, self._pairing, self._counts = self._pairing, pairing, counts
        if pairing is not before:
            self._told = not self.open
        self.redraw()

    @property
    def left_s(self) -> int:
        """Whole seconds until it closes, 0 when it is closed."""
        if self._pairing is None or not self._pairing.open or self._pairing.until is None:
            return 0
        return max(0, ceil((self._pairing.until - self.house.clock()).total_seconds()))

    @property
    def open(self) -> bool:
        """Whether a device may register now."""
        return self.left_s > 0

    def on_mount(self) -> None:
        """Count while there is something to count."""
        self.set_interval(0.5, self._tick)
        super().on_mount()

    def _tick(self) -> None:
        if self._told:
            return
        if not self.open:
            self._told = True
            self.post_message(self.Elapsed())
        self.redraw()

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """One line."""
        if self._pairing is None:
            return [Content("")]
        right = Content.styled(self._counts, pen.look.muted)
        if not self.open:
            return [justify(Content.styled("pairing closed", pen.look.muted), right, size.width)]
        minutes, seconds = divmod(self.left_s, 60)
        words = f"{pen.glyphs.trust['fresh']} pairing open {minutes}:{seconds:02}"
        hint = f" {pen.glyphs.dot} switch your device on {pen.glyphs.dot} p closes"
        left = Content.assemble(Content.styled(words, pen.look.accent), Content.styled(hint, pen.look.muted))
        return [justify(left, right, size.width)]


def counted(total: int, shown: int, untied: int) -> str:
    """``5 devices, 1 untied``, ``2 of 5 devices``: how many there are, and how many wait for a plant."""
    noun = "device" if total == 1 else "devices"
    count = f"{total} {noun}" if shown == total else f"{shown} of {total} {noun}"
    return f"{count}, {untied} untied" if untied else count
