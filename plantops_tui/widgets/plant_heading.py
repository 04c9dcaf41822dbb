"""Name, species and place of one plant; below it health and trust, side by side."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size

from plantops_api import wire
from plantops_tui import wording
from plantops_tui.look import Pen
from plantops_tui.widgets.canvas import Canvas, justify
from plantops_tui.widgets.plant_card import health_style, trust_style


class PlantHeading(Canvas):
    """Two lines."""

    DEFAULT_CSS = "PlantHeading { height: 2; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._plant: wire.Plant | None = None

    def show(self, plant: wire.Plant) -> None:
        """Draw another snapshot."""
        self._plant = plant
        self.redraw()

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """Empty until the plant is known."""
        if self._plant is None:
            return [Content(""), Content("")]
        return [self._who(pen, self._plant, size.width), self._how(pen, self._plant, size.width)]

    @staticmethod
    def _who(pen: Pen, plant: wire.Plant, width: int) -> Content:
        about = f" {pen.glyphs.dot} ".join(part for part in (plant.species, plant.location) if part)
        name = Content.styled(plant.name, pen.look.accent).truncate(max(10, width // 2), ellipsis=True)
        left = Content.assemble(name, Content.styled(f"  {about}", pen.look.muted))
        words = wording.next_watering(pen, plant)
        if words in (wording.NO_FORECAST, plant.next_watering_brief) and plant.next_watering_reason:
            words = plant.next_watering_reason.rstrip(".")
        right = Content.styled(words, pen.look.text).truncate(max(16, width // 2), ellipsis=True)
        return justify(left, right, width, gap=2)

    @staticmethod
    def _how(pen: Pen, plant: wire.Plant, width: int) -> Content:
        health = f"{pen.glyphs.health[plant.health]} {wording.health_phrase(plant)}"
        since = f" since {wording.clock(pen, plant.worst_since)}" if plant.worst and plant.worst_since else ""
        quiet = wording.maintenance(pen, plant)
        quiet = f" {pen.glyphs.dot} {quiet}" if quiet else ""
        left = Content.assemble(
            Content.styled(health, health_style(pen, plant.health)),
            Content.styled(since + quiet, pen.look.muted),
        )
        pace = (
            f" {pen.glyphs.dot} sends each {wording.duration(plant.expected_interval_s)}"
            if plant.expected_interval_s
            else ""
        )
        right = Content.assemble(
            Content.styled(pen.glyphs.trust[plant.trust], trust_style(pen, plant.trust)),
            Content.styled(f" {wording.trust_phrase(pen, plant)}{pace}", pen.look.muted),
        )
        return justify(left, right, width, gap=2)
