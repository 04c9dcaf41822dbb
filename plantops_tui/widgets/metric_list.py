"""The metrics of one plant: value, gauge, range and its source, age; the chosen one is what the chart shows."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message

from plantops_api import wire
from plantops_api.scales import scale_of, side
from plantops_tui import wording
from plantops_tui.look import Pen
from plantops_tui.widgets.canvas import Canvas, justify
from plantops_tui.widgets.range_gauge import draw_gauge

_GAUGE = 18
"""Cells of the gauge at 80 columns; it takes half of what a wider terminal adds."""


class MetricList(Canvas):
    """One line a metric."""

    DEFAULT_CSS = "MetricList { height: 5; padding: 0 0 0 0; } "

    class Picked(Message):
        """Another metric was clicked."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._plant: wire.Plant | None = None
        self.metric = "soil_moisture"

    def show(self, plant: wire.Plant) -> None:
        """Draw another snapshot; the chosen metric stays."""
        self._plant = plant
        metrics = self.metrics
        self.styles.height = len(metrics) + 1
        if self.metric not in metrics and metrics:
            self.metric = metrics[0]
        self.redraw()

    @property
    def metrics(self) -> list[str]:
        """What this plant has, or is meant to have."""
        if self._plant is None:
            return []
        usual = wire.PLANT_METRICS[:4]
        limits, state = self._plant.thresholds, self._plant.state
        known = [m for m in wire.PLANT_METRICS if m in state or (m in usual and m in limits)]
        return list(known) or list(usual)

    def move(self, step: int) -> None:
        """Choose the next or previous metric."""
        metrics = self.metrics
        if metrics:
            self.metric = metrics[(metrics.index(self.metric) + step) % len(metrics)]
            self.redraw()

    def choose(self, metric: str) -> None:
        """Choose this metric, if the plant has it."""
        if metric in self.metrics:
            self.metric = metric
            self.redraw()

    def on_click(self, event: events.Click) -> None:
        """A click chooses."""
        if event.y < len(self.metrics):
            self.metric = self.metrics[event.y]
            self.redraw()
            self.post_message(self.Picked())

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """A line each."""
        plant = self._plant
        return [self._line(pen, plant, metric, size.width) for metric in self.metrics] if plant else []

    def _line(self, pen: Pen, plant: wire.Plant, metric: str, width: int) -> Content:
        look, state, limits = pen.look, plant.state.get(metric), plant.thresholds.get(metric)
        value = state.value if state else None
        where = side(metric, value, limits)
        chosen = metric == self.metric
        mark = {-1: pen.glyphs.below, 0: " ", 1: pen.glyphs.above}[where]
        wanted = wording.span(limits.min, limits.max, pen.glyphs.dash) if limits else ""
        source = f"{wanted} {wording.SOURCE_WORDS[limits.source]}" if limits and wanted else "no range set"
        gauge = draw_gauge(pen, metric, value, limits, _GAUGE + max(0, width - 78) // 2)
        left = Content.assemble(
            Content.styled(f"{pen.glyphs.pointer if chosen else ' '} ", look.accent),
            Content.styled(f"{scale_of(metric).label:<14}", look.strong if chosen else look.text),
            Content.styled(
                f"{wording.reading(metric, value, limits):>9} {mark} ", look.warn if where else look.text
            ),
            gauge,
            Content.styled(f"  {source}", look.muted),
        )
        age = wording.age(pen, state.time) if state else "not measured"
        return justify(left, Content.styled(age, look.muted), width)
