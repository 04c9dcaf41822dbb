"""A recording in a CSV file: which column is which metric, which line is a reading, and what is wrong with the others.

Reads what ``plants export`` writes and what people have: common names with a unit at the end (``soil_moisture_pct``,
``temperature_f``, ``Light (lux)``), commas, semicolons or tabs, ISO 8601 or epoch seconds. A bad value costs
itself, a broken line costs itself.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from plantops_api.wire import METRICS

_UNITS: dict[str, Callable[[float], float]] = {
    "f": lambda value: (value - 32) / 1.8, "fahrenheit": lambda value: (value - 32) / 1.8,
    "degf": lambda value: (value - 32) / 1.8, "k": lambda value: value - 273.15, "klux": lambda value: value * 1000,
}  # fmt: skip
"""Units that are not ours, and the way to ours."""

_NAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "time": (
        ("time", "timestamp", "ts", "datetime", "date_time", "date", "measured_at", "created_at"),
        ("utc", "s"),
    ),
    "soil_moisture": (
        ("soil_moisture", "soil_humidity", "soil_water", "soilmoisture", "moisture", "soil", "vwc"),
        ("pct", "percent"),
    ),
    "temperature": (
        ("temperature", "air_temperature", "temp", "air_temp", "t"),
        ("c", "celsius", "degc", "f", "fahrenheit", "degf", "k"),
    ),
    "humidity": (
        ("humidity", "relative_humidity", "air_humidity", "rel_humidity", "rh"),
        ("pct", "percent", "rh", "pct_rh"),
    ),
    "light_level": (("light_level", "light", "illuminance", "lux", "brightness"), ("lux", "lx", "klux")),
    "conductivity": (("conductivity", "soil_conductivity", "soil_ec", "ec"), ("us_cm", "uscm", "us")),
    "battery": (("battery", "battery_level", "bat"), ("pct", "percent")),
    "rssi": (("rssi", "signal", "signal_strength"), ("dbm",)),
}
"""Names of each quantity, best first, and units that may follow. A bare name is in our unit."""

_MISSING = {"", "-", "na", "n/a", "nan", "null", "none"}
_EARLIEST_EPOCH = 1e8  # smaller numbers are years or counters, not seconds since 1970


class Problem(NamedTuple):
    """What is wrong in one line of the file."""

    line: int
    reason: str


class Row(NamedTuple):
    """One reading: its line, its time in UTC, a value or None for each metric of the recording."""

    line: int
    time: datetime
    values: dict[str, float | None]


class Recording(NamedTuple):
    """Rows in the order of time, ``columns`` used (metric to header), headers that are not, and what was wrong."""

    rows: list[Row]
    columns: dict[str, str]
    unused: list[str]
    problems: list[Problem]
    zoneless: bool
    """Whether times without a zone were taken as UTC."""


class UnusableRecording(Exception):
    """The file as a whole cannot be read as a recording; the message says why, ``advice`` what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class _BadLine(Exception):
    pass


def read(text: str, wanted: Mapping[str, str]) -> Recording:
    """Read a whole CSV file. ``wanted`` maps metrics (or ``time``) to the header names that a person gave.

    Raises:
        UnusableRecording: no header, no column for the time, none for any metric, or a wanted one that is absent.
    """
    text = text.removeprefix("\ufeff")
    delimiter = _delimiter(text.partition("\n")[0])
    lines = _lines(text, delimiter)
    header = next(lines, None)
    if header is None or isinstance(header[1], Problem):
        raise UnusableRecording("The file is empty.", "It needs a header line and at least one reading.")
    names = [name.strip() for name in header[1]]
    columns = choose_columns(names, wanted)
    reader = _Reader(names, columns, decimal_comma=delimiter == ";")
    for line, fields in lines:
        reader.take(line, fields)
    reader.rows.sort(key=lambda row: row.time)
    unused = [name for name in names if name not in columns.values()]
    return Recording(reader.rows, columns, unused, reader.problems, reader.zoneless)


