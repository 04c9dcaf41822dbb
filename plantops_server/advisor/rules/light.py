"""Light, as the sum of whole days: what the eye judges worst."""

from __future__ import annotations

from plantops_server.advisor.rules.case import Case, Finding, act

_PARTS = (
    (0.2, "a small part"), (0.3, "a quarter"), (0.42, "a third"), (0.6, "half"), (0.72, "two thirds"),
    (0.9, "three quarters"), (1.0, "nearly all"),
)  # fmt: skip
_LAMP = " By a window alone that will hardly do: hang a grow lamp over it."
_BRIGHTER = "Give it more light: the brightest window, close to the pane, nothing in front of it."
_SHADE = "Shade it at midday: a thin curtain, or a step back from the window."
_LEANS = "Long thin shoots that lean to the window and small pale new leaves: signs of too little light."
_SLOWLY = "Get it used to a brighter place over a week, so that the sun does not scorch the leaves."
_SCORCHED = "Bleached or brown dry patches on the side of the sun: scorched leaves do not recover."
_FOR_SUN = "Light under lamps: the day's sum is computed from lux as for sunlight."
_GAPS = "The light of a whole day: no day of the last week was measured without large gaps."


def light(case: Case) -> Finding | None:
    """Too little, too much, unknown; nothing is said of enough."""
    if not case.has("dli.mean_7d"):
        return _unknown(case)
    status = case.text("dli.status")
    if status == "below":
        return _dark(case)
    return _bright(case) if status == "above" else None


def _unknown(case: Case) -> Finding | None:
    if case.trust == "none":
        return None
    measured = case.has("light_level.now")
    return Finding(3, unknowns=[_GAPS if measured else "Light: no sensor measures it."])


def _dark(case: Case) -> Finding:
    limit, mean = case.limit("dli", "min"), case.said("dli.mean_7d")
    have, least = case.number("dli.mean_7d") or 0, case.number("dli.limit_min") or 1
    share = next(words for most, words in _PARTS if have / least <= most or most == 1)
    evidence = [*case.cite("dli.mean_7d", "dli.days_7d"), *case.cite_limit("dli", "min")]
    claim = f"It stands too dark: {mean} of light in the mean of the last 7 days, {share} of {limit}."
    lamp = have < least / 2 and case.rests
    why = f"It gets {mean}, and {limit} says what it needs at least."
    move = act(
        "light", _BRIGHTER + (_LAMP if lamp else ""), "this week", why,
        [*evidence, *case.cite("species.light", "time.season")],
        amount="a grow lamp for 12 to 14 hours a day" if lamp else None,
    )  # fmt: skip
    return Finding(
        2,
        "Give it more light: it stands too dark.",
        [case.claim(claim, evidence, "dli")],
        [move],
        [_LEANS] if lamp else [_LEANS, _SLOWLY],
        [_FOR_SUN],
    )


def _bright(case: Case) -> Finding:
    limit, mean = case.limit("dli", "max"), case.said("dli.mean_7d")
    evidence = [*case.cite("dli.mean_7d", "dli.days_7d"), *case.cite_limit("dli", "max")]
    claim = f"It stands too bright: {mean} of light in the mean of the last 7 days, above {limit}."
    why = f"It gets {mean}, above {limit}."
    shade = act("light", _SHADE, "before the next sunny day", why, [*evidence, *case.cite("species.light")])
    return Finding(
        2,
        "Give it some shade: it stands too bright.",
        [case.claim(claim, evidence, "dli")],
        [shade],
        [_SCORCHED],
    )
