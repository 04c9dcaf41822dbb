"""Soil with more water than it needs: just watered, watered in vain, or too wet."""

from __future__ import annotations

from plantops_api.wire import CareAction
from plantops_server.advisor.rules.case import Case, Finding, joined

_LONG_H = 48
_RAN_PAST = 3.0
"""Points by which a watering that reached the root ball raises it at least."""
_SHOWS_H = 2
_TOO_EARLY = 0.6
"""Share of the range above which a plant that likes to dry needs no water yet."""

_LOOK = (
    "Lift the pot and feel the soil beside the probe. If it is heavy and moist, push the probe deeper into the root "
    "ball. If it is light and dry, stand the pot in a bowl of water for half an hour, then let it drain."
)
_ROOTS = (
    "Slide the root ball out of the pot and look: firm pale roots are well. Cut brown, soft ones off and put the "
    "plant into fresh, airy soil."
)
_DRAINS = (
    "The level falls back within a day of a watering; if it stays above its limit, the pot does not drain."
)
_ROTS = "Yellow lower leaves, a musty smell or small black flies: signs of roots that stand too wet."


def just_watered(case: Case) -> Finding:
    """Leave it alone, unless the water never arrived."""
    before, after = case.number("watering.last_before"), case.number("watering.last_after")
    hours = case.number("watering.last_h") or 0
    still_dry = case.text("soil_moisture.status") == "below" and hours >= _SHOWS_H
    if still_dry or (before is not None and after is not None and after - before < _RAN_PAST):
        return _ran_past(case)
    ago = case.span("watering.last_h") + " ago" if hours >= 1 else "within this hour"
    claim = f"It was watered {ago} and the soil is at {case.said('soil_moisture.now')}."
    evidence = case.cite("watering.last_h", "soil_moisture.now")
    above = case.text("soil_moisture.status") == "above"
    if above:
        claim += f" That is above {case.limit('soil_moisture', 'max')}: it still drains."
        evidence += case.cite_limit("soil_moisture", "max")
    wait = CareAction(
        kind="wait", what="No more water now. Pour off what stands in the saucer.",
        when="until the soil has dried again", why=f"It was watered {ago}.", evidence=case.cite("watering.last_h"),
    )  # fmt: skip
    return Finding(
        3 if above else 4,
        f"Watered {ago}: no more water now.",
        [case.claim(claim, evidence, "soil_moisture")],
        [wait],
        [_DRAINS] if above else [],
    )


def _ran_past(case: Case) -> Finding:
    numbers = case.cite("watering.last_before", "watering.last_after")
    rise = ""
    if len(numbers) == 2:
        rise = f" (from {case.said('watering.last_before')} to {case.said('watering.last_after')})"
    claim = (
        f"It was watered {case.span('watering.last_h')} ago, and the probe hardly shows it{rise}: the soil is at "
        f"{case.said('soil_moisture.now')}. Either the water ran past a dried-out root ball, or the probe does not "
        "sit in it."
    )
    evidence = case.cite("watering.last_h", *numbers, "soil_moisture.now")
    look = CareAction(
        kind="observe", what=_LOOK, when="today",
        why="More water from above would run past again, or drown the roots if it is the probe that is wrong.",
        evidence=case.cite("watering.last_h", "soil_moisture.now"),
    )  # fmt: skip
    return Finding(
        0 if case.text("soil_moisture.status") == "below" else 2,
        "The last watering did not reach the probe: see whether the root ball is dry.",
        [case.claim(claim, evidence, "soil_moisture", most=1)],
        [look],
    )


def wet(case: Case) -> Finding:
    """Too wet, and not because it was watered a moment ago."""
    limit = case.limit("soil_moisture", "max")
    cited = [*case.cite("soil_moisture.now"), *case.cite_limit("soil_moisture", "max")]
    at = f"{case.said('soil_moisture.now')}, above {limit}"
    parts, evidence = [f"The soil is too wet: {at}."], list(cited)
    hours = case.number("soil_moisture.hours_above_7d") or 0
    if hours >= 2:
        parts.append(f"It was above it {case.of_week('soil_moisture.hours_above_7d')}.")
        evidence.append("soil_moisture.hours_above_7d")
    if watered_early(case, "watering.last_before"):
        parts.append(f"The last watering came when it still had {case.said('watering.last_before')}.")
        evidence.append("watering.last_before")
    long = hours >= _LONG_H
    wait = CareAction(
        kind="wait", what="Do not water. Empty the saucer and see that the hole in the bottom of the pot is open.",
        when=f"until the soil is well below {case.said('soil_moisture.limit_max')}",
        why=f"The soil is at {at}: wet roots get no air and rot.", evidence=cited,
    )  # fmt: skip
    return Finding(
        0 if long or case.habit == "dry" else 2,
        f"Do not water: the soil is at {at}.",
        [case.claim(joined(parts), evidence, "soil_moisture")],
        [wait, _roots(case)] if long else [wait],
        [_ROTS],
    )


def _roots(case: Case) -> CareAction:
    why = f"It was too wet {case.of_week('soil_moisture.hours_above_7d')}."
    return CareAction(
        kind="observe", what=_ROOTS, when="this week", why=why, evidence=["soil_moisture.hours_above_7d"]
    )


def watered_early(case: Case, fact_id: str) -> bool:
    """Whether that level needed no water yet; asked only of plants that want their soil dry in between."""
    low, high = case.number("soil_moisture.limit_min"), case.number("soil_moisture.limit_max")
    before = case.number(fact_id)
    if low is None or high is None or before is None or case.habit in ("moist", "wet"):
        return False
    return before > low + _TOO_EARLY * (high - low)
