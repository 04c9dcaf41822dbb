"""Faults bend readings as the broken sensors of real streams did, and the truth of each is on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from plantops_cli.simulator.faults import FOREVER, Fault, Faults, Kind, parse_kinds

START = datetime(2026, 8, 1, tzinfo=UTC)
GOOD = {"soil_moisture": 43.0, "temperature": 21.0, "humidity": 55.0, "light_level": 300.0}


def with_fault(kind: Kind, size: float = 0.0, end: datetime = FOREVER) -> Faults:
    return Faults((), 1, START, chronic=(Fault(kind, START, end, size),))


def bent(kind: Kind, size: float = 0.0, days: float = 1.0) -> dict[str, float | None]:
    return with_fault(kind, size).bend(GOOD, START + timedelta(days=days))


def test_lost_contact_takes_points_away_and_never_gives_them_back() -> None:
    assert bent("contact_step", -12, days=1)["soil_moisture"] == 31
    assert bent("contact_step", -12, days=300)["soil_moisture"] == 31


def test_a_probe_that_was_pulled_out_reads_air() -> None:
    assert bent("probe_out")["soil_moisture"] == pytest.approx(8.6)


def test_a_sentinel_shows_one_number_in_every_field() -> None:
    assert set(bent("sentinel", 0).values()) == {100.0}
    assert set(bent("sentinel", 1).values()) == {0.0}


def test_a_garbage_frame_is_the_dummy_frame_of_a_real_sensor() -> None:
    frame = bent("garbage", 0)
    assert frame["temperature"] == -1749.4
    assert frame["light_level"] == 2_583_686_877


def test_a_drifting_probe_moves_a_twentieth_of_a_point_a_day() -> None:
    assert bent("drift", 0.05, days=100)["soil_moisture"] == 48


def test_a_stuck_probe_repeats_what_it_last_read_until_it_comes_loose() -> None:
    faults = with_fault("stuck", end=START + timedelta(hours=6))
    first = faults.bend(GOOD, START)
    later = faults.bend({**GOOD, "soil_moisture": 30.0}, START + timedelta(hours=5))
    loose = faults.bend({**GOOD, "soil_moisture": 30.0}, START + timedelta(hours=7))
    assert first["soil_moisture"] == later["soil_moisture"] == 43
    assert loose["soil_moisture"] == 30


def test_a_reset_clock_counts_from_2015() -> None:
    faults = with_fault("clock_reset", end=START + timedelta(hours=2))
    wrong = START + timedelta(hours=1) + faults.clock_error(START + timedelta(hours=1))
    assert wrong == datetime(2015, 1, 1, 1, tzinfo=UTC)
    assert faults.clock_error(START + timedelta(hours=3)) == timedelta()


def test_faults_come_as_often_as_they_were_seen() -> None:
    found = [
        fault
        for seed in range(40)
        for fault in Faults(("contact_step",), seed, START).until(START + timedelta(50))
    ]
    assert 1.2 <= len(found) / 40 <= 2.8
    assert all(-25 <= fault.size <= -5 for fault in found)


def test_the_same_seed_gives_the_same_faults_whatever_was_asked_before() -> None:
    kinds = get_args(Kind)
    asked_often = Faults(kinds, 3, START)
    for day in range(60):
        asked_often.until(START + timedelta(days=day))
    assert asked_often.until(START + timedelta(60)) == Faults(kinds, 3, START).until(START + timedelta(60))


def test_no_fault_happens_before_the_device_was_there() -> None:
    assert all(
        fault.start >= START
        for fault in Faults(get_args(Kind), 3, START, factor=50).until(START + timedelta(3))
    )


def test_kinds_are_read_from_words() -> None:
    assert parse_kinds("none") == ()
    assert parse_kinds("stuck,garbage") == ("stuck", "garbage")
    assert parse_kinds("realistic") == get_args(Kind)
    with pytest.raises(ValueError, match="stuk"):
        parse_kinds("stuck,stuk")
