"""Waterings are seen in the readings of real and imagined probes, and nothing else is taken for one."""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plantops_server.plants.watering import Found, find_waterings, of_plant

START = datetime(2026, 3, 1, tzinfo=UTC)
POURED = START + timedelta(days=3, hours=5, minutes=3)
RECORDING = Path(__file__).parents[3] / "shared/data/telemetry/greenhouse_30mhz_5min/canonical.csv"

Pot = Callable[[float], float]


def house(hours: float, rise: float = 24.0) -> float:
    """A house pot that is watered at ``POURED``: at once, with an overshoot; 2.4 points a day."""
    since = hours - (POURED - START) / timedelta(hours=1)
    wet = rise + 9 * math.exp(-since / 0.6) + 5 * math.exp(-since / 6) if since >= 0 else 0.0
    return 50 - 0.1 * hours + wet


def bench(hours: float) -> float:
    """A bench on a 9-30 % scale that fills within an hour, with no overshoot."""
    since = hours - (POURED - START) / timedelta(hours=1)
    return 20 - 0.1 * hours + 14 * min(max(since, 0.0), 1.0)


def series(pot: Pot, minutes: float, days: float = 6, noise: float = 0.05) -> list[tuple[datetime, float]]:
    chance = random.Random(4)
    count = int(days * 1440 / minutes)
    return [
        (START + timedelta(minutes=minutes * n), pot(minutes * n / 60) + chance.gauss(0, noise)) for n in range(count)
    ]  # fmt: skip


def assert_one(found: list[Found], within: timedelta = timedelta(hours=1)) -> None:
    assert len(found) == 1
    assert abs(found[0].at - POURED) <= within


@pytest.mark.skipif(not RECORDING.exists(), reason="the recording is not part of the repository")
@pytest.mark.parametrize("every", [1, 3, 12])
def test_every_watering_of_a_real_greenhouse_bench_is_found_and_none_invented(every: int) -> None:
    with RECORDING.open() as file:
        readings = [
            (datetime.fromisoformat(row["timestamp"]), float(row["soil_moisture_pct"]))
            for row in csv.DictReader(file)
            if row["soil_moisture_pct"]
        ]
    truth = [datetime(2020, 8, 20, 16, 5), datetime(2020, 8, 24, 5, 25), datetime(2020, 8, 30, 18, 40)]
    found = find_waterings(readings[::every])
    assert len(found) == len(truth)
    for event, at in zip(found, truth, strict=True):
        assert abs(event.at - at.replace(tzinfo=UTC)) <= timedelta(hours=1)


@pytest.mark.parametrize("minutes", [1, 10, 30, 60, 180])
@pytest.mark.parametrize("pot", [house, bench])
def test_a_watering_is_dated_at_any_cadence(pot: Pot, minutes: float) -> None:
    assert_one(find_waterings(series(pot, minutes)), timedelta(minutes=max(60, minutes)))


def test_levels_before_and_after_are_told() -> None:
    (event,) = find_waterings(series(house, 10))
    assert event.before == pytest.approx(42.4, abs=0.5)
    assert event.after == pytest.approx(76, abs=5)


@pytest.mark.parametrize("noise", [1.0, 3.0])
def test_a_noisy_probe_invents_nothing(noise: float) -> None:
    assert_one(find_waterings(series(house, 10, days=20, noise=noise)))
    assert find_waterings(series(lambda h: 60 - 0.1 * h, 10, days=20, noise=noise)) == []


def test_a_watering_while_the_device_was_off_is_seen_by_the_levels_around_the_gap() -> None:
    gap = (POURED - timedelta(hours=9), POURED + timedelta(hours=14))
    readings = [(time, value) for time, value in series(house, 10) if not gap[0] <= time < gap[1]]
    (event,) = find_waterings(readings)
    assert gap[0] <= event.at <= gap[1]


@pytest.mark.parametrize("out_for", [1, 3, 12, 60])
def test_a_probe_pulled_out_and_put_back_is_no_watering(out_for: int) -> None:
    readings = series(lambda h: 50 - 0.1 * h, 10)
    readings[300 : 300 + out_for] = [(time, 8.5) for time, _ in readings[300 : 300 + out_for]]
    assert find_waterings(readings) == []


def test_a_probe_pulled_out_while_it_is_watered_shows_the_watering() -> None:
    readings = series(house, 10)
    place = next(n for n, (time, _) in enumerate(readings) if time > POURED)
    readings[place] = (readings[place][0], 8.5)
    assert_one(find_waterings(readings))


