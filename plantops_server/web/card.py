"""A plant's card as the dashboard shows it."""

from __future__ import annotations

from typing import Any, NamedTuple

from markupsafe import Markup

from plantops_api import wire
from plantops_api.scales import scale_of, side
from plantops_api.wording import reading, span
from plantops_server.web import words
from plantops_server.web.moments import Moments
from plantops_server.web.spark import sparkline

SHOWN: tuple[wire.Metric, ...] = ("soil_moisture", "temperature", "humidity", "light_level")


class Row(NamedTuple):
    """One metric: its newest value against its range, and the last 24 h."""

    metric: str
    label: str
    value: str
    side: int
    wanted: str
    stale: bool
    spark: Markup

    @property
    def verdict(self) -> str:
        """Where the value lies, for those who do not see the mark; empty within the range."""
        return {-1: "below its range", 1: "above its range"}.get(self.side, "")


class Card(NamedTuple):
    """What the template of a card draws."""

    plant: wire.PlantCard
    health: Markup
    trust: Markup
    water: str
    rows: list[Row]

    @property
    def tone(self) -> str:
        """The colour of the card's edge; never that of health while the data are not believed."""
        return self.plant.health


def card_of(row: dict[str, Any], moments: Moments) -> Card:
    """The card of a row of ``cards.page_of_cards``."""
    return drawn(wire.PlantCard.model_validate(row), moments)


def drawn(plant: wire.PlantCard, moments: Moments) -> Card:
    """The card of a plant."""
    rows = [_row(plant, metric) for metric in SHOWN if metric in plant.state]
    return Card(
        plant, words.health(plant), words.trust(plant, moments), words.next_watering(plant, moments), rows
    )


def _row(plant: wire.PlantCard, metric: wire.Metric) -> Row:
    state, threshold = plant.state[metric], plant.thresholds.get(metric)
    wanted = span(threshold.min, threshold.max) if threshold and metric != "light_level" else ""
    return Row(
        metric, scale_of(metric).label.capitalize(), reading(metric, state.value, threshold),
        side(metric, state.value, threshold), wanted, plant.trust in ("offline", "faulty"),
        sparkline(metric, plant.sparkline.get(metric), threshold),
    )  # fmt: skip
