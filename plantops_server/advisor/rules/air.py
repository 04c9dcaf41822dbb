"""Warmth and the moisture of the air."""

from __future__ import annotations

from typing import Literal

from plantops_server.advisor.rules.case import Case, Finding, act, joined

_LONG_H = 12
"""Hours of a week outside of a limit from which it is more than a moment at an open window."""
_BITES = 1.0
"""Degrees beyond a limit that count although they did not last."""
_THIRSTY = 1.6
"""kPa: above it most plants close their stomata (as in ``plants.thresholds``)."""

_WARMER = (
    "Move it to a warmer place: away from the window pane at night, from an outer door and from draughts. Any room "
    "that is heated will do."
)
_COOLER = (
    "Bring it to a cooler, airy place out of the midday sun, or shade the window and let air in in the morning and in "
    "the evening."
)
_COOLER_BRIGHT = (
    "Bring it to a cooler, airy place that is at least as bright, and let air in in the morning and evening."
)
_MOISTER = (
    "Raise the humidity around it: a humidifier nearby, other plants close to it, or a wide tray of wet pebbles under "
    "the pot; and keep it off the radiator. Misting helps for minutes only."
)
_AIRIER = (
    "Let air move around it: more room between the plants, a window open for a few minutes, or a small fan. When you "
    "water, wet the soil and not the leaves, in the morning."
)
_CHILLED = "Dark, glassy or drooping leaves: damage by cold. Leave them on until new ones grow."
_COLD_ROOTS = "Cold roots take up little water: water less until it stands warmer."
_HEAT_DRIES = (
    "Heat dries the soil faster: look at the soil every day while it lasts. Do not feed in the heat."
)
_CRISP = "Brown, crisp leaf tips, and spider mites (fine webs under the leaves): both come with dry air."
_MOULD = "Grey mould and spots on the leaves: take such leaves off at once."

Side = Literal["min", "max"]


def warmth(case: Case) -> Finding | None:
    """Too cold, too hot, or neither."""
    if not case.has("temperature.now"):
        return None
    if _crossed(case, "min"):
        return _cold(case)
    return _hot(case) if _crossed(case, "max") else None


def _crossed(case: Case, side: Side) -> bool:
    """Outside now, well outside for once within a day, or a little for many hours of a week."""
    limit, extreme = case.number(f"temperature.limit_{side}"), case.number(f"temperature.{side}_24h")
    if limit is None or extreme is None:
        return False
    word, sign = ("below", 1) if side == "min" else ("above", -1)
    beyond = sign * (limit - extreme)
    hours = case.number(f"temperature.hours_{word}_7d") or 0
    return case.text("temperature.status") == word or beyond > _BITES or (beyond > 0 and hours >= _LONG_H)


def _cold(case: Case) -> Finding:
    now = case.text("temperature.status") == "below"
    limit, lowest = case.limit("temperature", "min"), case.said("temperature.min_24h")
    claim = f"It gets too cold: down to {lowest} in the last 24 h, below {limit}."
    if now:
        claim = f"It is too cold: {case.said('temperature.now')} now, below {limit}."
    cited = case.cite_limit("temperature", "min")
    evidence = [*case.cite("temperature.now" if now else "temperature.min_24h"), *cited]
    hours, since = _outside(case, "temperature", "below")
    why = f"The lowest temperature of the last 24 h was {lowest}; {limit} should hold at night, too."
    move = act("warmth", _WARMER, "before tonight", why, [*case.cite("temperature.min_24h"), *cited])
    watch = [_CHILLED] if case.text("soil_moisture.status") == "below" else [_CHILLED, _COLD_ROOTS]
    return Finding(
        0 if now or hours >= _LONG_H else 2,
        f"Move it to a warmer place: it was as cold as {lowest}.",
        [case.claim(claim + since, [*evidence, *_cite_outside(case, "temperature", "below")], "temperature")],
        [move],
        watch,
    )


