"""The server makes of every golden payload what its file says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from plantops_server.telemetry import flags
from plantops_server.telemetry.packets import Parsed, Reading, parse_packet
from tests.contract import golden

ALL = golden.load_all()


def parse(case: golden.Golden) -> Parsed:
    return parse_packet(case.payload, case.arrived, golden.DEVICE_ID)


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_the_readings_are_those_of_the_golden_file(case: golden.Golden) -> None:
    stored = parse(case).readings
    if isinstance(case.readings, int):
        assert len(stored) == case.readings
        assert len({reading.time for reading in stored}) == case.readings
        return
    assert [shown(reading) for reading in stored] == [expected(reading) for reading in case.readings]


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_every_refusal_is_counted_under_its_field(case: golden.Golden) -> None:
    fields = [field_of(reject.reason) for reject in parse(case).rejects]
    assert sorted(fields) == sorted(case.rejected)


@pytest.mark.parametrize("case", [case for case in ALL if case.rejected], ids=lambda case: case.name)
def test_a_sample_of_a_refused_packet_is_short_and_printable(case: golden.Golden) -> None:
    for reject in parse(case).rejects:
        assert len(reject.sample) < 900
        assert reject.sample.isprintable()


def shown(reading: Reading) -> dict[str, Any]:
    values = {name: value for name, value in reading._asdict().items() if value is not None}
    values["flags"] = names_of(values.pop("flags") & ~flags.BACKFILL)
    return values


def expected(reading: dict[str, Any]) -> dict[str, Any]:
    return {
        **reading,
        "time": datetime.fromisoformat(reading["time"]),
        "flags": set(reading.get("flags", [])),
    }


def names_of(bits: int) -> set[str]:
    single = {name: bit for name, bit in vars(flags).items() if name.isupper() and bit.bit_count() == 1}
    return {name.lower() for name, bit in single.items() if bits & bit}


def field_of(reason: str) -> str:
    return reason.split(":")[0] if ": " in reason else "packet"
