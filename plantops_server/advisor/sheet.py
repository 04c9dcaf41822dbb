"""What the advisor may know of one plant: facts with ids, in a fixed order, few, and the same bytes for the same data.

Nothing else leaves the machine. What a person wrote (name, species, location, notes) is data between quotes: made safe
for a terminal, capped, JSON-escaped, and never taken for a measurement.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from plantops_api import text
from plantops_api.wire import Fact

LIMIT_BYTES = 6000
"""A sheet is never larger, whatever somebody called the plant."""

WRITTEN_BY_PEOPLE: dict[str, int] = {
    "plant.name": 120,
    "plant.species": 120,
    "plant.location": 120,
    "plant.notes": 480,
}
"""Facts that hold a person's own words, and how many bytes of them are sent."""

_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "`": "\\u0060"}
"""Characters that could end the block which the sheet stands in, or begin markup."""

_EXPENDABLE = (
    r"(humidity|light_level|conductivity|temperature)\.(min|mean|max)_30d",
    r"sensor\.[4-9]\..*|sensor\.\d\d+\..*",
    r".*\.hours_(below|above)_30d",
    r"(humidity|light_level|conductivity|temperature)\.(min|max)_7d",
    r"species\.(sources|common_names)",
    r"sensor\.[2-9]\.(rssi|interval_min)",
    r".*\.trend_7d",
    r"plant\.notes",
)
"""What goes first when a sheet would become too large, from the least useful on."""


@dataclass(frozen=True)
class FactSheet:
    """The facts of one plant. Make it with :meth:`of`, which keeps it small."""

    plant_id: str
    name: str
    species: str | None
    facts: tuple[Fact, ...]

    @classmethod
    def of(cls, plant_id: str, name: str, species: str | None, facts: Iterable[Fact]) -> FactSheet:
        """A sheet of at most ``LIMIT_BYTES``: the least useful facts are left out of a larger one."""
        sheet = cls(plant_id, name, species, tuple(facts))
        for pattern in _EXPENDABLE:
            if sheet.size_bytes <= LIMIT_BYTES:
                break
            kept = tuple(fact for fact in sheet.facts if not re.fullmatch(pattern, fact.id))
            sheet = cls(plant_id, name, species, kept)
        return sheet

    @cached_property
    def by_id(self) -> dict[str, Fact]:
        """Facts by their id."""
        return {fact.id: fact for fact in self.facts}

    @property
    def size_bytes(self) -> int:
        """Of ``to_prompt``, in UTF-8."""
        return len(self.to_prompt().encode())

    def number(self, fact_id: str) -> float | None:
        """The value of a fact that is a number; None when there is no such fact."""
        fact = self.by_id.get(fact_id)
        if fact is None or isinstance(fact.value, (str, bool)):
            return None
        return fact.value

    def text(self, fact_id: str) -> str | None:
        """The value of a fact that is a text; None when there is no such fact."""
        fact = self.by_id.get(fact_id)
        return fact.value if fact is not None and isinstance(fact.value, str) else None

    def to_prompt(self) -> str:
        """One fact a line, ``id: value unit``, texts in quotes; no line break inside a line."""
        return "\n".join(f"{fact.id}: {_shown(fact)}" for fact in self.facts)

    def cited(self, ids: Sequence[str]) -> list[Fact]:
        """Those of these facts that exist, in the order of the sheet."""
        wanted = set(ids)
        return [fact for fact in self.facts if fact.id in wanted]


def quoted(value: str, most_bytes: int) -> str:
    """A text made safe and cut, so that its line on the sheet takes at most ``most_bytes`` bytes between the quotes."""
    cleaned = text.clean_line(value.strip())
    if _size(cleaned) <= most_bytes:
        return cleaned
    room, kept = most_bytes - _size("…"), ""
    for character in cleaned:
        room -= _size(character)
        if room < 0:
            break
        kept += character
    return kept + "…"


def format_number(value: float) -> str:
    """A number as it stands on the sheet: no exponent, no needless zero."""
    shown = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def _shown(fact: Fact) -> str:
    if isinstance(fact.value, str):
        return _escaped(fact.value)
    if isinstance(fact.value, bool) or fact.value is None:
        return json.dumps(fact.value)
    return format_number(fact.value) + (f" {fact.unit}" if fact.unit else "")


def _size(value: str) -> int:
    return len(_escaped(value).encode()) - 2


def _escaped(value: str) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return "".join(_ESCAPES.get(character, character) for character in written)
