"""Words of the care advisor that every interface shares: money, facts, authors, and where a fact can be seen."""

from __future__ import annotations

import re
from typing import NamedTuple

from plantops_api import wire

_RANGE = re.compile(r"_(24h|7d|30d)$")

_SEEN_WITH = {
    "dli": "light_level", "vpd": "humidity", "watering": "soil_moisture", "forecast": "soil_moisture",
}  # fmt: skip
"""Facts that are no metric themselves, and the metric whose chart shows them."""

_LONGER = {
    "dli.yesterday": "7d", "soil_moisture.drying": "7d", "watering": "30d", "forecast": "7d",
}  # fmt: skip
"""Facts, or families of them, that a day does not show."""


class Place(NamedTuple):
    """Where a fact can be seen: the chart of a metric over a range."""

    metric: str
    range: str


def place_of(fact_id: str) -> Place | None:
    """The chart that shows a fact: ``soil_moisture.mean_7d`` is 7d of soil moisture; None for what is in no chart."""
    family = fact_id.partition(".")[0]
    metric = _SEEN_WITH.get(family, family)
    if metric not in wire.PLANT_METRICS:
        return None
    named = _RANGE.search(fact_id)
    return Place(metric, named[1] if named else _LONGER.get(fact_id) or _LONGER.get(family, "24h"))


def money(dollars: float | None, unknown: str = "–") -> str:
    """``$0.0027``, ``$1.20``; ``unknown`` when it is not known. Below ten cents as exact as a call is cheap."""
    if dollars is None:
        return unknown
    return f"${dollars:.4f}" if 0 < dollars < 0.1 else f"${dollars:.2f}"


def fact_value(fact: wire.Fact) -> str:
    """``19.5 %``, ``yes``, ``in range``; an en dash for nothing."""
    value = fact.value
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    shown = f"{value:.10g}" if isinstance(value, float) else value
    return f"{shown} {fact.unit}" if fact.unit else shown


def fact_words(fact: wire.Fact) -> str:
    """``mean soil moisture of the last 24 h: 19.5 %``."""
    return f"{fact.label or fact.id}: {fact_value(fact)}"


def author(plan: wire.CarePlan) -> str:
    """``rules``, or the model that wrote it."""
    return plan.model or plan.source


def spent(plan: wire.CarePlan) -> str:
    """What a plan took: ``1204 tokens in, 310 out, $0.0027``; empty when nothing was sent anywhere."""
    if plan.tokens_in is None and plan.tokens_out is None:
        return ""
    cost = money(plan.cost_usd, "price not known")
    return f"{plan.tokens_in or 0} tokens in, {plan.tokens_out or 0} out, {cost}"


def deed(action: wire.CareAction) -> str:
    """What is to be done, with how much and when: ``Water it (about 250 ml), today``."""
    amount = f" ({action.amount})" if action.amount else ""
    return f"{action.what.rstrip('.')}{amount}, {action.when.rstrip('.')}"


def limits_diff(proposal: wire.ThresholdProposal, arrow: str = "→", dash: str = "–") -> str:
    """What would change: ``25–60 % → 20–55 %``."""
    unit = wire.UNITS.get(proposal.metric, "")
    before = _limits(proposal.current_min, proposal.current_max, unit, dash)
    return f"{before} {arrow} {_limits(proposal.min, proposal.max, unit, dash)}"


def _limits(low: float | None, high: float | None, unit: str, dash: str) -> str:
    """Exact, unlike the ranges on a card: this is what will hold."""
    if low is None and high is None:
        return "no limits"
    if low is None or high is None:
        least, most = (">=", "<=") if dash.isascii() else ("≥", "≤")
        return f"{least if high is None else most}{low if high is None else high:.10g} {unit}".rstrip()
    return f"{low:.10g}{dash}{high:.10g} {unit}".rstrip()
