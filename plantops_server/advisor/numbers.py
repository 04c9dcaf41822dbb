"""The numbers of a text, and whether facts hold them: rounded as people do, in hours or days, as dates or times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from plantops_api.wire import Fact
from plantops_server.advisor.sheet import WRITTEN_BY_PEOPLE

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?:{'|'.join(_MONTHS)})[a-z]*\.?"
_DATES = re.compile(
    r"(?P<iso>\b\d{4}-\d{2}-\d{2}\b)"
    rf"|(?P<day>\b\d{{1,2}})(?:st|nd|rd|th)?\.? (?P<month>{_MONTH})(?: (?P<year>20\d\d)\b)?"
    rf"|(?P<month_first>\b{_MONTH}) (?P<day_after>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<year_after>20\d\d)\b)?",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)\b")

_DEPTH = re.compile(
    r"\b(?:top|upper|first|outer)(?:most)? \d+(?:[.,]\d+)?(?:\s?(?:[-–]|to|or)\s?\d+)?\s?"
    r"(?:cm|mm|centimet\w+|inch(?:es)?)\b",
    re.IGNORECASE,
)
"""How deep a finger goes: an instruction, never a measurement."""

_UNITS: tuple[tuple[str, str], ...] = (
    ("%", r"%|percent(?:age points?)?\b|per ?cent\b|points?\b"),
    ("°C", r"°\s?c\b|°(?![fF])|degrees?(?: c(?:elsius)?)?\b|celsius\b|c\b"),
    ("°F", r"°\s?f\b|fahrenheit\b"),
    ("lx", r"lx\b|lux\b"), ("mol", r"mol\b"), ("kPa", r"kpa\b"), ("dBm", r"dbm\b"),
    ("µS/cm", r"[µμu]s(?:/cm)?\b"), ("ml", r"ml\b|millilit(?:er|re)s?\b"), ("l", r"l\b|lit(?:er|re)s?\b"),
    ("min", r"min(?:ute)?s?\b"), ("h", r"h\b|hrs?\b|hours?\b"), ("d", r"d\b|days?\b"), ("week", r"weeks?\b"),
)  # fmt: skip
_BELOW_TWENTY = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_WORDS = {
    **{word: value for value, word in enumerate(_BELOW_TWENTY)},
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    "hundred": 100,
}  # fmt: skip
_TENS = "|".join(word for word, value in _WORDS.items() if 20 <= value < 100)
_ONES = "|".join(word for word, value in _WORDS.items() if 1 <= value < 10)
_SPELLED = rf"(?:(?:{_TENS})[- ](?:{_ONES})|{'|'.join(_WORDS)})"
_UNIT = "|".join(f"(?:{pattern})" for _, pattern in _UNITS)
_NUMBER = re.compile(
    rf"(?<![\w.])(?P<digits>[-−]?\d{{1,3}}(?:[, ]\d{{3}})+(?!\d)|[-−]?\d+(?:[.,]\d+)?)(?:\s?(?P<unit>{_UNIT}))?"
    rf"|\b(?P<spelled>{_SPELLED})[ -](?P<spelled_unit>{_UNIT})",
    re.IGNORECASE,
)
_HOURS = {"min": 1 / 60, "h": 1.0, "d": 24.0, "week": 168.0}
"""How many hours one of these is."""
_SPAN = re.compile(r"_(\d+)(h|d)\b")
_SENSOR = re.compile(r"^sensor\.(\d+)\.")


@dataclass(frozen=True)
class Number:
    """A number as it stands in a text. ``unit`` is None when it has none that we know."""

    text: str
    value: float
    decimals: int
    unit: str | None

    @property
    def is_measured(self) -> bool:
        """Whether its unit is one of a sensor."""
        return self.unit in ("%", "°C", "lx", "mol", "kPa", "µS/cm", "dBm")


def unfound(text: str, facts: Iterable[Fact]) -> list[str]:
    """What the text states as a number, a date or a time of day and none of these facts holds."""
    known = list(facts)
    rest, missing = _without_moments(_DEPTH.sub(" ", text), known)
    said = list(numbers(rest))
    values = list(_values(known)) if said else []
    missing += [number.text for number in said if not any(_holds(number, *value) for value in values)]
    return list(dict.fromkeys(missing))


def numbers(text: str) -> Iterator[Number]:
    """The numbers of a text, spelled ones too when they carry a unit."""
    for match in _NUMBER.finditer(text):
        if match["spelled"]:
            value = sum(_WORDS[part] for part in re.split(r"[- ]", match["spelled"].lower()))
            yield Number(match[0], value, 0, _unit(match["spelled_unit"]))
            continue
        digits = match["digits"].replace("−", "-")
        if re.fullmatch(r"-?\d{1,3}(?:[, ]\d{3})+", digits):
            digits = re.sub(r"[, ]", "", digits)
        digits = digits.replace(",", ".")
        yield Number(match[0].strip(), float(digits), len(digits.partition(".")[2]), _unit(match["unit"]))


def _unit(written: str | None) -> str | None:
    if written is None:
        return None
    return next((unit for unit, pattern in _UNITS if re.fullmatch(pattern, written, re.IGNORECASE)), None)


def _without_moments(text: str, facts: Iterable[Fact]) -> tuple[str, list[str]]:
    """The text without dates and times, and those of them that no fact holds."""
    told = " ".join(str(fact.value) for fact in _trusted(facts) if isinstance(fact.value, str))
    days = {(int(m), int(d)) for _, m, d in re.findall(r"(\d{4})-(\d{2})-(\d{2})", told)}
    years = set(re.findall(r"(\d{4})-\d{2}-\d{2}", told))
    times = {(int(h), int(m)) for h, m in _CLOCK.findall(told)}
    missing: list[str] = []

    def date(match: re.Match[str]) -> str:
        month, day, year = _day_of(match)
        if (month, day) not in days or (year and year not in years):
            missing.append(match[0])
        return " "

    def time(match: re.Match[str]) -> str:
        if (int(match[1]), int(match[2])) not in times:
            missing.append(match[0])
        return " "

    return _CLOCK.sub(time, _DATES.sub(date, text)), missing


def _day_of(match: re.Match[str]) -> tuple[int, int, str | None]:
    if match["iso"]:
        year, month, day = match["iso"].split("-")
        return int(month), int(day), year
    name = (match["month"] or match["month_first"])[:3].lower()
    return (
        _MONTHS.index(name) + 1, int(match["day"] or match["day_after"]), match["year"] or match["year_after"]
    )  # fmt: skip


def _trusted(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Facts that count as measured: what people wrote proves nothing."""
    return (fact for fact in facts if fact.id not in WRITTEN_BY_PEOPLE)


