"""The six pots of the demo: who they are, and pots that suit the limits by which the server judges them.

The owner waters in time and never too much, so that an alert in the demo has a reason: the basil's owner is away,
the snake plant's probe is sick, and the gateway of the fern's fails now and then.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plantops_api import wire
from plantops_cli.simulator import links
from plantops_cli.simulator.climate import GREENHOUSE, INDOOR, Place
from plantops_cli.simulator.faults import Kind
from plantops_cli.simulator.links import LinkPreset, Outage
from plantops_cli.simulator.node import Design
from plantops_cli.simulator.pots import INDOOR_POT, Planned, Pot, PotPreset

EDGE = 0.06
"""How far above its limit the thirsty pot stands when the demo starts, in points: it dries that much in a minute."""

LIGHT_MARGIN = 2.5
"""A dull day brings less than half of an ordinary one; the demo has one thing to find, and that is the dry pot."""

LIVE_INTERVAL_S, HISTORY_INTERVAL_S = 300.0, 600.0
"""Between two reports, in the pot's time."""

SILENT_AFTER, SILENT_FOR, SILENT_EVERY = timedelta(hours=4), timedelta(hours=3), timedelta(hours=20)
"""When a pot with a failing gateway is not heard, in its own time: an hour of it is a minute of the demo."""

_AWAY_FOR = timedelta(days=5)


@dataclass(frozen=True)
class Character:
    """One plant of the demo. ``thirsty``: nobody waters it any more. ``link`` is how its history travelled.

    ``silences``: its gateway fails now and then, also live.
    """

    key: str
    name: str
    species: str
    location: str
    place: Place
    probe: str
    link: LinkPreset
    thirsty: bool = False
    faults: tuple[Kind, ...] = ()
    silences: bool = False


_GREENHOUSE = replace(GREENHOUSE, humidity=62, humidity_per_degree=-1.5, temperature_day_sd=1.2)
_BATHROOM = replace(INDOOR, temperature=21, humidity=64, peak_lux=380)
_SILL = replace(INDOOR, temperature=20.5, peak_lux=2600)
_HALLWAY = replace(INDOOR, temperature=18.5, peak_lux=210)

CAST: tuple[Character, ...] = (
    Character(
        "monstera", "Monstera", "Monstera deliciosa", "living room", INDOOR, "capacitive-16bit",
        links.PRESETS["wired"],
    ),
    Character(
        "basil", "Basil", "Ocimum basilicum", "kitchen sill", _SILL, "capacitive-16bit", links.PRESETS["wired"],
        thirsty=True,
    ),
    Character(
        "peace-lily", "Peace lily", "Spathiphyllum wallisii", "bedroom", INDOOR, "miflora", links.PRESETS["wifi"],
    ),
    Character(
        "fern", "Boston fern", "Nephrolepis exaltata", "bathroom", _BATHROOM, "capacitive-16bit",
        links.PRESETS["lorawan"], silences=True,
    ),
    Character(
        "tomato", "Tomato", "Solanum lycopersicum", "greenhouse", _GREENHOUSE, "fdr", links.PRESETS["lorawan"],
    ),
    Character(
        "snake-plant", "Snake plant", "Dracaena trifasciata", "hallway", _HALLWAY, "capacitive-12bit",
        links.PRESETS["wired"], faults=("garbage", "sentinel"),
    ),
)  # fmt: skip


def design_of(character: Character, limits: Mapping[str, wire.Threshold], *, live: bool) -> Design:
    """A node whose pot lives within ``limits``. Live it has a good link, and a sick probe fails often."""
    probe_scale_ends_at = 60.0 if character.probe == "fdr" else 97.0
    soil = limits.get("soil_moisture")
    low = soil.min if soil is not None and soil.min is not None else 20.0
    high = min(soil.max if soil is not None and soil.max is not None else low + 40, probe_scale_ends_at)
    return Design(
        pot=_pot_within(low, high, character.place, _place_within(character.place, limits)),
        probe=character.probe,
        link=links.PRESETS["wired"] if live else character.link,
        faults=character.faults,
        faults_factor=120.0 if live else 1.0,
        interval_s=LIVE_INTERVAL_S if live else HISTORY_INTERVAL_S,
    )