def choose_columns(header: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Which header holds which metric: what was asked for, else the best known name, else the first in the file."""
    for metric, name in wanted.items():
        if metric not in _NAMES:
            raise UnusableRecording(
                f"{metric!r} is no metric.", f"Metrics are {', '.join(METRICS)}, and time."
            )
        if name not in header:
            raise UnusableRecording(f"There is no column {name!r}.", f"The columns are: {', '.join(header)}.")
    chosen = {**_known_columns([n for n in header if n not in wanted.values()]), **wanted}
    if "time" not in chosen:
        raise UnusableRecording(
            "No column holds the time.",
            f'Name it with --map "time=COLUMN". The columns are: {", ".join(header)}.',
        )
    if len(chosen) == 1:
        raise UnusableRecording(
            "No column holds a metric that PlantOps knows.",
            f'Name one with --map, such as --map "soil_moisture=COLUMN". The columns are: {", ".join(header)}.',
        )
    return {metric: chosen[metric] for metric in _NAMES if metric in chosen}


def _known_columns(header: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    plain = {_plain(name): name for name in reversed(header)}
    for metric, (stems, units) in _NAMES.items():
        spellings = [spelling for stem in stems for spelling in (stem, *(f"{stem}_{unit}" for unit in units))]
        match = next((plain[spelling] for spelling in spellings if spelling in plain), None)
        if match is not None:
            found[metric] = match
    return found


class _Reader:
    """Turns lines into rows and problems."""

    def __init__(self, header: Sequence[str], columns: Mapping[str, str], *, decimal_comma: bool) -> None:
        self.rows: list[Row] = []
        self.problems: list[Problem] = []
        self.zoneless = False
        self._width = len(header)
        self._time_at = header.index(columns["time"])
        self._metrics = [
            (metric, header.index(name), _to_our_unit(name))
            for metric, name in columns.items()
            if metric != "time"
        ]
        self._decimal_comma = decimal_comma
        self._line_of: dict[datetime, int] = {}

    def take(self, line: int, fields: Sequence[str] | Problem) -> None:
        """One more line of the file."""
        if isinstance(fields, Problem):
            self.problems.append(fields)
            return
        try:
            if len(fields) != self._width:
                raise _BadLine(f"{len(fields)} fields where the header has {self._width}")
            time = self._time(fields[self._time_at].strip())
            if time in self._line_of:
                raise _BadLine(f"the same time as line {self._line_of[time]}")
            self._line_of[time] = line
            self.rows.append(Row(line, time, self._values(line, fields)))
        except _BadLine as broken:
            self.problems.append(Problem(line, str(broken)))

    def _values(self, line: int, fields: Sequence[str]) -> dict[str, float | None]:
        values: dict[str, float | None] = {}
        for metric, at, convert in self._metrics:
            text = fields[at].strip()
            values[metric] = None
            if text.lower() in _MISSING:
                continue
            number = self._number(text)
            if number is None:
                self.problems.append(
                    Problem(line, f"{metric} {text[:40]!r} is not a number; the rest of it counts")
                )
            else:
                values[metric] = round(convert(number), 4)
        return values

    def _number(self, text: str) -> float | None:
        if self._decimal_comma:
            text = text.replace(",", ".")
        try:
            number = float(text)
        except ValueError:
            return None
        return number if math.isfinite(number) and "_" not in text else None

    def _time(self, text: str) -> datetime:
        try:
            if re.fullmatch(r"\d+(\.\d+)?", text) and float(text) >= _EARLIEST_EPOCH:
                return datetime.fromtimestamp(float(text), UTC)
            time = datetime.fromisoformat(text)
        except (ValueError, OverflowError, OSError):
            what = f"{text[:40]!r} is not a time" if text else "no time"
            raise _BadLine(f"{what} (ISO 8601 or epoch seconds)") from None
        if time.tzinfo is None:
            self.zoneless = True
            return time.replace(tzinfo=UTC)
        return time.astimezone(UTC)


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | Problem]]:
    """Each line with its number; blank ones are left out, unreadable ones are a problem."""
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    while True:
        started = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            yield started, Problem(started, f"not CSV ({problem})")
            continue
        if any(field.strip() for field in fields):
            yield started, fields


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _plain(name: str) -> str:
    """``Soil Moisture (%)`` as ``soil_moisture_pct``, ``Temp °F`` as ``temp_f``."""
    spelt = name.strip().lower().replace("%", " pct ").replace("°", " ").replace("µ", "u").replace("μ", "u")
    return re.sub(r"[^a-z0-9]+", "_", spelt).strip("_")


def _to_our_unit(name: str) -> Callable[[float], float]:
    plain = _plain(name)
    return next(
        (convert for unit, convert in _UNITS.items() if plain.endswith(f"_{unit}")), lambda value: value
    )
