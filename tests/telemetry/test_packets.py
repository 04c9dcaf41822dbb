"""Whatever bytes come: readings that are true to them, reasons for the rest, and never an exception."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantops_server.telemetry import flags
from plantops_server.telemetry.packets import (
    FUTURE,
    MAX_READINGS,
    PAST,
    RANGES,
    Parsed,
    Reading,
    parse_packet,
    sample_of,
)

NOW = datetime(2026, 11, 24, 8, 0, 30, tzinfo=UTC)


def parse(payload: str | bytes) -> Parsed:
    return parse_packet(payload.encode() if isinstance(payload, str) else payload, NOW, "dev_a")


def only(payload: str) -> Reading:
    (reading,) = parse(payload).readings
    return reading


def reasons(payload: str | bytes) -> list[str]:
    return [reject.reason for reject in parse(payload).rejects]


def test_the_packet_of_the_design_is_read_whole() -> None:
    payload = (
        '{"ts": "2026-11-24T08:00:00Z", "soil_moisture": 41.2, "temperature": 22.4, "humidity": 48,'
        ' "light_level": 1200, "battery": 87, "rssi": -61, "boot": 17, "seq": 1234, "next_in_s": 600}'
    )
    assert parse(payload) == Parsed(
        [
            Reading(datetime(2026, 11, 24, 8, tzinfo=UTC), 41.2, 22.4, 48, 1200, None, 87, -61, None, 17, 1234, 600, 0)
        ],
        [],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("NaN", "not finite"), ("Infinity", "not finite"), ("-Infinity", "not finite"), ("1e400", "not finite"),
        ('"NaN"', "not finite"), ('"inf"', "not finite"), ("true", "not a number"), ("false", "not a number"),
        ('"12,3"', "not a number"), ('""', "not a number"), ('"1_0"', "not a number"), ('"0x10"', "not a number"),
        ('"٤١"', "not a number"), ("[1]", "not a number"), ("{}", "not a number"), ("-4.7", "out of range"),
        ("100.1", "out of range"), ("1078689792", "out of range"), (f'"{"9" * 30}"', "out of range"),
    ],
)  # fmt: skip
def test_a_bad_value_costs_itself_and_not_its_neighbours(value: str, why: str) -> None:
    payload = f'{{"soil_moisture": {value}, "temperature": 21.5}}'
    assert reasons(payload) == [f"soil_moisture: {why}"]
    reading = only(payload)
    assert (reading.soil_moisture, reading.temperature) == (None, 21.5)


def test_minus_zero_is_stored_as_zero() -> None:
    value = only('{"temperature": -0.0}').temperature
    assert value == 0
    assert value is not None
    assert math.copysign(1, value) == 1


def test_null_and_absence_mean_not_measured_and_are_no_fault() -> None:
    parsed = parse('{"soil_moisture": null, "temperature": 21.5}')
    assert (parsed.readings[0].soil_moisture, parsed.readings[0].humidity, parsed.rejects) == (None, None, [])


@pytest.mark.parametrize(
    ("text", "value"), [("41.2", 41.2), (" 41 ", 41), ("4.12e1", 41.2), ("+5", 5), (".5", 0.5)]
)
def test_numeric_strings_are_numbers(text: str, value: float) -> None:
    assert only(json.dumps({"soil_moisture": text})).soil_moisture == value


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "not JSON"), (b"41.2", "not an object"), (b'"online"', "not an object"), (b"null", "not an object"),
        (b'{"soil_moisture": 41.2', "not JSON"), (b'{"soil_moisture": 41.2} {}', "not JSON"),
        (b'{"soil_moisture": \xff}', "not UTF-8"), (b'{"a":' * 10_000, "nested too deeply"),
        (b"[" * 10_000, "nested too deeply"), (b'{"humidity": 1, "humidity": 2}', "a key stands twice"),
        (b'{"humidity": ' + b"9" * 5000 + b"}", "not JSON"), (b" " * 1_000_000 + b"{}", "larger than 256 KiB"),
        (json.dumps({f"k{i}": 1 for i in range(20_000)}).encode(), "more than 64 keys"),
        (json.dumps({f"k{i}": 1 for i in range(65)}).encode(), "more than 64 keys"),
        (b'{"colour": "green"}', "no known metric"), (b"{}", "no known metric"),
        (b'{"device_id": "dev_b", "humidity": 48}', "device_id of another device"),
        (json.dumps([{"humidity": 48}] * (MAX_READINGS + 1)).encode(), "more than 500 readings"),
    ],
)  # fmt: skip
def test_a_packet_that_is_no_reading_is_refused_with_its_reason(payload: bytes, why: str) -> None:
    parsed = parse(payload)
    assert parsed.readings == []
    assert [reject.reason for reject in parsed.rejects] == [f"packet: {why}"]


def test_its_own_device_id_in_the_payload_is_fine() -> None:
    assert only('{"device_id": "dev_a", "humidity": 48}').humidity == 48


def test_a_bad_element_of_an_array_costs_itself() -> None:
    parsed = parse('[{"humidity": 1}, 7, {"humidity": 2, "humidity": 3}, {"humidity": 4}]')
    assert [reading.humidity for reading in parsed.readings] == [1, 4]
    assert [reject.reason for reject in parsed.rejects] == [
        "packet: not an object",
        "packet: a key stands twice",
    ]


@pytest.mark.parametrize(
    "ts",
    [
        '"2026-11-24T08:00:00Z"', '"2026-11-24T09:00:00+01:00"', '"20261124T080000Z"', "1795507200", "1795507200.0",
        '"1795507200"',
    ],
)  # fmt: skip
def test_iso_8601_with_a_zone_and_epoch_seconds_are_times(ts: str) -> None:
    reading = only(f'{{"ts": {ts}, "humidity": 48}}')
    assert (reading.time, reading.time.utcoffset(), reading.flags) == (
        datetime(2026, 11, 24, 8, tzinfo=UTC), timedelta(0), 0,
    )  # fmt: skip


@pytest.mark.parametrize(
    "ts",
    [
        '"2026-11-24T08:00:00"', '"yesterday"', '""', "true", "[]", "{}", "NaN", "1e400", "1795507200000", "0", "-1",
        '"1970-01-01T00:00:00Z"', '"2027-11-24T08:00:00Z"', '"2025-11-24T08:00:00Z"', '"99999-01-01T00:00:00Z"', "1e18",
    ],
)  # fmt: skip
def test_a_time_that_cannot_be_is_replaced_by_the_arrival_and_flagged(ts: str) -> None:
    payload = f'{{"ts": {ts}, "humidity": 48}}'
    reading = only(payload)
    assert (reading.time, reading.flags) == (NOW, flags.ARRIVAL_TIME | flags.CLOCK_WRONG)
    assert [reason.split(":")[0] for reason in reasons(payload)] == ["ts"]


def test_without_a_time_the_arrival_counts_and_nothing_is_refused() -> None:
    parsed = parse('{"humidity": 48}')
    assert (parsed.readings[0].time, parsed.readings[0].flags, parsed.rejects) == (
        NOW,
        flags.ARRIVAL_TIME,
        [],
    )


@pytest.mark.parametrize(
    ("offset", "kept"),
    [
        (-PAST, True),
        (-PAST - timedelta(seconds=1), False),
        (FUTURE, True),
        (FUTURE + timedelta(seconds=1), False),
    ],
)
def test_the_window_of_believable_times_includes_both_ends(offset: timedelta, kept: bool) -> None:
    reading = only(json.dumps({"ts": (NOW + offset).isoformat(), "humidity": 48}))
    assert reading.time == (NOW + offset if kept else NOW)


def test_readings_of_a_buffer_without_times_stay_distinct_in_order_and_only_the_last_is_news() -> None:
    readings = parse(json.dumps([{"humidity": n} for n in range(500)])).readings
    times = [reading.time for reading in readings]
    assert times == sorted(set(times))
    assert times[-1] == NOW
    assert [bool(reading.flags & flags.BACKFILL) for reading in readings] == [True] * 499 + [False]


def test_counters_that_cannot_count_are_refused() -> None:
    payload = '{"humidity": 48, "boot": -1, "seq": 9223372036854775808}'
    assert (only(payload).boot, only(payload).seq) == (None, None)
    assert reasons(payload) == ["boot: not a counter", "seq: not a counter"]


def test_one_number_in_every_field_is_a_sick_sensor() -> None:
    assert only('{"soil_moisture": 0, "temperature": 0, "humidity": 0}').flags & flags.SUSPECT
    assert not only('{"soil_moisture": 20, "temperature": 20}').flags & flags.SUSPECT


def test_a_sample_is_short_and_safe_to_show() -> None:
    sample = sample_of(b'{"n": "\x1b[31m\x00\xff' + "\u202e".encode() + b"x" * 5000)
    assert len(sample) < 300
    assert sample.isprintable()
    assert sample.startswith('{"n": "\\x1b[31m\\x00\\xff\\u202e')


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
packets = st.dictionaries(
    st.sampled_from([*RANGES, "soil_raw", "ts", "boot", "seq", "next_in_s", "device_id", "x"]), json_values
)


@given(
    payload=st.binary(max_size=60) | (packets | st.lists(packets, max_size=5)).map(json.dumps).map(str.encode)
)
def test_no_payload_raises_and_what_is_stored_is_finite_and_in_range(payload: bytes) -> None:
    for reading in parse(payload).readings:
        for metric, (low, high) in RANGES.items():
            value = getattr(reading, metric)
            assert value is None or low <= value <= high
        assert reading.soil_raw is None or math.isfinite(reading.soil_raw)
        assert NOW - PAST <= reading.time <= NOW + FUTURE


@given(
    values=st.fixed_dictionaries({}, optional={m: st.floats(low, high) for m, (low, high) in RANGES.items()}),
    at=st.datetimes(
        (NOW - PAST).replace(tzinfo=None), (NOW + FUTURE).replace(tzinfo=None),
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-9, minutes=-30))]),
    ),
)  # fmt: skip
def test_what_a_device_measured_comes_out_as_it_went_in(values: dict[str, float], at: datetime) -> None:
    parsed = parse(json.dumps({"soil_raw": 1, "ts": at.isoformat(), **values}))
    reading = parsed.readings[0]
    assert {m: getattr(reading, m) for m in RANGES if getattr(reading, m) is not None} == values
    if NOW - PAST <= at <= NOW + FUTURE:
        assert reading.time == at
