"""The line that says that data is old, since when, and when the next attempt is made."""

from __future__ import annotations

from math import ceil

from textual.content import Content
from textual.geometry import Size

from plantops_tui import wording
from plantops_tui.link import Link
from plantops_tui.look import Pen
from plantops_tui.widgets.canvas import Canvas, justify


class ConnectionBanner(Canvas):
    """Lies over the title bar while the server is away, so that nothing below it moves."""

    fades = False

    DEFAULT_CSS = """
    ConnectionBanner { layer: notice; dock: top; height: 1; display: none; background: $warning; }
    ConnectionBanner.-lost { display: block; }
    """

    def show(self, link: Link) -> None:
        """Show or hide according to the connection."""
        self.set_class(link.state == "lost", "-lost")
        self.redraw()

    def on_mount(self) -> None:
        """Count down while there is something to count."""
        self.set_interval(0.5, self._tick)
        super().on_mount()

    def _tick(self) -> None:
        if self.has_class("-lost"):
            self.redraw()

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """One line: what happened and what comes next, then why."""
        link = self.house.link
        wait = ceil(max(0.0, (link.retry_at - pen.now).total_seconds())) if link.retry_at else 0
        since = wording.clock(pen, link.last_data_at) if link.last_data_at else "none yet"
        dash = "—" if pen.glyphs.braille else "-"
        words = Content.styled(
            f" Disconnected {dash} retrying in {wait}s (last data {since})", pen.look.alarm
        )
        why = Content.styled(f"{link.reason} ", pen.look.alarm)
        if words.cell_length + why.cell_length > size.width - 3:
            why = why.truncate(max(0, size.width - words.cell_length - 3), ellipsis=True)
        return [justify(words, why, size.width, gap=2).stylize_before(pen.look.alarm)]
