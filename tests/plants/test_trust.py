"""Silence lowers trust and never makes a plant well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantops_api.wire import DeviceStatus, Trust
from plantops_server.plants.trust import health_of, trust_of

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
INTERVAL = 600


def at(intervals: float, **more: object) -> Trust:
    return trust_of(NOW, NOW - timedelta(seconds=intervals * INTERVAL), INTERVAL, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("intervals", "trust"),
    [(0, "fresh"), (1.5, "fresh"), (1.51, "late"), (3, "late"), (3.01, "offline"), (-0.5, "fresh")],
)
def test_a_reading_is_late_after_one_and_a_half_intervals_and_nothing_after_three(
    intervals: float, trust: Trust
) -> None:
    assert at(intervals) == trust


def test_without_a_reading_there_is_nothing_to_trust() -> None:
    assert trust_of(NOW, None, INTERVAL) == "none"


@pytest.mark.parametrize(
    ("since_waking_s", "trust"),
    [(-60, "asleep"), (300, "fresh"), (301, "late"), (1200, "late"), (1201, "offline")],
)
def test_an_announced_sleep_is_kept_to_and_counted_from_the_waking(
    since_waking_s: float, trust: Trust
) -> None:
    assert at(20, next_wake_at=NOW - timedelta(seconds=since_waking_s)) == trust


def test_announcing_the_usual_interval_is_no_sleep() -> None:
    last = NOW - timedelta(seconds=100)
    assert trust_of(NOW, last, INTERVAL, last + timedelta(seconds=INTERVAL)) == "fresh"


def test_a_last_will_is_believed_as_soon_as_the_device_is_late() -> None:
    assert at(1, status="offline") == "fresh"
    assert at(2, status="offline") == "offline"


def test_a_sleeper_that_announced_nothing_is_asleep_until_it_is_late() -> None:
    assert at(1, status="sleeping") == "asleep"
    assert at(2, status="sleeping") == "late"


def test_a_faulty_sensor_is_not_believed_however_fresh_it_is() -> None:
    assert at(0, faulty=True) == "faulty"


statuses = st.sampled_from([None, "online", "offline", "sleeping", "provisioning"])


@given(
    age_s=st.floats(0, 1e6), interval_s=st.floats(1, 1e5), status=statuses, faulty=st.booleans(),
    worst=st.sampled_from([None, "warning", "critical"]),
)  # fmt: skip
def test_no_plant_is_ok_on_a_reading_older_than_three_intervals(
    age_s: float, interval_s: float, status: DeviceStatus | None, faulty: bool, worst: None
) -> None:
    trust = trust_of(NOW, NOW - timedelta(seconds=age_s), interval_s, None, status, faulty)
    if age_s > 3 * interval_s + 0.001:
        assert health_of(trust, worst) != "ok"


@given(
    ages=st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)), interval_s=st.floats(1, 1e4), status=statuses,
    wake_s=st.none() | st.floats(-1e5, 1e5),
)  # fmt: skip
def test_trust_never_rises_by_waiting(
    ages: tuple[float, float], interval_s: float, status: DeviceStatus | None, wake_s: float | None
) -> None:
    last = NOW - timedelta(days=3)
    wake = None if wake_s is None else last + timedelta(seconds=wake_s)
    order = {"asleep": 0, "fresh": 0, "late": 1, "offline": 2}
    early, late = (
        order[trust_of(last + timedelta(seconds=age), last, interval_s, wake, status)] for age in sorted(ages)
    )
    assert early <= late


def test_a_problem_outlives_the_silence_of_its_sensor() -> None:
    assert health_of("offline", "warning") == "attention"
    assert health_of("offline", "critical") == "critical"
    assert health_of("offline", None) == "unknown"
    assert health_of("fresh", None) == "ok"
