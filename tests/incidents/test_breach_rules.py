"""The fold of section 7: when a value becomes an incident, when it stops being one, and what never happens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantops_server.incidents.breach import Incident, Limits, Track

START = datetime(2026, 11, 24, 8, tzinfo=UTC)
SOIL = Limits("soil_moisture", min=30, max=60)
"""Band 1.5 at either limit (5 % of 30 is 1.5, of 60 is 3; at most 5 % of the span of 30)."""


def minutes(n: float) -> datetime:
    return START + timedelta(minutes=n)


def fold(
    values: Sequence[float], *, limits: Limits = SOIL, every_min: float = 5, fresh: bool = True
) -> Track:
    track = Track(limits)
    for n, value in enumerate(values):
        track.observe(minutes(n * every_min), value, fresh=fresh)
    return track


def outline(track: Track) -> list[tuple[str, str, datetime, datetime | None]]:
    return [(i.kind, i.severity, i.opened_at, i.resolved_at) for i in track.touched]


def test_one_reading_below_the_limit_opens_nothing() -> None:
    assert fold([40, 29]).touched == []


def test_a_second_reading_below_opens_one_incident_since_the_first() -> None:
    assert outline(fold([40, 29, 28, 27])) == [("low", "warning", minutes(5), None)]


def test_two_readings_that_are_not_consecutive_open_nothing() -> None:
    assert fold([29, 40, 29, 40, 29]).touched == []


def test_a_breach_of_ten_minutes_opens_at_the_reading_that_shows_it() -> None:
    track = Track(SOIL)
    track.observe(minutes(0), 29, fresh=True)
    track.observe(minutes(9), 31, fresh=True)  # inside the band: the breach goes on, nothing is opened
    assert track.open is None
    track.observe(minutes(11), 29, fresh=True)
    assert track.open is not None
    assert track.open.opened_at == minutes(0)


def test_it_resolves_only_beyond_the_hysteresis_band() -> None:
    assert fold([29, 29, 30, 31.4]).open is not None
    resolved = fold([29, 29, 31.5])
    assert resolved.open is None
    assert outline(resolved) == [("low", "warning", minutes(0), minutes(10))]


def test_too_high_clears_by_the_same_rule_from_above() -> None:
    assert fold([61, 61, 58.6]).open is not None
    assert fold([61, 61, 58.5]).open is None


def test_a_value_that_jumps_from_too_low_to_too_high_is_two_incidents() -> None:
    track = fold([20, 20, 70, 70])
    assert outline(track) == [
        ("low", "critical", minutes(0), minutes(10)),
        ("high", "critical", minutes(10), None),
    ]


@pytest.mark.parametrize(
    ("limits", "value", "severity"),
    [
        (SOIL, 24.0, "warning"),  # 20 % of the span of 30 is 6
        (SOIL, 23.9, "critical"),
        (SOIL, 66.1, "critical"),
        (Limits("soil_moisture", min=30), 24.0, "warning"),  # one-sided: 20 % of the limit, 6
        (Limits("soil_moisture", min=30), 23.9, "critical"),
        (Limits("temperature", min=0), -0.7, "warning"),  # at 0 °C a scale of 4 °C stands in
        (Limits("temperature", min=0), -0.9, "critical"),
    ],
)
def test_far_out_is_critical(limits: Limits, value: float, severity: str) -> None:
    track = fold([value, value], limits=limits)
    assert track.open is not None
    assert track.open.severity == severity


def test_an_incident_older_than_a_day_becomes_critical_and_says_so_once() -> None:
    track = fold([29] * 26, every_min=60)
    assert [(i.severity, i.escalated) for i in track.touched] == [("critical", True)]
    assert track.open is not None
    assert track.open.opened_at == START


def test_severity_does_not_fall_back_while_the_incident_is_open() -> None:
    track = fold([20, 20, 29, 20, 29])
    assert [i.severity for i in track.touched] == ["critical"]


def test_a_limit_at_zero_degrees_still_has_hysteresis() -> None:
    assert fold([-1, -1, 0.1], limits=Limits("temperature", min=0)).open is not None
    assert fold([-1, -1, 0.2], limits=Limits("temperature", min=0)).open is None


def test_momentary_darkness_is_never_too_low() -> None:
    from plantops_api.wire import Threshold

    limits = Limits.of("light_level", Threshold(min=500, max=50_000, source="user"))
    assert fold([0, 0, 0], limits=limits).touched == []
    assert fold([60_000, 60_000], limits=limits).open is not None


def test_backfill_opens_nothing_however_long_it_shows_a_breach() -> None:
    assert fold([10] * 200, fresh=False).touched == []


def test_a_fresh_reading_counts_the_whole_of_a_back_filled_breach() -> None:
    track = fold([40, 29, 29, 29], fresh=False)
    track.observe(minutes(60), 28, fresh=True)
    assert outline(track) == [("low", "warning", minutes(5), None)]


def test_backfill_resolves_nothing() -> None:
    track = fold([29, 29])
    track.observe(minutes(60), 50, fresh=False)
    assert track.open is not None
    track.observe(minutes(120), 50, fresh=True)
    assert track.open is None


def test_a_reading_older_than_the_newest_neither_opens_nor_resolves() -> None:
    track = fold([29, 29])
    track.observe(minutes(2), 50, fresh=True)
    assert track.open is not None
    quiet = Track(SOIL, newest=minutes(100))
    quiet.observe(minutes(1), 20, fresh=True)
    quiet.observe(minutes(2), 20, fresh=True)
    assert quiet.breach is None
    assert quiet.touched == []


def test_late_readings_move_the_start_of_a_breach() -> None:
    track = Track(SOIL)
    track.observe(minutes(100), 29, fresh=True)
    track.observe(minutes(40), 29, fresh=False)
    assert track.breach is not None
    assert track.breach.since == minutes(40)
    track.observe(minutes(70), 50, fresh=False)  # it was fine in between: the breach began after this
    assert (track.breach.since, track.breach.readings) == (minutes(70), 1)


def test_the_same_reading_twice_is_one_reading() -> None:
    track = Track(SOIL)
    track.observe(minutes(0), 29, fresh=True)
    track.observe(minutes(0), 29, fresh=True)
    assert track.touched == []


VALUES = st.floats(0, 100, allow_nan=False)
READINGS = st.lists(st.tuples(st.integers(1, 90), VALUES, st.booleans()), max_size=60)


def play(readings: list[tuple[int, float, bool]], cuts: set[int]) -> tuple[list[Incident], Track]:
    """Fold the readings, storing and reloading the state at every cut as a new batch does."""
    track, told, at = Track(SOIL), [], START
    for n, (gap, value, fresh) in enumerate(readings):
        if n in cuts:
            told += [i for i in track.touched if i not in told]
            track = Track(
                SOIL, breach=track.breach, open=track.open, newest=track.newest, resting=track.resting
            )
        at += timedelta(minutes=gap)
        track.observe(at, value, fresh=fresh)
    return told + [i for i in track.touched if i not in told], track


def facts(incidents: list[Incident]) -> list[tuple[object, ...]]:
    return [(i.kind, i.severity, i.value, i.opened_at, i.resolved_at) for i in incidents]


@given(readings=READINGS, cuts=st.sets(st.integers(0, 60)))
def test_how_readings_are_cut_into_batches_changes_nothing(
    readings: list[tuple[int, float, bool]], cuts: set[int]
) -> None:
    whole, one = play(readings, set())
    parts, many = play(readings, cuts)
    assert facts(whole) == facts(parts)
    assert one.breach == many.breach


@given(readings=READINGS)
def test_there_are_never_two_open_and_incidents_do_not_overlap(
    readings: list[tuple[int, float, bool]],
) -> None:
    incidents, track = play(readings, set())
    still_open = [i for i in incidents if i.resolved_at is None]
    assert still_open == ([track.open] if track.open else [])
    for earlier, later in pairwise(incidents):
        assert earlier.resolved_at is not None
        assert earlier.resolved_at <= later.opened_at or earlier.kind != later.kind


@given(values=st.lists(st.floats(25, 31.49), min_size=2, max_size=60))
def test_nothing_flaps_while_the_value_stays_within_the_band(values: list[float]) -> None:
    incidents = fold([29, 29, *values]).touched
    assert len(incidents) == 1
    assert incidents[0].resolved_at is None


@given(readings=st.lists(st.tuples(st.integers(1, 90), VALUES, st.just(False)), max_size=60))
def test_backfill_alone_never_tells_anybody_anything(readings: list[tuple[int, float, bool]]) -> None:
    assert play(readings, set())[0] == []


@given(late=st.lists(st.tuples(st.integers(0, 99), VALUES, st.booleans()), max_size=30))
def test_late_readings_never_change_what_is_open(late: list[tuple[int, float, bool]]) -> None:
    track = fold([29, 29], every_min=100)
    opened = track.open
    for at, value, fresh in late:
        track.observe(minutes(at), value, fresh=fresh)
    assert track.open is opened
    assert len(track.touched) == 1
