"""Random plants, many of them impossible: whatever is measured, the plan of the rules must stand before the check."""

from __future__ import annotations

import random

from bench.advisor.pot import SUMMER, WINTER, Pot, Poured, Sensor
from plantops_server.plants.species import shipped

_FAULTS = (
    "the probe is out of the soil", "temperature is stuck at one value", "soil moisture jumps as no pot does",
    "its clock was reset", "all values are equal",
)  # fmt: skip
_ALERTS = (
    ("low", "soil_moisture", "warning", 26.0), ("high", "temperature", "critical", 1.0),
    ("offline", None, "warning", 9.0), ("battery_low", None, "warning", 9.0),
    ("light_low", "light_level", "warning", 3.0),
)  # fmt: skip
_LIMITS: tuple[tuple[tuple[str, float | None, float | None], ...], ...] = (
    (), (), (("soil_moisture", 30, 60),), (("soil_moisture", None, 60),),
    (("soil_moisture", 30, None), ("temperature", None, None)), (("dli", None, None),),
)  # fmt: skip


def pot(seed: int) -> Pot:
    """The same seed gives the same plant."""
    dice = random.Random(seed)  # noqa: S311
    names = [species.scientific_name for species in shipped()]
    return Pot(
        species=dice.choice([None, "Unknownia", *names]),
        soil=dice.choice([None, *(round(dice.uniform(0, 100), 1) for _ in range(5))]),
        drying=round(dice.uniform(-1, 12), 1),
        temperature=dice.choice([None, round(dice.uniform(-5, 40), 1), round(dice.uniform(10, 28), 1)]),
        swing=dice.choice([0, 1, 5]),
        humidity=dice.choice([None, round(dice.uniform(5, 100), 1)]),
        dli=dice.choice([None, 0, round(dice.uniform(0, 40), 2), round(dice.uniform(0, 2), 2)]),
        conductivity=dice.choice([None, None, round(dice.uniform(0, 4000))]),
        waterings=_waterings(dice),
        trust=dice.choice(["fresh"] * 4 + ["late", "asleep", "offline", "faulty", "none"]),
        newest_h=dice.choice([0, 0, 0, 2, 30, 80]),
        sensors=tuple(_sensor(dice) for _ in range(dice.choice([1, 1, 1, 2, 3, 0]))),
        due_h=dice.choice([None, None, 0.2, 1.4, 10, 30, 100, 600]),
        alerts=tuple(dice.sample(_ALERTS, dice.randint(0, 2))),
        limits=dice.choice(_LIMITS),
        days=dice.choice([0, 0.5, 2, 5, 30]),
        missing=dice.choice([0, 0, 0.3, 0.7]),
        now=dice.choice([WINTER, SUMMER]),
        zone=dice.choice(["UTC", "Europe/Berlin", "Pacific/Auckland", "Asia/Tokyo"]),
    )


def _sensor(dice: random.Random) -> Sensor:
    return Sensor(
        trust=dice.choice(["fresh", "late", "offline", "faulty"]), fault=dice.choice([None, None, *_FAULTS]),
        battery=dice.choice([None, 3, 14, 40, 90]), rssi=dice.choice([None, -60, -92]),
        flagged=dice.choice([0, 0, 5, 40]),
        soil=dice.choice([None, 20, 50]), temperature=dice.choice([None, 18, 25]),
    )  # fmt: skip


def _waterings(dice: random.Random) -> tuple[Poured, ...]:
    agos = sorted(dice.sample([0, 1, 3, 8, 13, 30, 60, 100, 200, 300, 500], dice.randint(0, 4)))
    return tuple(
        Poured(ago, dice.choice([None, 20, 50]), dice.choice([None, 22, 60]), dice.choice([None, 250])) for ago in agos
    )  # fmt: skip
