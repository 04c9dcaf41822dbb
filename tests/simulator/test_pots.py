"""The pots behave like the real ones that they are fitted to; the figures are those of the real series."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import mean, median

import pytest

from plantops_cli.simulator import pots
from plantops_cli.simulator.climate import Climate
from plantops_cli.simulator.pots import Planned, Pot

START = datetime(2026, 8, 1, tzinfo=UTC)
STEP = timedelta(minutes=10)


def grown(preset: str, seed: int, water: float) -> Pot:
    kind = pots.PRESETS[preset]
    return Pot(kind, Climate(kind.place, seed), seed, START, water)


def lived(pot: Pot, days: int) -> list[float]:
    levels = []
    for step in range(days * 144):
        pot.advance(START + step * STEP)
        levels.append(pot.water)
    return levels


def loss_per_day(levels: list[float]) -> float:
    return sum(max(0.0, before - after) for before, after in pairwise(levels)) / (len(levels) / 144)


@pytest.mark.parametrize("seed", range(4))
def test_a_house_pot_loses_two_to_three_percent_a_day_and_is_watered_about_four_times_in_fifty_days(
    seed: int,
) -> None:
    pot = grown("indoor", seed, water=60)
    levels = lived(pot, 50)
    assert 2.1 <= loss_per_day(levels) <= 2.8
    assert 3 <= len(pot.waterings) <= 5
    assert all(25 <= watering.before <= 48 for watering in pot.waterings)
    assert all(62 <= watering.after <= 88 for watering in pot.waterings)


def test_a_greenhouse_bench_dries_three_to_four_percent_a_day_and_is_watered_five_to_seven_times_in_thirty_days() -> (
    None
):
    losses, counts, peaks = [], [], []
    for seed in range(6):
        pot = grown("greenhouse", seed, water=27)
        losses.append(loss_per_day(lived(pot, 30)))
        counts.append(len(pot.waterings))
        peaks += [watering.after for watering in pot.waterings]
    assert 2.7 <= mean(losses) <= 3.7
    assert 5 <= median(counts) <= 7
    assert 28 <= mean(peaks) <= 30.5


def test_a_greenhouse_bench_dries_in_daylight_and_hardly_at_night() -> None:
    levels = lived(grown("greenhouse", 1, water=27), 20)
    hourly: dict[int, list[float]] = {}
    for step, (before, after) in enumerate(pairwise(levels)):
        if after <= before:
            hourly.setdefault(step // 6 % 24, []).append(6 * (before - after))
    assert mean(hourly[2]) < 0.05
    assert mean(hourly[11]) > 5 * mean(hourly[2])


def test_after_watering_the_excess_drains_within_a_day_as_in_the_real_pot() -> None:
    pot = grown("indoor", 3, water=40)
    pot.away_from = START
    pot.pour(rise=24)
    over: dict[float, float] = {}
    for hours in (0.0, 1.0, 3.0, 6.0, 24.0):
        pot.advance(START + timedelta(hours=hours))
        over[hours] = pot.moisture - pot.water
    assert 13 <= over[0.0] <= 15
    assert 5.5 <= over[1.0] <= 10
    assert 2.5 <= over[3.0] <= 5
    assert 1.5 <= over[6.0] <= 3
    assert over[24.0] < 0.2


def test_a_pot_whose_owner_is_away_only_dries_and_never_below_nothing() -> None:
    pot = grown("indoor", 2, water=30)
    pot.away_from = START
    levels = lived(pot, 60)
    assert pot.waterings == []
    assert all(after <= before for before, after in pairwise(levels))
    assert 0 <= levels[-1] < 12


def test_a_planned_watering_happens_when_planned_and_up_to_that_level() -> None:
    pot = grown("indoor", 2, water=40)
    pot.away_from = START
    at = START + timedelta(days=2)
    pot.planned = [Planned(at, 55.0)]
    lived(pot, 4)
    assert len(pot.waterings) == 1
    assert pot.waterings[0].at == at
    assert pot.waterings[0].after == pytest.approx(55 + 9 + 5)


def test_the_same_seed_gives_the_same_life_and_another_seed_another() -> None:
    assert lived(grown("indoor", 5, 50), 20) == lived(grown("indoor", 5, 50), 20)
    assert lived(grown("indoor", 5, 50), 20) != lived(grown("indoor", 6, 50), 20)


def test_the_weather_of_a_day_does_not_depend_on_when_one_begins_to_look() -> None:
    place = pots.GREENHOUSE_POT.place
    noon = START + timedelta(days=9, hours=12)
    early = Climate(place, 4)
    for day in range(9):
        early.at(START + timedelta(days=day))
    assert early.at(noon) == Climate(place, 4).at(noon)


def test_greenhouse_light_adds_up_to_what_the_real_bench_gets() -> None:
    climate = Climate(pots.GREENHOUSE_POT.place, 8)
    steps = 20 * 144
    moles = sum(climate.at(START + step * STEP).light for step in range(steps)) * 600 * 0.0185 / 1e6
    assert 5 <= moles / 20 <= 8


def test_nights_are_dark_and_house_lamps_burn_in_the_evening() -> None:
    greenhouse, room = Climate(pots.GREENHOUSE_POT.place, 1), Climate(pots.INDOOR_POT.place, 1)
    assert greenhouse.at(START + timedelta(hours=2)).light == 0
    assert 4 <= room.at(START + timedelta(hours=20)).light <= 33
