"""Water: the one question every owner asks. One state of the soil, one answer."""

from __future__ import annotations

from plantops_api.wire import CareAction
from plantops_server.advisor.rules.case import Case, Finding, act
from plantops_server.advisor.rules.pouring import JUST_H, amount, how_to_water, pot_size
from plantops_server.advisor.rules.soaked import just_watered, watered_early, wet

_LONG_H = 48
_FAST = 8.0
"""Points a day: a pot that dries so fast is small for its plant, or stands hot."""
_SOON_H, _TOMORROW_H = 24.0, 60.0
_EDGE = 1.0
"""Points above its lower limit at which soil counts as dry within the day."""
_DRIES = 0.2
"""Points a day below which it hardly dries."""
_NOW = ("soil_moisture.now",)
_LIMITS = ("soil_moisture.limit_min", "soil_moisture.limit_max", "soil_moisture.limit_source")
_FORECAST = ("forecast.dry_at", "forecast.dry_in_h", "forecast.plus_minus_h")

_FEEL = {
    "dry": "Water it only when the soil is dry all the way down.",
    "middle": "Water it when the upper few centimetres are dry.",
    "moist": "Water it as soon as the surface is dry; the root ball should stay moist.",
    "wet": "The soil should never be dry.",
}
_CHECK = "Push a finger as deep as it goes into the soil, or lift the pot to feel its weight."
_RISES = "After watering the probe should rise within a few hours. If it does not, the water ran past the root ball."
_REPELS = (
    "Soil that was dry for long repels water: if it runs straight through, stand the pot in a bowl of water for "
    "half an hour."
)


def water(case: Case) -> Finding | None:
    """What the soil is like, and what to do about it."""
    if not case.has("soil_moisture.now"):
        return _unmeasured(case)
    if not case.soil_is_believed:
        return _by_hand(case)
    watered = case.number("watering.last_h")
    if watered is not None and watered < JUST_H:
        return just_watered(case)
    status = case.text("soil_moisture.status")
    if status == "below":
        return _dry(case)
    return wet(case) if status == "above" else _in_range(case)


def _unmeasured(case: Case) -> Finding | None:
    if case.trust == "none":
        return None  # no readings at all: the sensors' rule speaks of it
    why = "Nothing measures the soil of this pot."
    return Finding(
        3,
        actions=[_feel(case, why, case.cite("sensors.count"))],
        unknowns=["Soil moisture: no sensor measures it."],
    )


def _by_hand(case: Case) -> Finding:
    """The probe is not believed: the finger is, and so is a soil that was dry already and got no water since."""
    doubted = case.cite("data.trust", "soil_moisture.age_h", "sensors.soil_moisture_apart_24h")
    finding = Finding(
        3,
        actions=[_feel(case, _doubt(case), doubted)],
        unknowns=["How moist the soil is now."],
    )
    age = case.number("soil_moisture.age_h") or 0
    dry_since = (case.trust == "offline" or case.soil_is_old) and (
        case.number("watering.last_h") or 1e9
    ) > age
    if dry_since and case.text("soil_moisture.status") == "below":
        finding.urgency = 0
        finding.headline = "Feel the soil today: it was too dry when it was last measured."
        claim = (
            f"The soil was at {case.said('soil_moisture.now')} when it was last measured, below "
            f"{case.limit('soil_moisture', 'min')}, and no watering is known since."
        )
        cited = [
            *case.cite(*_NOW, "soil_moisture.age_h", "data.trust"),
            *case.cite_limit("soil_moisture", "min"),
        ]
        finding.diagnosis = [case.claim(claim, cited, "soil_moisture")]
    return finding


def _doubt(case: Case) -> str:
    if case.trust == "offline":
        return "The sensor is silent: how moist the soil is now is not known."
    if "soil_moisture" in case.apart:
        return "The soil sensors disagree: your finger decides."
    if case.soil_is_old and case.trust != "faulty":
        return f"The soil was last measured {case.span('soil_moisture.age_h')} ago."
    return "The soil probe cannot be believed now."


def _feel(case: Case, why: str, evidence: list[str]) -> CareAction:
    what = f"{_CHECK} {_FEEL[case.habit or 'middle']}"
    cited = [*evidence, *case.cite("species.watering")]
    return CareAction(kind="observe", what=what, when="today, then every two days", why=why, evidence=cited)


def _dry(case: Case) -> Finding:
    limit = case.limit("soil_moisture", "min")
    evidence = [*case.cite(*_NOW), *case.cite_limit("soil_moisture", "min")]
    at = f"{case.said('soil_moisture.now')}, below {limit}"
    claim, cited = f"The soil is too dry: {at}.", list(evidence)
    hours = case.number("soil_moisture.hours_below_7d") or 0
    if hours >= 2:
        claim += f" It was below it {case.of_week('soil_moisture.hours_below_7d')}."
        cited.append("soil_moisture.hours_below_7d")
    if case.has("watering.last_h"):
        claim += f" It was last watered {case.span('watering.last_h')} ago."
        cited.append("watering.last_h")
    pour = CareAction(
        kind="water", what=how_to_water(case), amount=amount(case), when="today", why=f"The soil is at {at}.",
        evidence=[*evidence, *case.cite("species.watering", "watering.usual_amount_ml", "watering.last_amount_ml")],
    )  # fmt: skip
    return Finding(
        0,
        f"Water it today: the soil is at {at}.",
        [case.claim(claim, cited, "soil_moisture")],
        [pour],
        [_REPELS, _RISES] if hours >= _LONG_H else [_RISES],
        pot_size(case),
    )


