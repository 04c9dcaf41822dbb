"""Which column is which, and what is wrong with a line, whoever wrote the file."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from plantops_cli import recording
from plantops_cli.recording import Recording, UnusableRecording


def read(text: str, **wanted: str) -> Recording:
    return recording.read(text, wanted)


def reasons(found: Recording) -> list[str]:
    return [f"{problem.line}: {problem.reason}" for problem in found.problems]


@pytest.mark.parametrize(
    ("header", "metric", "expected"),
    [
        ("soil_moisture", "soil_moisture", 50),
        ("soil_moisture_pct", "soil_moisture", 50),
        ("Soil Moisture (%)", "soil_moisture", 50),
        ("moisture", "soil_moisture", 50),
        ("VWC_pct", "soil_moisture", 50),
        ("temperature_c", "temperature", 50),
        ("temperature_f", "temperature", 10),
        ("Temp °F", "temperature", 10),
        ("temp", "temperature", 50),
        ("air_temperature_celsius", "temperature", 50),
        ("humidity_pct", "humidity", 50),
        ("RH", "humidity", 50),
        ("Relative Humidity (%)", "humidity", 50),
        ("light_lux", "light_level", 50),
        ("light_klux", "light_level", 50_000),
        ("Illuminance [lx]", "light_level", 50),
        ("ec_us_cm", "conductivity", 50),
        ("battery_pct", "battery", 50),
        ("rssi_dbm", "rssi", 50),
    ],
)
def test_common_names_are_known_with_their_units(header: str, metric: str, expected: float) -> None:
    found = read(f"timestamp,{header}\n2026-11-01T10:00:00Z,50\n")
    assert found.rows[0].values == {metric: expected}


@pytest.mark.parametrize("header", ["soil_temperature_c", "battery_v", "notes", "humidity_setpoint"])
def test_a_column_that_only_looks_like_a_metric_is_left_alone(header: str) -> None:
    found = read(f"time,temperature,{header}\n2026-11-01T10:00:00Z,20,50\n")
    assert found.rows[0].values == {"temperature": 20}
    assert found.unused == [header]


def test_the_products_own_export_is_read_as_it_is() -> None:
    found = read(
        "time,device_id,soil_moisture,temperature,humidity,light_level,conductivity,battery,rssi,soil_raw,boot,seq,"
        "received_at,flags\r\n2026-11-01T10:00:00Z,dev_x,41.2,-2.5,48,1200,,87,-61,,3,9,2026-11-01T10:00:01Z,0\r\n"
    )
    assert found.problems == []
    assert found.rows[0].values == {
        "soil_moisture": 41.2, "temperature": -2.5, "humidity": 48, "light_level": 1200, "conductivity": None,
        "battery": 87, "rssi": -61,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-01T10:00:00Z", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("2026-11-01 12:00:00+02:00", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("1793527200", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("1793527200.5", datetime(2026, 11, 1, 10, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_times_are_iso_8601_or_epoch_seconds(written: str, expected: datetime) -> None:
    found = read(f"time,humidity\n{written},50\n")
    assert found.rows[0].time == expected
    assert not found.zoneless


def test_times_without_a_zone_are_utc_and_that_is_told() -> None:
    found = read("time,humidity\n2026-11-01 10:00,50\n")
    assert found.rows[0].time == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert found.zoneless


def test_every_broken_line_is_named_with_its_reason_and_the_good_ones_stay() -> None:
    found = read(
        "time,humidity,temperature\n"
        "2026-11-01T10:00:00Z,50,20\n"
        "yesterday,50,20\n"
        "2026-11-01T10:05:00Z,50\n"
        "\n"
        "2026-11-01T10:10:00Z,fifty,20\n"
        "2026-11-01T10:00:00Z,51,20\n"
        ",50,20\n"
        "12,50,20\n"
        "2026-11-01T10:15:00Z,52,\n"
    )
    assert reasons(found) == [
        "3: 'yesterday' is not a time (ISO 8601 or epoch seconds)",
        "4: 2 fields where the header has 3",
        "6: humidity 'fifty' is not a number; the rest of it counts",
        "7: the same time as line 2",
        "8: no time (ISO 8601 or epoch seconds)",
        "9: '12' is not a time (ISO 8601 or epoch seconds)",
    ]
    assert [row.values for row in found.rows] == [
        {"temperature": 20, "humidity": 50},
        {"temperature": 20, "humidity": None},
        {"temperature": None, "humidity": 52},
    ]


def test_the_line_number_is_that_of_the_file_also_after_a_quoted_line_break() -> None:
    found = read('time,humidity,note\n2026-11-01T10:00:00Z,50,"two\nlines"\nbad,50,x\n')
    assert len(found.rows) == 1
    assert reasons(found)[0].startswith("4: ")


@pytest.mark.parametrize("missing", ["", "NaN", "null", "None", "N/A", "-"])
def test_a_missing_value_is_no_problem_and_its_row_is_still_a_row(missing: str) -> None:
    found = read(f"time,humidity\n2026-11-01T10:00:00Z,{missing}\n")
    assert found.problems == []
    assert found.rows[0].values == {"humidity": None}


@pytest.mark.parametrize("value", ["inf", "1e999", "1_000", "0x10"])
def test_what_only_python_takes_for_a_number_is_none(value: str) -> None:
    assert read(f"time,humidity\n2026-11-01T10:00:00Z,{value}\n").rows[0].values == {"humidity": None}


def test_semicolons_bring_decimal_commas() -> None:
    found = read("Zeit;Temp\n2026-11-01T10:00:00Z;21,5\n", time="Zeit")
    assert found.rows[0].values == {"temperature": 21.5}


def test_rows_are_put_in_the_order_of_time() -> None:
    found = read("time,humidity\n2026-11-01T11:00:00Z,2\n2026-11-01T10:00:00Z,1\n")
    assert [row.values["humidity"] for row in found.rows] == [1, 2]


def test_a_byte_order_mark_does_not_hide_the_first_column() -> None:
    assert len(read("\ufefftime,humidity\n2026-11-01T10:00:00Z,1\n").rows) == 1


def test_a_person_may_say_which_column_it_is() -> None:
    found = read("time,humidity,s2\n2026-11-01T10:00:00Z,1,33\n", soil_moisture="s2")
    assert found.rows[0].values == {"soil_moisture": 33, "humidity": 1}


@pytest.mark.parametrize(
    ("text", "wanted", "message"),
    [
        ("", {}, "The file is empty"),
        ("a,b\n1,2\n", {}, "No column holds the time"),
        ("time,b\n1,2\n", {}, "No column holds a metric"),
        ("time,humidity\n", {"soil_moisture": "s9"}, "There is no column 's9'"),
        ("time,humidity\n", {"wetness": "humidity"}, "'wetness' is no metric"),
    ],
)
def test_a_file_that_is_no_recording_says_why(text: str, wanted: dict[str, str], message: str) -> None:
    with pytest.raises(UnusableRecording, match=message) as raised:
        read(text, **wanted)
    assert raised.value.advice