def _hot(case: Case) -> Finding:
    now = case.text("temperature.status") == "above"
    limit, highest = case.limit("temperature", "max"), case.said("temperature.max_24h")
    claim = f"It gets too hot: up to {highest} in the last 24 h, above {limit}."
    if now:
        claim = f"It is too hot: {case.said('temperature.now')} now, above {limit}."
    cited = case.cite_limit("temperature", "max")
    evidence = [*case.cite("temperature.now" if now else "temperature.max_24h"), *cited]
    hours, since = _outside(case, "temperature", "above")
    when = "today, before noon" if now else "before the next hot day"
    why = f"The highest temperature of the last 24 h was {highest}, above {limit}."
    dark = case.text("dli.status") == "below"
    cool = act(
        "warmth", _COOLER_BRIGHT if dark else _COOLER, when, why, [*case.cite("temperature.max_24h"), *cited]
    )
    return Finding(
        0 if now or hours >= _LONG_H else 2,
        f"Keep it cooler: it was as hot as {highest}.",
        [case.claim(claim + since, [*evidence, *_cite_outside(case, "temperature", "above")], "temperature")],
        [cool],
        [_HEAT_DRIES],
    )


def humidity(case: Case) -> Finding | None:
    """Air that is too dry or too damp over a day or often in a week, not for a moment."""
    mean = case.number("humidity.mean_24h")
    if mean is None:
        return None
    low, high = case.number("humidity.limit_min"), case.number("humidity.limit_max")
    if low is not None and (mean < low or _outside(case, "humidity", "below")[0] >= 2 * _LONG_H):
        return _dry(case)
    if high is not None and (mean > high or _outside(case, "humidity", "above")[0] >= 2 * _LONG_H):
        return _damp(case)
    return None


def _dry(case: Case) -> Finding:
    against, cited = (
        _against(case, "min"),
        [*case.cite("humidity.mean_24h"), *case.cite_limit("humidity", "min")],
    )
    mean = case.said("humidity.mean_24h")
    parts = [
        f"The air is dry: {mean} in the mean of the last 24 h, {against}.",
        _outside(case, "humidity", "below")[1],
    ]
    evidence = [*cited, *_cite_outside(case, "humidity", "below")]
    if (case.number("vpd.mean_24h") or 0) > _THIRSTY:
        parts.append(
            f"Such air ({case.said('vpd.mean_24h')} of vapour pressure deficit) draws much water from the leaves."
        )
        evidence.append("vpd.mean_24h")
    heating = " Heated rooms are this dry in the cold months." if case.rests else ""
    why = f"The air has {mean}, {against}.{heating}"
    raise_it = act("humidity", _MOISTER, "this week", why, [*cited, *case.cite("time.season")])
    return Finding(
        2,
        "Raise the humidity around it: the air is too dry.",
        [case.claim(joined(parts), evidence, "humidity")],
        [raise_it],
        [_CRISP],
    )


def _damp(case: Case) -> Finding:
    against, cited = (
        _against(case, "max"),
        [*case.cite("humidity.mean_24h"), *case.cite_limit("humidity", "max")],
    )
    mean = case.said("humidity.mean_24h")
    claim = f"The air is damp: {mean} in the mean of the last 24 h, {against}."
    claim += _outside(case, "humidity", "above")[1]
    return Finding(
        2,
        "Let more air move around it: the air is too damp.",
        [case.claim(claim, [*cited, *_cite_outside(case, "humidity", "above")], "humidity")],
        [act("humidity", _AIRIER, "this week", f"The air has {mean}, {against}.", cited)],
        [_MOULD],
    )


def _outside(case: Case, metric: str, word: Literal["below", "above"]) -> tuple[float, str]:
    """Hours of a week outside of a limit, and a sentence about them; none for less than an hour."""
    fact_id = f"{metric}.hours_{word}_7d"
    hours = case.number(fact_id) or 0
    return hours, f" It was {word} it {case.of_week(fact_id)}." if hours >= 1 else ""


def _cite_outside(case: Case, metric: str, word: Literal["below", "above"]) -> list[str]:
    return case.cite(f"{metric}.hours_{word}_7d") if _outside(case, metric, word)[0] >= 1 else []


def _against(case: Case, side: Side) -> str:
    """The mean of a day against a limit, in words."""
    mean, limit = case.number("humidity.mean_24h") or 0, case.number(f"humidity.limit_{side}") or 0
    word = "below" if side == "min" else "above"
    crossed = mean < limit if side == "min" else mean > limit
    return f"{'' if crossed else 'and often '}{word} {case.limit('humidity', side)}"