def _in_range(case: Case) -> Finding:
    left = _hours_left(case)
    if left is not None and left <= _SOON_H and _is_low(case):
        return _due(case)
    claim = f"The soil is well: {case.said('soil_moisture.now')}{_range(case)}."
    drying = case.number("soil_moisture.drying") or 0
    if drying >= _DRIES:
        claim += f" It dries by {case.said('soil_moisture.drying')}."
    cited = case.cite(*_NOW, *_LIMITS, "soil_moisture.drying")
    finding = Finding(
        4,
        f"The soil is well at {case.said('soil_moisture.now')}.",
        [case.claim(claim, cited, "soil_moisture")],
        [_wait(case, left)],
    )
    if not case.has("forecast.dry_in_h") and case.has("forecast.none_because"):
        finding.unknowns.append(f"When it will need water. {case.text('forecast.none_because')}")
    if drying >= _FAST:
        finding.watch_for.append(
            f"It dries by {case.said('soil_moisture.drying')}: a small pot, warm dry air, or roots that fill it. "
            "Look at it every day."
        )
    if watered_early(case, "watering.usual_before"):
        usual = case.said("watering.usual_before")
        claim = f"It is usually watered when the soil still has {usual}: earlier than it needs."
        cited = case.cite("watering.usual_before", *_LIMITS, "species.watering")
        finding.diagnosis.append(case.claim(claim, cited, "soil_moisture", most=1))
    return finding


def _hours_left(case: Case) -> float | None:
    """Hours until the soil is dry: by the forecast, else as it dries now; None when neither tells."""
    forecast = case.number("forecast.dry_in_h")
    if forecast is not None:
        return forecast
    now, low, drying = (case.number(f"soil_moisture.{what}") for what in ("now", "limit_min", "drying"))
    if now is None or low is None:
        return None
    if now - low <= _EDGE:
        return 0.0
    return (now - low) / drying * 24 if drying is not None and drying >= _DRIES else None


def _is_low(case: Case) -> bool:
    """Whether the soil is nearer to its lower limit than to its upper one."""
    now, low, high = (case.number(f"soil_moisture.{what}") for what in ("now", "limit_min", "limit_max"))
    return now is not None and low is not None and now <= (low + (100 if high is None else high)) / 2


def _range(case: Case) -> str:
    low, high = case.has("soil_moisture.limit_min"), case.has("soil_moisture.limit_max")
    if low and high:
        return f", between {case.said('soil_moisture.limit_min')} and {case.said('soil_moisture.limit_max')}"
    if low:
        return f", above {case.limit('soil_moisture', 'min')}"
    return f", below {case.limit('soil_moisture', 'max')}" if high else ""


def _wait(case: Case, left: float | None) -> CareAction:
    at = f"The soil is at {case.said('soil_moisture.now')}"
    if not (case.has("forecast.dry_at") and case.has("soil_moisture.limit_min")):
        soon = left is not None and left <= _TOMORROW_H
        return act(
            "wait", "No water now.", "look again tomorrow" if soon else "look again in two or three days",
            f"{at}{_range(case)}.", case.cite(*_NOW, *_LIMITS, "soil_moisture.drying", "forecast.none_because"),
        )  # fmt: skip
    when = f"until the soil is near {case.said('soil_moisture.limit_min')}, around {case.date('forecast.dry_at')}"
    when += f", give or take {case.span('forecast.plus_minus_h')}"
    early = "; rather a little earlier than later" if case.habit in ("moist", "wet") else ""
    known = case.has("watering.usual_amount_ml") or case.has("watering.last_amount_ml")
    limit = case.limit("soil_moisture", "min")
    return act(
        "wait", "No water now.", when + early,
        f"{at} and will reach {limit} in about {case.span('forecast.dry_in_h')}.",
        case.cite(*_NOW, *case.cite_limit("soil_moisture", "min"), *_FORECAST, "species.watering"),
        amount=f"then {amount(case)}" if known else None,
    )  # fmt: skip


def _due(case: Case) -> Finding:
    limit, hours = case.limit("soil_moisture", "min"), case.number("forecast.dry_in_h")
    soon = "within a day, as it dries now"
    if hours is not None:
        soon = f"in about {case.span('forecast.dry_in_h')}" if hours >= 2 else "any hour now"
    claim = f"The soil is at {case.said('soil_moisture.now')} and reaches {limit} {soon}."
    evidence = case.cite(*_NOW, *case.cite_limit("soil_moisture", "min"), "soil_moisture.drying", *_FORECAST)
    when = "today or tomorrow, before the root ball dries"
    if case.habit in ("dry", "middle", None):
        when = f"when the soil reaches {case.said('soil_moisture.limit_min')}"
        when += f", around {case.date('forecast.dry_at')}" if hours is not None else ", probably within a day"
    poured = case.cite("species.watering", "watering.usual_amount_ml", "watering.last_amount_ml")
    pour = act("water", how_to_water(case), when, claim, [*evidence, *poured], amount(case))
    headline = f"It needs water {soon}: the soil is at {case.said('soil_moisture.now')}, close to {limit}."
    return Finding(
        2, headline, [case.claim(claim, evidence, "soil_moisture")], [pour], unknowns=pot_size(case)
    )