def _values(facts: Iterable[Fact]) -> Iterator[tuple[float, str | None]]:
    """Every value with its unit: of the facts, of the spans in their ids, of the numbers in our own texts."""
    for fact in _trusted(facts):
        yield from _spans(fact.id)
        if isinstance(fact.value, str):
            yield from ((number.value, number.unit) for number in numbers(fact.value))
        elif not isinstance(fact.value, bool) and fact.value is not None:
            yield float(fact.value), None if fact.unit is None else _unit_of(fact.unit)


@lru_cache(maxsize=1000)
def _spans(fact_id: str) -> tuple[tuple[float, str | None], ...]:
    """The numbers within an id: ``7 d`` of ``mean_7d``, the 2 of ``sensor.2``."""
    spans = [(float(count), unit) for count, unit in _SPAN.findall(fact_id)]
    return (*spans, *((float(number), None) for number in _SENSOR.findall(fact_id)))


@lru_cache(maxsize=100)
def _unit_of(written: str) -> str | None:
    match = re.match(_UNIT, written, re.IGNORECASE)
    return _unit(match[0]) if match else None


def _holds(number: Number, value: float, unit: str | None) -> bool:
    """Whether ``number`` is this value as people say it: rounded, without its sign, in another unit of time."""
    if number.unit in _HOURS and unit in _HOURS:
        value, unit = value * _HOURS[unit] / _HOURS[number.unit], number.unit
    if number.unit == "l" and unit == "ml":
        value, unit = value / 1000, "l"
    if number.unit is not None and unit != number.unit:
        return False
    return any(_rounds(number, candidate) for candidate in (value, -value))


def _rounds(number: Number, value: float) -> bool:
    if abs(number.value - value) <= 0.5 * 10**-number.decimals + 1e-9:
        return number.decimals > 0 or abs(value) >= 1 or number.value == value
    whole = f"{abs(number.value):.0f}"
    digits = whole.rstrip("0")
    if number.decimals or len(digits) < 2 or len(digits) == len(whole):
        return False  # 710 for 714 is rounded, 700 for 741 is not known to be
    return abs(number.value - value) <= 0.5 * 10.0 ** (len(whole) - len(digits))
