"""The first line: where you are, where you can go, whether data is live, what time it is."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.style import Style

from plantops_tui.look import Pen
from plantops_tui.widgets.canvas import Canvas, justify

PLACES = (
    ("1", "plants", "Plants"),
    ("2", "devices", "Devices"),
    ("3", "alerts", "Alerts"),
    ("4", "settings", "Settings"),
)
"""Key, name and title of each screen that can be gone to."""


class TitleBar(Canvas):
    """Shows the places, the current one marked, and the open alerts."""

    fades = False

    DEFAULT_CSS = "TitleBar { height: 1; dock: top; background: $panel; }"

    def __init__(self, place: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._place = place
        self._spans: list[tuple[int, int, str]] = []

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """One line."""
        line = Content.styled(" PlantOps ", pen.look.accent)
        self._spans = []
        for key, place, title in PLACES:
            alerts = self.house.open_alerts if place == "alerts" else 0
            words = f" {key} {title}{f' ({alerts})' if alerts else ''} "
            self._spans.append((line.cell_length + 1, line.cell_length + 1 + len(words), place))
            line = Content.assemble(line, " ", Content.styled(words, self._style(pen, place, alerts)))
        right = Content.assemble(
            self._link(pen), Content.styled(f"  {pen.local(pen.now):%H:%M} ", pen.look.muted)
        )
        return [justify(line, right, size.width)]

    def _style(self, pen: Pen, place: str, alerts: int) -> Style:
        if place == self._place:
            return pen.look.strong + pen.look.chosen + Style(underline=True)
        return pen.look.warn if alerts else pen.look.bar

    def _link(self, pen: Pen) -> Content:
        state = self.house.link.state
        if state == "live":
            return Content.assemble(
                Content.styled(pen.glyphs.trust["fresh"], pen.look.good),
                Content.styled(" live", pen.look.muted),
            )
        if state == "lost":
            return Content.styled(f"{pen.glyphs.trust['offline']} not live", pen.look.warn)
        return Content.styled(f"connecting{pen.glyphs.ellipsis}", pen.look.muted)

    def on_click(self, event: events.Click) -> None:
        """A click on a place goes there."""
        for start, stop, place in self._spans:
            if start <= event.x < stop:
                self.house.action_go(place)
