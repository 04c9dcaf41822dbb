"""The bar: at most one notification a real problem, with noisy probes at the limit. Pots and probes of the simulator.

A real problem is one spell of dryness: what lies between two waterings. Everything is seeded.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

import pytest

from plantops_cli.simulator import chance
from plantops_cli.simulator.climate import Climate
from plantops_cli.simulator.pots import GREENHOUSE_POT, INDOOR_POT, Pot, PotPreset
from plantops_cli.simulator.probes import Probe
from plantops_server.incidents.breach import SOAKING, Incident, Limits, Track
from tests.incidents.household import NOW

DAYS, EVERY = 40, timedelta(minutes=30)
KINDS = [(INDOOR_POT, 38.0), (GREENHOUSE_POT, 15.0)]
"""Each with a limit near the moisture at which its owner waters: most dry spells end close to it."""


class Spell(NamedTuple):
    """One spell between two waterings: what was told in it, and how far under the limit the soil truly came."""

    told: int
    deepest: float


def spells(preset: PotPreset, limit: float, probe: str, seed: int) -> list[Spell]:
    """Forty days of one pot, judged reading by reading as ingest judges them; a watering ends the dry incident."""
    pot = Pot(preset, Climate(preset.place, seed), seed, NOW, preset.capacity * 0.7)
    sensor, track = Probe(probe, chance.seed_of(seed, "probe")), Track(Limits("soil_moisture", limit, None))
    found: list[Spell] = []
    told: list[Incident] = []
    deepest, waterings = 0.0, 0
    for number in range(int(timedelta(days=DAYS) / EVERY)):
        at = NOW + number * EVERY
        pot.advance(at)
        if len(pot.waterings) > waterings:
            waterings = len(pot.waterings)
            found.append(Spell(len(told), deepest))
            told, deepest = [], 0.0
            track.touched.clear()
            track.breach = track.open = track.resting = None
            track.watered_at = pot.waterings[-1].at
        if (
            not pot.waterings or at - pot.waterings[-1].at > SOAKING
        ):  # while the water sinks in nobody is told
            deepest = max(deepest, limit - pot.moisture)
        value = sensor.read(pot.moisture, pot.climate.at(at), number / 48, number)["soil_moisture"]
        if value is not None:
            track.observe(at, value, fresh=True)
        told += [incident for incident in track.touched if incident not in told]
    return [*found, Spell(len(told), deepest)]


@pytest.mark.parametrize(
    "probe", ["capacitive-16bit", "fdr", "capacitive-12bit", "resistive", "miflora", "tuya"]
)
def test_a_dry_spell_is_told_at_most_once_and_a_real_one_is_told(probe: str) -> None:
    seen = [
        spell for seed in range(2) for preset, limit in KINDS for spell in spells(preset, limit, probe, seed)
    ]
    assert max(spell.told for spell in seen) <= 1
    assert sum(spell.told for spell in seen) >= 5  # the limit is crossed at all
    assert all(
        spell.told == 1 for spell in seen if spell.deepest > 5
    )  # beyond noise and the warmth of the day
