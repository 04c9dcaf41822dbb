"""The facts of one plant as a gardener asks for them, and the words in which they are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal, TypeAlias

from plantops_api.wire import ActionKind, CareAction, Confidence, Diagnosis, ThresholdProposal
from plantops_server.advisor.sheet import FactSheet, format_number

Habit: TypeAlias = Literal["dry", "middle", "moist", "wet"]
"""How the species wants its soil between waterings: dried out, dry on top, never quite dry, or standing in water."""

APART = {"soil_moisture": 12.0, "temperature": 4.0, "humidity": 20.0}
"""Two sensors of one pot that differ by more, over a day, cannot both be right."""

_HABITS: tuple[tuple[str, Habit], ...] = (
    ("dry out completely", "dry"), ("stand the pot", "wet"), ("stand it in water", "wet"), ("constantly moist", "wet"),
    ("rain water", "wet"), ("evenly moist", "moist"), ("keep moist", "moist"), ("never let the root ball", "moist"),
)  # fmt: skip
_SOURCES = {"species": "its", "user": "your", "default": "the general", "advisor": "the agreed"}
_LEVELS: tuple[Confidence, ...] = ("low", "medium", "high")
_MANY_GAPS, _MOSTLY_GAPS, _MANY_FLAGGED, _DAY_H, _FEW_DAYS = 20, 50, 20, 24, 3
_NEARLY_A_WEEK_H = 156


@dataclass
class Finding:
    """What one rule found. ``urgency``: 0 act today, 1 sensors first, 2 this week, 3 good to know, 4 all is well."""

    urgency: int
    headline: str | None = None
    diagnosis: list[Diagnosis] = field(default_factory=list)
    actions: list[CareAction] = field(default_factory=list)
    watch_for: list[str] = field(default_factory=list)
    unknowns: list[str] = field(default_factory=list)
    proposals: list[ThresholdProposal] = field(default_factory=list)


class Case:
    """One plant's facts."""

    def __init__(self, sheet: FactSheet) -> None:
        self.sheet = sheet
        self.number, self.text = sheet.number, sheet.text

    def has(self, fact_id: str) -> bool:
        """Whether there is such a fact."""
        return fact_id in self.sheet.by_id

    def cite(self, *fact_ids: str) -> list[str]:
        """Those of these ids that exist."""
        return [fact_id for fact_id in fact_ids if self.has(fact_id)]

    def said(self, fact_id: str) -> str:
        """A number with its unit, as it stands on the sheet."""
        fact = self.sheet.by_id[fact_id]
        assert isinstance(fact.value, (int, float))  # noqa: S101 - only asked for numbers
        return format_number(fact.value) + (f" {fact.unit}" if fact.unit else "")

    def span(self, fact_id: str) -> str:
        """A number of hours in words: in days from two of them on."""
        hours = self.number(fact_id) or 0
        return f"{hours:.0f} h" if hours < 2 * _DAY_H else f"{hours / _DAY_H:.0f} days"

    def of_week(self, fact_id: str) -> str:
        """Hours of the last seven days in words, for example ``for 3 days of the last 7``."""
        hours = self.number(fact_id) or 0
        if hours >= _NEARLY_A_WEEK_H:
            return "all of the last 7 days"
        return f"for {self.span(fact_id)} of the last 7" + (" days" if hours < 2 * _DAY_H else "")

    def limit(self, metric: str, side: Literal["min", "max"]) -> str:
        """For example ``its lower limit of 20 %``."""
        owner = _SOURCES.get(self.text(f"{metric}.limit_source") or "", "its")
        return (
            f"{owner} {'lower' if side == 'min' else 'upper'} limit of {self.said(f'{metric}.limit_{side}')}"
        )

    def cite_limit(self, metric: str, side: Literal["min", "max"]) -> list[str]:
        """The ids that ``limit`` speaks of."""
        return self.cite(f"{metric}.limit_{side}", f"{metric}.limit_source")

    def confidence(self, *metrics: str, most: int = 2) -> Confidence:
        """How sure a claim about these metrics can be: stale, gappy, doubted readings and general limits lower it."""
        return _LEVELS[max(0, min([most, *(self._sureness(metric) for metric in metrics)]))]

    def _sureness(self, metric: str) -> int:
        trust = self.trust
        if trust in ("offline", "faulty", "none"):
            return 0
        source = "light_level" if metric == "dli" else metric
        gaps, age = self.number(f"{source}.gaps_7d") or 0, self.number(f"{source}.age_h") or 0
        doubts = [
            trust == "late", gaps > _MANY_GAPS, gaps > _MOSTLY_GAPS, age >= _DAY_H and trust != "asleep",
            self.text(f"{metric}.limit_source") == "default", self.flagged > _MANY_FLAGGED,
            (self.number("data.days") or 0) < _FEW_DAYS, (self.number("dli.days_7d") or 7) < 4 and metric == "dli",
            metric in self.apart,
        ]  # fmt: skip
        return 2 - sum(doubts)

    def claim(self, text: str, evidence: Sequence[str], *metrics: str, most: int = 2) -> Diagnosis:
        """A claim, as sure as the facts about these metrics let it be."""
        return Diagnosis(claim=text, confidence=self.confidence(*metrics, most=most), evidence=list(evidence))

    def certain(self, text: str, evidence: Sequence[str]) -> Diagnosis:
        """A claim about the sensors themselves, which their own doubtfulness does not weaken."""
        return Diagnosis(claim=text, confidence="high", evidence=list(evidence))

    @property
    def trust(self) -> str:
        """Of the newest readings."""
        return self.text("data.trust") or "none"

    @cached_property
    def flagged(self) -> float:
        """The largest share of readings that are not believed, of any sensor, %."""
        shares = [
            self.number(fact_id) or 0 for fact_id in self.sheet.by_id if fact_id.endswith(".flagged_7d")
        ]
        return max(shares, default=0)

    @cached_property
    def apart(self) -> list[str]:
        """Metrics on which the sensors of this pot disagree."""
        return [
            metric for metric, most in APART.items() if (self.number(f"sensors.{metric}_apart_24h") or 0) > most
        ]  # fmt: skip

    @cached_property
    def faults(self) -> str:
        """What is wrong with the sensors, in words."""
        return "; ".join(
            self.text(fact_id) or "" for fact_id in self.sheet.by_id if fact_id.endswith(".fault")
        )

    @property
    def soil_is_old(self) -> bool:
        """Whether its newest reading is too old to say anything of today."""
        return (self.number("soil_moisture.age_h") or 0) >= 2 * _DAY_H

    @property
    def soil_is_believed(self) -> bool:
        """Whether the newest soil moisture says what the soil is like now."""
        believed = self.has("soil_moisture.now") and self.trust in ("fresh", "late", "asleep")
        return believed and "soil_moisture" not in self.apart and not self.soil_is_old

    @property
    def habit(self) -> Habit | None:
        """What the species wants; None when it is not known."""
        words = self.text("species.watering")
        if words is None:
            return None
        return next((habit for part, habit in _HABITS if part in words.lower()), "middle")

    @property
    def rests(self) -> bool:
        """Whether plants grow little now, as far as the season is known."""
        return self.text("time.season") in ("autumn", "winter")

    def date(self, fact_id: str) -> str:
        """A day of the sheet in words, for example ``Thu 26 Nov``."""
        return f"{datetime.fromisoformat(self.text(fact_id) or '2000-01-01'):%a %-d %b}"


def act(
    kind: ActionKind, what: str, when: str, why: str, evidence: Sequence[str], amount: str | None = None
) -> CareAction:
    """Something to do; each fact is cited once."""
    return CareAction(
        kind=kind, what=what, amount=amount, when=when, why=why, evidence=list(dict.fromkeys(evidence))
    )


def joined(parts: Iterable[str]) -> str:
    """Sentences as one text."""
    return " ".join(part.strip() for part in parts if part.strip())
