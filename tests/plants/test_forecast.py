"""The next watering is forecast from how this pot dries, and not at all when nobody can know."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from plantops_server.plants.forecast import forecast

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def house(days: float, noise: float = 0.05, a_day: float = 2.4) -> list[tuple[datetime, float]]:
    """Half-hourly levels of a pot that was watered to 70 % at ``START``."""
    chance = random.Random(2)
    return [
        (START + n * HOUR / 2, 70 - a_day * n / 48 + 5 * math.exp(-n / 12) + chance.gauss(0, noise))
        for n in range(int(days * 48))
    ]


@pytest.mark.parametrize("noise", [0.05, 0.4, 1.5])
def test_a_straight_dry_down_is_continued(noise: float) -> None:
    now = START + timedelta(days=6)
    outlook = forecast(house(6, noise), [START], 44, now)
    assert outlook.at is not None
    assert abs(outlook.at - (START + timedelta(days=26 / 2.4))) <= 12 * HOUR
    assert "44" in outlook.reason


def bench(hours: float) -> float:
    """Level of a bench that dries by 3 points a day, between 6 and 20 h."""
    days, hour = divmod(hours, 24)
    done = 0.0 if hour < 6 else min((1 - math.cos(math.pi * (hour - 6) / 14)) / 2, 1.0) if hour < 20 else 1.0
    return 29 - 3 * (days + done)


BENCH = [(START + n * HOUR / 2, bench(n / 2)) for n in range(48 * 3)]
MIDNIGHT = START + timedelta(days=3) - HOUR / 2


def test_a_bench_that_dries_in_daylight_reaches_its_limit_by_day() -> None:
    outlook = forecast(BENCH, [START - HOUR], 18.6, MIDNIGHT)
    assert outlook.at is not None
    assert outlook.plus_minus_h is not None
    assert abs(outlook.at - (START + timedelta(days=3, hours=12.6))) <= 3 * HOUR
    assert outlook.plus_minus_h <= 6


def test_where_a_cloud_would_move_it_by_a_night_the_forecast_names_no_time_but_the_span() -> None:
    outlook = forecast(BENCH, [START - HOUR], 14.4, MIDNIGHT)
    assert outlook.at is None
    assert "unevenly" in outlook.reason
    assert " from " in outlook.reason.partition("somewhere")[2]


def test_readings_that_end_soon_after_a_watering_are_no_error() -> None:
    """13 h after a watering, the newest reading 3 h old: nothing was measured since it drained."""
    rows = [*house(6), (START + timedelta(days=6, hours=10), 68.0)]
    outlook = forecast(rows, [START, START + timedelta(days=6)], 44, START + timedelta(days=6, hours=13))
    assert outlook.at is not None


def test_a_lost_contact_teaches_no_drying() -> None:
    rows = [(time, value - 12 * (time > START + timedelta(days=4))) for time, value in house(6)]
    outlook = forecast(rows, [START], 35, START + timedelta(days=6))
    assert outlook.at is not None
    assert abs(outlook.at - (START + timedelta(days=23 / 2.4))) <= 12 * HOUR


@pytest.mark.parametrize(
    ("rows", "poured", "dry", "after", "reason"),
    [
        ([], [START], 44, 6.0, "Nothing was measured"),
        (house(6), [START], None, 6.0, "No lower limit"),
        (house(6), [], 44, 6.0, "No watering was seen"),
        (house(0.3), [START], 44, 0.3, "Watered 7 h ago"),
        (house(1.2), [START], 44, 1.2, "Too little"),
        (house(6), [START], 44, 8.0, "48 h old|2 days old"),
        (house(6, a_day=0.0), [START], 44, 6.0, "hardly dries"),
        (house(6, a_day=0.5), [START], 44, 6.0, "a month"),
    ],
)
def test_it_abstains_and_says_why(
    rows: list[tuple[datetime, float]], poured: list[datetime], dry: float | None, after: float, reason: str
) -> None:
    outlook = forecast(rows, poured, dry, START + timedelta(days=after))
    assert (outlook.at, outlook.plus_minus_h) == (None, None)
    assert any(part in outlook.reason for part in reason.split("|")), outlook.reason


@pytest.mark.parametrize("seed", range(4))
def test_soil_of_which_a_noisy_probe_cannot_say_whether_it_is_dry_is_no_error(seed: int) -> None:
    chance = random.Random(seed)
    rows = [(time, value + chance.gauss(0, 3)) for time, value in house(6)]
    now = START + timedelta(days=6)
    lately = sorted(value for time, value in rows if time >= now - 3 * HOUR)[3]
    for limit in (lately - 0.001, lately - 0.5, lately - 1.0):
        assert forecast(rows, [START], limit, now).reason


def test_dry_soil_needs_water_now() -> None:
    outlook = forecast(house(6), [START], 60, START + timedelta(days=6))
    assert outlook.at is not None
    assert outlook.at <= START + timedelta(days=6)
    assert "limit is 60" in outlook.reason