@pytest.mark.parametrize("samples", [1, 6, 18])
def test_a_rise_that_does_not_last_is_no_watering(samples: int) -> None:
    readings = series(lambda h: 50 - 0.1 * h, 10)
    readings[300 : 300 + samples] = [(time, 100.0) for time, _ in readings[300 : 300 + samples]]
    assert find_waterings(readings) == []


def test_contact_that_is_lost_for_good_hides_no_later_watering() -> None:
    lost = POURED - timedelta(hours=40)
    readings = [(time, value - 15 * (time >= lost)) for time, value in series(house, 10)]
    assert_one(find_waterings(readings))


def test_a_probe_that_follows_the_temperature_invents_nothing() -> None:
    """-0.57 points a degree, 10 degrees a day."""
    assert (
        find_waterings(series(lambda h: 60 - 0.1 * h - 2.85 * math.sin(h / 24 * 2 * math.pi), 10, days=20))
        == []
    )


def test_a_pot_that_draws_water_up_from_its_saucer_for_half_a_day_was_watered_once() -> None:
    """1.4 points an hour for 14 hours, twice in ten days, which is most of those days."""
    drawn = (78.0, 190.0)
    readings = series(
        lambda h: 60 - 0.1 * h + sum(20 * min(max(h - at, 0.0), 14.0) / 14 for at in drawn), 15, days=11
    )
    found = find_waterings(readings)
    assert len(found) == len(drawn)
    for event, at in zip(found, drawn, strict=True):
        assert abs(event.at - (START + timedelta(hours=at))) <= timedelta(hours=2)


def warm(hours: float) -> float:
    """Degrees in a sunny window, with a heat wave of a week and as much less after it."""
    wave = 7 / (1 + math.exp(-(hours - 200) / 6)) - 7 / (1 + math.exp(-(hours - 370) / 6))
    return wave + 4 * math.sin((hours - 9) / 24 * 2 * math.pi)


def poured_at(hours: float, *shares: tuple[float, float], over: float = 0.3) -> float:
    """What pours of (hour, points) add, each taken up within ``over`` hours."""
    return sum(points * min(max((hours - at) / over, 0.0), 1.0) for at, points in shares)


PULSES = [(24.0 * day + 7 + pulse, 0.6) for day in range(20) for pulse in range(10)]
DAILY = [(24.0 * day + 7.2, 5.0) for day in range(1, 20)]


@pytest.mark.parametrize(
    ("pot", "truth"),
    [
        (lambda h: 60 - 0.1 * h + poured_at(h, (210, 12), (210.35, 12)), [210.0]),
        (lambda h: 60 - 0.1 * h + poured_at(h, *((210 + 1.2 * n, 6) for n in range(4))), [210.0]),
        (lambda h: 60 - 0.1 * h + poured_at(h, (210, 18), over=4.0), [210.0]),
        (lambda h: 60 - 0.25 * h + poured_at(h, *PULSES), []),
        (lambda h: 60 - 0.2 * h + poured_at(h, *DAILY), [at for at, _ in DAILY]),
        (lambda h: 60 - 0.05 * h + 0.6 * warm(h), []),
        (lambda h: 60 - 0.05 * h - 0.8 * warm(h), []),
        (lambda h: 60 - 0.1 * h + poured_at(h, (210, 20)) - 0.8 * warm(h), [210.0]),
    ],
    ids=[
        "two-cans", "four-sips", "sinks-in-slowly", "drip-by-points", "timer-each-day",
        "warmth-lifts", "warmth-lowers", "watered-in-a-heat-wave",
    ],
)  # fmt: skip
def test_other_ways_of_watering_and_other_probes(pot: Pot, truth: list[float]) -> None:
    found = find_waterings(series(pot, 15, days=20, noise=0.1))
    assert [round((event.at - START) / timedelta(hours=1)) for event in found] == pytest.approx(truth, abs=2)


def test_an_hour_and_a_half_of_a_great_rise_is_enough_and_half_an_hour_is_not() -> None:
    readings = series(house, 10)
    soon = [row for row in readings if row[0] < POURED + timedelta(minutes=30)]
    later = [row for row in readings if row[0] < POURED + timedelta(minutes=120)]
    assert find_waterings(soon) == []
    assert_one(find_waterings(later))


def test_too_little_says_nothing() -> None:
    assert find_waterings([]) == []
    assert find_waterings([(START, 1.0), (START + timedelta(hours=1), 90.0)]) == []


def test_two_probes_in_one_pot_see_one_watering() -> None:
    seen = find_waterings(series(house, 10))
    assert len(of_plant([seen, find_waterings(series(house, 60))])) == 1
