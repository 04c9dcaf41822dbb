"""Fertiliser, by the salts in the soil: worth a word only where the soil is moist enough to tell."""

from __future__ import annotations

from plantops_server.advisor.rules.case import Case, Finding, act

_RINSE = (
    "Stop feeding. Rinse the soil at the next watering: let plain water run through the pot twice, and pour it "
    "off."
)
_HALF = "Feed it with a liquid fertiliser in the water, at half of the strength on the label."
_CRUST = "White crust on the soil or pot, brown leaf edges: too much fertiliser."
_TOO_DRY = "How much fertiliser is in the soil: dry soil conducts too little to tell."


def food(case: Case) -> Finding | None:
    """Too little, too much; a dry soil or a probe that is not believed says nothing."""
    mean = case.number("conductivity.mean_7d")
    if mean is None or not case.soil_is_believed:
        return None
    low, high = case.number("conductivity.limit_min"), case.number("conductivity.limit_max")
    if high is not None and mean > high:
        return _salty(case)
    if low is None or mean >= low:
        return None
    if case.text("soil_moisture.status") == "below":
        return Finding(3, unknowns=[_TOO_DRY])
    return _hungry(case)


def _hungry(case: Case) -> Finding:
    limit, mean = case.limit("conductivity", "min"), case.said("conductivity.mean_7d")
    evidence = [*case.cite("conductivity.mean_7d"), *case.cite_limit("conductivity", "min")]
    claim = f"The soil holds little fertiliser: {mean} in the mean of the last 7 days, below {limit}."
    diagnosis = case.claim(claim, evidence, "conductivity", most=1)
    if case.rests or case.text("dli.status") == "below" or case.text("soil_moisture.status") == "above":
        why, when = _hold(case)
        cited = [*evidence, *case.cite("time.season", "dli.status", "soil_moisture.status")]
        hold = act("wait", "Do not feed it now.", when, f"The soil holds {mean}, but {why}.", cited)
        return Finding(3, None, [diagnosis], [hold])
    when = "with the next watering, then every two weeks while it grows"
    feed = act(
        "feed", _HALF, when, f"The soil holds {mean}, below {limit}.", evidence, amount="half strength"
    )
    return Finding(2, "Feed it with the next watering.", [diagnosis], [feed])


def _hold(case: Case) -> tuple[str, str]:
    """Why a hungry plant is not fed, and until when."""
    if case.text("soil_moisture.status") == "above":
        return "roots in wet soil cannot take it up", "until the soil has dried"
    if case.rests:
        return "it hardly grows in the dark months", "until spring"
    return "with so little light it cannot use more", "until it stands brighter"


def _salty(case: Case) -> Finding:
    limit, mean = case.limit("conductivity", "max"), case.said("conductivity.mean_7d")
    evidence = [*case.cite("conductivity.mean_7d"), *case.cite_limit("conductivity", "max")]
    claim = (
        f"The soil holds too much salt or fertiliser: {mean} in the mean of the last 7 days, above {limit}."
    )
    wet = case.text("soil_moisture.status") == "above"
    when = "once the soil has dried to its usual level" if wet else "with the next watering"
    why = f"The soil holds {mean}, above {limit}: salt draws water out of the roots."
    return Finding(
        2,
        "Stop feeding it: the soil is salty.",
        [case.claim(claim, evidence, "conductivity", most=1)],
        [act("other", _RINSE, when, why, evidence)],
        [_CRUST],
    )