def silences(start: datetime) -> tuple[Outage, ...]:
    """When a pot that came alive at ``start`` is not heard, for its first 60 days (a day of the demo)."""
    begins = (start + SILENT_AFTER + n * SILENT_EVERY for n in range(72))
    return tuple(Outage(begin, begin + SILENT_FOR) for begin in begins)


def dries_up(pot: Pot, at: datetime, limit: float) -> None:
    """Arrange the pot's last watering so that it stands just above ``limit`` at ``at``, and nobody waters it then."""
    scout = copy.deepcopy(pot)
    scout.advance(at)
    last = max(
        (w.at for w in scout.waterings if w.at <= at - _AWAY_FOR), default=pot.time + timedelta(days=1)
    )
    pot.away_from = last - timedelta(hours=1)
    # Either that watering lasts until then, or the pot was filled, and topped up once more before the owner left.
    if not _ends_at(limit + EDGE, pot, at, [], last):
        _ends_at(limit + EDGE, pot, at, [Planned(last, pot.preset.capacity)], at - _AWAY_FOR)


def _ends_at(wanted: float, pot: Pot, at: datetime, before: list[Planned], when: datetime) -> bool:
    """Plan a watering at ``when`` to such a level that the moisture is ``wanted`` at ``at``; whether one does it."""
    level = pot.preset.capacity
    for _ in range(4):
        scout = copy.deepcopy(pot)
        scout.planned = [*before, Planned(when, level)]
        scout.advance(at)
        missing = wanted - scout.moisture
        level += missing
    pot.planned = [*before, Planned(when, level)]
    return abs(missing) < EDGE


def _pot_within(low: float, high: float, usual: Place, place: Place) -> PotPreset:
    """A pot that dries in ``place`` as it would in its ``usual`` light: the brighter one is for the plant only."""
    span = high - low
    return replace(
        INDOOR_POT, place=place, drying_per_lux=INDOOR_POT.drying_per_lux * usual.peak_lux / place.peak_lux,
        drying_base=0.0021 * span, waters_at=low + 0.2 * span, waters_at_sd=0.03 * span,
        delay_d=0.06, rise=None, capacity=high - 0.22 * span, refill_sd=0.03 * span, fast=0.08 * span,
        slow=0.04 * span, dries=_steadily,
    )  # fmt: skip


def _steadily(water: float) -> float:
    """Drying does not fade before the soil is nearly dry: demo pots live on the scales of different species."""
    return min(1.0, max(0.0, water - 2) / 5)


def _place_within(place: Place, limits: Mapping[str, wire.Threshold]) -> Place:
    return replace(
        place,
        peak_lux=max(place.peak_lux, _bright_enough(place, limits.get("dli"))),
        temperature=_inside(place.temperature, limits.get("temperature"), place.temperature_swing + 3),
        humidity=_inside(place.humidity, limits.get("humidity"), 9),
    )


def _bright_enough(place: Place, limit: wire.Threshold | None) -> float:
    """Peak of an ordinary day, lx, that gives ``LIGHT_MARGIN`` times the least light which the species needs."""
    if limit is None or limit.min is None:
        return 0.0
    # A day of half a sine to the power of 1.3 holds 0.58 of its peak; 0.0185 µmol/m²/s per lx of daylight.
    mol_per_lux = 0.0185e-6 * 3600 * place.day_length_h * 0.58
    return LIGHT_MARGIN * limit.min / mol_per_lux


def _inside(value: float, limit: wire.Threshold | None, margin: float) -> float:
    """The value, moved as little as it takes to keep ``margin`` from both limits (or half-way between them)."""
    if limit is None:
        return value
    low = limit.min + margin if limit.min is not None else value
    high = limit.max - margin if limit.max is not None else value
    return (low + high) / 2 if low > high else min(max(value, low), high)
