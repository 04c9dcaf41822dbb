"""What limits would have done: the same rules as live, over the past."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from plantops_server.incidents.breach import Limits
from plantops_server.incidents.rehearsal import hours_known, rehearse

START = datetime(2026, 11, 1, tzinfo=UTC)


def every(minutes: float, values: Iterable[float], start: datetime = START) -> list[tuple[datetime, float]]:
    return [(start + timedelta(minutes=minutes * n), value) for n, value in enumerate(values)]


def test_a_dry_spell_is_one_alert_and_its_hours_are_counted() -> None:
    came = rehearse(Limits("soil_moisture", 30, 60), every(60, [40, 35, 29, 28, 27, 50, 50, 50]))
    assert (came.alerts, came.critical, came.hours_low, came.hours_high) == (1, 0, 3, 0)
    assert came.longest_h == 3


def test_a_single_bad_reading_is_no_alert_but_its_time_counts() -> None:
    came = rehearse(Limits("soil_moisture", 30, 60), every(5, [40, 40, 29, 40, 40]))
    assert came.alerts == 0
    assert came.hours_low == pytest.approx(5 / 60)


def test_a_value_that_swings_about_the_limit_is_one_alert() -> None:
    came = rehearse(Limits("soil_moisture", 30, 60), every(30, [29, 29, 32.5] * 20))
    assert came.alerts == 1


def test_too_wet_and_too_dry_are_told_apart_and_far_out_is_critical() -> None:
    came = rehearse(Limits("soil_moisture", 30, 60), every(60, [10, 10, 45, 45, 62, 62, 45]))
    assert (came.alerts, came.critical, came.hours_low, came.hours_high) == (2, 1, 2, 2)


def test_a_gap_counts_for_nothing() -> None:
    before = every(10, [20] * 6)
    after = every(10, [20] * 6, START + timedelta(days=10))
    assert hours_known([*before, *after]) == pytest.approx(2)
    assert rehearse(Limits("soil_moisture", 30), [*before, *after]).hours_low == pytest.approx(2)


def test_two_probes_that_report_together_do_not_make_every_step_a_gap() -> None:
    readings = sorted([*every(10, [20] * 7), *every(10, [20] * 7)])
    assert hours_known(readings) == pytest.approx(1 + 1 / 6)


def test_without_readings_or_limits_nothing_would_have_happened() -> None:
    assert rehearse(Limits("soil_moisture", 30, 60), []).alerts == 0
    assert rehearse(Limits("soil_moisture"), every(60, [1, 99])).alerts == 0
