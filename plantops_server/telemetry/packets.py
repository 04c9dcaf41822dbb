"""A telemetry payload, hostile until proven otherwise, becomes readings and reasons for what was refused.

One bad value costs that value, one bad element of an array costs that element, and only bytes that are no
JSON cost the packet. Nothing here raises, looks at a clock or knows the database.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from plantops_server.telemetry import flags

MAX_READINGS = 500
"""Readings in one array: what a device that was offline sends in one packet."""

MAX_BYTES = 256 * 1024
"""500 readings with every field take about 120 kB; a packet of twice that is no telemetry."""

MAX_KEYS = 64
"""Fields in one object; ours are 13, and firmware may add a few of its own."""

PAST = timedelta(days=35)
FUTURE = timedelta(minutes=5)
MAX_SLEEP_S = 7 * 86_400.0

RANGES: dict[str, tuple[float, float]] = {
    "soil_moisture": (0, 100),
    "temperature": (-50, 100),
    "humidity": (0, 100),
    "light_level": (0, 200_000),  # full sun is 120,000 lx
    "conductivity": (0, 20_000),  # twice what the probes on the market can show
    "battery": (0, 100),
    "rssi": (-150, 10),
}
"""Physical range of each metric, both ends included: %, °C, %RH, lx, µS/cm, %, dBm."""

_RAW_RANGE = (-1e9, 1e9)  # ADC counts, Hz, mV: whatever the probe counts in
_MAX_COUNTER = 2**63 - 1  # PostgreSQL's bigint
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_SAMPLE_CHARACTERS = 200
_OUT_OF_RANGE = "out of range"
_GARBAGE = 3  # values out of range in one frame
_OWN_KEYS = {*RANGES, "soil_raw"}


class Reading(NamedTuple):
    """One timestamped packet of metrics; None means not measured. ``next_in_s`` is when the next one is due."""

    time: datetime
    soil_moisture: float | None
    temperature: float | None
    humidity: float | None
    light_level: float | None
    conductivity: float | None
    battery: float | None
    rssi: float | None
    soil_raw: float | None
    boot: int | None
    seq: int | None
    next_in_s: float | None
    flags: int


class Reject(NamedTuple):
    """Why something was refused, in words, and the offending packet, shortened and printable."""

    reason: str
    sample: str


class Parsed(NamedTuple):
    """What a payload held."""

    readings: list[Reading]
    rejects: list[Reject]


class _Refused(Exception):
    """The payload (or this object in it) is no reading; the message says why."""


class _Repeats(dict[str, Any]):
    """An object in which a key stood twice."""


def parse_packet(payload: bytes, arrived: datetime, device_id: str | None = None) -> Parsed:
    """Read one JSON object, or an array of up to 500 of them.

    ``arrived`` is an aware UTC time; it stands in for times that are missing or unusable. ``device_id`` is what
    the topic says: a payload that claims another identity is refused, since identity comes from the topic alone.
    """
    rejects: list[Reject] = []
    try:
        objects = _decode(payload)
    except _Refused as refused:
        return Parsed([], [Reject(f"packet: {refused}", sample_of(payload))])
    readings = []
    for position, item in enumerate(objects):
        reasons: list[str] = []
        try:
            age = len(objects) - 1 - position
            readings.append(_read(item, arrived, age, device_id, reasons))
        except _Refused as refused:
            reasons.append(f"packet: {refused}")
        rejects.extend(Reject(reason, sample_of(payload)) for reason in reasons)
    return Parsed(readings, rejects)


def sample_of(payload: bytes) -> str:
    """The first 200 characters of a payload, with everything unprintable escaped."""
    text = payload[: _SAMPLE_CHARACTERS * 4].decode("utf-8", "backslashreplace")[:_SAMPLE_CHARACTERS]
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return shown if len(payload) <= _SAMPLE_CHARACTERS else f"{shown}… ({len(payload)} bytes)"


def _decode(payload: bytes) -> list[Any]:
    if len(payload) > MAX_BYTES:
        raise _Refused(f"larger than {MAX_BYTES // 1024} KiB")
    try:
        decoded = _DECODER.decode(payload.decode("utf-8"))
    except UnicodeDecodeError:
        raise _Refused("not UTF-8") from None
    except RecursionError:
        raise _Refused("nested too deeply") from None
    except ValueError:  # also an integer of more than 4,300 digits
        raise _Refused("not JSON") from None
    objects = decoded if isinstance(decoded, list) else [decoded]
    if len(objects) > MAX_READINGS:
        raise _Refused(f"more than {MAX_READINGS} readings")
    return objects


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    return result if len(result) == len(pairs) else _Repeats(result)


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def _read(item: Any, arrived: datetime, age: int, device_id: str | None, reasons: list[str]) -> Reading:
    if not isinstance(item, dict):
        raise _Refused("not an object")
    if isinstance(item, _Repeats):
        raise _Refused("a key stands twice")
    if len(item) > MAX_KEYS:
        raise _Refused(f"more than {MAX_KEYS} keys")
    if device_id is not None and item.get("device_id", device_id) != device_id:
        raise _Refused("device_id of another device")
    if _OWN_KEYS.isdisjoint(item):
        raise _Refused("no known metric")
    values = [_within(item.get(name), low, high, name, reasons) for name, (low, high) in RANGES.items()]
    raw = _within(item.get("soil_raw"), *_RAW_RANGE, "soil_raw", reasons)
    time, time_flags = _time(item.get("ts"), arrived, age, reasons)
    boot = _counter(item.get("boot"), "boot", reasons)
    seq = _counter(item.get("seq"), "seq", reasons)
    next_in_s = _within(item.get("next_in_s"), 0, MAX_SLEEP_S, "next_in_s", reasons)
    bits = time_flags | _suspicion(values) | (_refusals(reasons) if reasons else 0)
    return Reading._make((time, *values, raw, boot, seq, next_in_s, bits))


def _within(value: Any, low: float, high: float, name: str, reasons: list[str]) -> float | None:
    """The value as a float, or None: absent, or refused with a reason."""
    if value is None:
        return None
    number = _number(value)
    if number is None:
        reasons.append(f"{name}: not a number")
    elif not math.isfinite(number):
        reasons.append(f"{name}: not finite")
    elif not low <= number <= high:
        reasons.append(f"{name}: {_OUT_OF_RANGE}")
    else:
        return number + 0.0  # -0.0 becomes 0.0
    return None


def _number(value: Any) -> float | None:
    """A JSON number or a numeric string as a float; None for anything else. A boolean is no number."""
    if type(value) is float:
        return value
    if type(value) is int:
        return float(value) if -1e300 < value < 1e300 else math.inf
    if type(value) is str and len(value) < 40:
        text = value.strip()
        if _NUMBER.fullmatch(text):
            return float(text)
        if text.lower().lstrip("+-") in {"nan", "inf", "infinity"}:
            return math.nan
    return None


def _counter(value: Any, name: str, reasons: list[str]) -> int | None:
    if type(value) is int and 0 <= value <= _MAX_COUNTER:
        return value
    number = None if value is None else _number(value)
    if number is not None and 0 <= number < 2**53 and number.is_integer():
        return int(number)
    if value is not None:
        reasons.append(f"{name}: not a counter")
    return None


def _time(ts: Any, arrived: datetime, age: int, reasons: list[str]) -> tuple[datetime, int]:
    """When it was measured, and flags. ``age`` is how many readings of the same packet are newer than this one."""
    if ts is not None:
        time = _instant(ts)
        if time is None:
            reasons.append("ts: not ISO 8601 with a zone, nor epoch seconds")
        elif not arrived - PAST <= time <= arrived + FUTURE:
            reasons.append("ts: more than 35 days old or 5 minutes ahead")
        else:
            return time, 0
    # Readings of one array keep their order and stay distinct; only the newest can be of now.
    found = flags.ARRIVAL_TIME | (flags.CLOCK_WRONG if ts is not None else 0) | (flags.BACKFILL if age else 0)
    return arrived - age * timedelta(milliseconds=1), found


def _instant(ts: Any) -> datetime | None:
    try:
        if type(ts) is str and not _NUMBER.fullmatch(ts):
            time = datetime.fromisoformat(ts)
            return time.astimezone(UTC) if time.tzinfo is not None else None
        number = _number(ts)
        return None if number is None else datetime.fromtimestamp(number, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _refusals(reasons: list[str]) -> int:
    """A value that cannot be is a trouble of that value; three of them are a frame that no sensor has filled."""
    refused = sum(reason.endswith(_OUT_OF_RANGE) for reason in reasons)
    return (flags.OUT_OF_RANGE if refused else 0) | (flags.SUSPECT if refused >= _GARBAGE else 0)


def _suspicion(values: list[float | None]) -> int:
    """Three or more plant metrics that all show the same number: the dummy frame of a dead sensor bus."""
    measured = [value for value in values[:5] if value is not None]
    return flags.SUSPECT if len(measured) >= 3 and len(set(measured)) == 1 else 0
