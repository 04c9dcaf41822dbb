"""Limits that fit this plant better than the general ones, learned from how its owner waters it."""

from __future__ import annotations

from plantops_api.wire import ThresholdProposal
from plantops_server.advisor.rules.case import Case, Finding

_ENOUGH = 3
_BELOW_USUAL = 5
"""Points under the level at which it is usually watered: an alarm is for the time when that was forgotten."""
_WORTH = 10


def limits(case: Case) -> Finding | None:
    """A lower limit of soil moisture for a plant of unknown species that is watered regularly."""
    usual, current = case.number("watering.usual_before"), case.number("soil_moisture.limit_min")
    general = case.text("soil_moisture.limit_source") == "default"
    if not general or usual is None or current is None or not case.soil_is_believed:
        return None
    high = case.number("soil_moisture.limit_max")
    proposed = float(round(usual - _BELOW_USUAL))
    if (
        (case.number("watering.count_30d") or 0) < _ENOUGH
        or proposed - current < _WORTH
        or (high or 100) <= proposed
    ):
        return None
    why = f"You water it at about {case.said('watering.usual_before')}; {case.limit('soil_moisture', 'min')} would call"
    cited = case.cite("watering.usual_before", "watering.count_30d", *case.cite_limit("soil_moisture", "min"))
    proposal = ThresholdProposal(
        metric="soil_moisture", min=proposed, max=high, current_min=current, current_max=high,
        why=f"{why} for water days later.", evidence=cited,
    )  # fmt: skip
    return Finding(3, proposals=[proposal])
