"""Advice that would harm this plant, its people or its pets, by the facts. Pure; each answer is a sentence, or None.

Words are looked for sentence by sentence; a word that is denied ("do not water") or put off ("water when it is dry")
is no advice for now. What gardeners agree on stands here, nothing finer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from plantops_api.wire import CareAction
from plantops_server.advisor import prompt
from plantops_server.advisor import vocabulary as words
from plantops_server.advisor.numbers import numbers
from plantops_server.advisor.rules.case import Case
from plantops_server.advisor.rules.pouring import JUST_H

_AHEAD_H, _AHEAD_DRY_H = 72, 48
"""So long before its soil is dry a plant needs no water; the second is for those that want it dry in between."""
_ROOM = (0.0, 40.0)
"""°C that no pot plant is moved out of, where its own limits are not known."""
_RUN = 8
_INSTRUCTIONS = frozenset(
    zip(*(prompt.SYSTEM.lower().split()[start:] for start in range(_RUN)), strict=False)
)
"""Every run of eight words of what a model is told: more than chance repeats."""
_MOST_ML, _TIMES_USUAL = 10_000, 4.0
_MIDDLE = {"dry": 0.35, "middle": 0.5, None: 0.5, "moist": 0.65, "wet": 0.9}
"""Share of its soil range from which a plant of that habit needs no water yet."""


class Rule(NamedTuple):
    """A word and the reason against it, given the facts."""

    word: re.Pattern[str]
    against: Callable[[Case], str | None]


def of_action(action: CareAction, case: Case) -> str | None:
    """Why this action must not be shown; None when nothing speaks against it."""
    body = f"{action.what}. {action.amount or ''}".strip(" .")
    strictly = action.kind not in ("wait", "sensor")
    whole = f"{body}. {action.when}. {action.why}"
    return (
        _of_watering(action, body, case) or of_text(body, case, action.when, strictly=strictly)
        or _of_degrees(body, case) or no_gardening(whole)
    )  # fmt: skip


def of_claim(text: str, case: Case) -> str | None:
    """Why a claim gives advice on water that must not be shown."""
    for sentence in sentences(text):
        if (
            _pours(sentence, strictly=False)
            and not _depends(sentence, "")
            and (reason := against_water(case))
        ):
            return reason
    return None


def no_gardening(text: str) -> str | None:
    """Why a text has no place in a plan at all: it commands, or it recites what the model was told."""
    if words.NO_GARDENING.search(text):
        return "that is no gardening"
    run = text.lower().split()
    recited = any(tuple(run[at : at + _RUN]) in _INSTRUCTIONS for at in range(len(run) - _RUN + 1))
    return "that recites instructions" if recited else None


def of_text(text: str, case: Case, when: str = "", *, strictly: bool = False) -> str | None:
    """Why a text gives advice that must not be shown; ``when`` is the time that goes with all of it.

    ``strictly`` takes every sentence that may mean water for one that does.
    """
    for sentence in sentences(text):
        for rule in _RULES:
            if (
                _said(rule.word, sentence)
                and not _only_warns(rule, sentence)
                and (reason := rule.against(case))
            ):
                return reason
        pours = _pours(sentence, strictly=strictly) and not _depends(sentence, when)
        if pours and (reason := against_water(case)):
            return reason
        withholds = words.WITHHOLDS.search(sentence) and not words.SUPPOSED.search(sentence)
        if withholds and (reason := _against_thirst(case)):
            return reason
    return no_gardening(text)


def _pours(sentence: str, *, strictly: bool) -> bool:
    """Whether a sentence says to give water; ``strictly``: or may mean it, as far as one can tell."""
    if _said(words.POURS, sentence):
        return True
    may_mean = strictly or words.URGENT.search(sentence) is not None
    harmless = words.HARMLESS_OF_WATER.search(sentence)
    return may_mean and not harmless and _said(words.SPEAKS_OF_WATER, sentence)


def _only_warns(rule: Rule, sentence: str) -> bool:
    """Whether a sentence about eating says that it does harm."""
    return rule.word is words.EATS and words.WARNS.search(sentence) is not None


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text; a colon or semicolon ends one, a decimal point does not."""
    return (part.strip() for part in re.split(r"(?<=[.;:!?])\s+", text) if part.strip())


def against_water(case: Case) -> str | None:
    """Why this plant must not be watered now."""
    if not case.soil_is_believed:
        return "nothing fresh and trusted shows that the soil is dry"
    status = case.text("soil_moisture.status")
    if status == "above":
        return "the soil is above its upper limit already"
    watered = case.number("watering.last_h")
    if watered is not None and watered < JUST_H:
        return "it was watered a few hours ago"
    now, low, high = (case.number(f"soil_moisture.{what}") for what in ("now", "limit_min", "limit_max"))
    if now is None or low is None or high is None or now < low:
        return None
    if now > low + _MIDDLE[case.habit] * (high - low):
        return "the soil is moist enough"
    due = case.number("forecast.dry_in_h")
    early = due is not None and due > (_AHEAD_H if case.habit in ("moist", "wet") else _AHEAD_DRY_H)
    return "the soil will be dry only days from now" if early else None


def _of_watering(action: CareAction, body: str, case: Case) -> str | None:
    if action.kind != "water":
        return None
    if words.OFTEN.search(f"{body}. {action.when}") and case.habit != "wet":
        return "no plant of this kind is watered every day"
    usual = case.number("watering.usual_amount_ml") or case.number("watering.last_amount_ml")
    for number in numbers(action.amount or ""):
        millilitres = number.value * {"ml": 1, "l": 1000}.get(number.unit or "", 0)
        if millilitres > _MOST_ML or (usual and millilitres > _TIMES_USUAL * usual):
            return "the amount would drown it"
    return None if _put_off(body, action.when) else against_water(case)


def _put_off(text: str, when: str) -> bool:
    """Whether advice waits for something: a condition in the text or in its time, and nothing that says now."""
    both = f"{text} {when}"
    return bool(words.CONDITION.search(both)) and not words.URGENT.search(both)


def _depends(sentence: str, when: str) -> bool:
    """The same for a sentence among others: a condition of its own counts whatever the time of the whole is."""
    if words.CONDITION.search(sentence):
        return not words.URGENT.search(sentence)
    return _put_off(sentence, when)


def _said(word: re.Pattern[str], sentence: str) -> bool:
    """Whether a sentence holds the word without denying it."""
    return any(not denied_before(sentence, match.start()) for match in word.finditer(sentence))


def denied_before(sentence: str, place: int) -> bool:
    """Whether one of the last words of the same clause turns round what stands at ``place``."""
    clause = re.split(r",|\b(?:and|but|then)\b", sentence[:place])[-1]
    return bool(words.DENIED.search(" ".join(clause.split()[-5:])))


def _against_thirst(case: Case) -> str | None:
    below = case.soil_is_believed and case.text("soil_moisture.status") == "below"
    watered = case.number("watering.last_h")
    if below and case.habit != "dry" and (watered is None or watered >= JUST_H):
        return "the soil is below its lower limit: it needs water"
    return None


def _of_degrees(text: str, case: Case) -> str | None:
    """A place that is too hot or too cold for the species."""
    low, high = case.number("temperature.limit_min"), case.number("temperature.limit_max")
    low, high = _ROOM[0] if low is None else low, _ROOM[1] if high is None else high
    for number in numbers(text):
        if number.unit != "°C" or not words.PLACES_AT.search(text[: max(text.find(number.text), 0)]):
            continue
        if not low <= number.value <= high:
            return "that temperature is outside of its limits"
    return None


def _poison(_case: Case) -> str | None:
    return "that would harm the plant"


def _strong(_case: Case) -> str | None:
    return "fertiliser in that strength burns the roots"


def _heat(case: Case) -> str | None:
    high, peak = case.number("temperature.limit_max"), case.number("temperature.max_24h")
    hot = case.text("temperature.status") == "above" or (
        high is not None and peak is not None and peak > high
    )
    return "it is too hot already" if hot and not _cold(case) else None


def _chill(case: Case) -> str | None:
    return "it is too cold already" if _cold(case) else None


def _cold(case: Case) -> bool:
    low, least = case.number("temperature.limit_min"), case.number("temperature.min_24h")
    return case.text("temperature.status") == "below" or (
        low is not None and least is not None and least < low
    )


def _light(case: Case) -> str | None:
    return "it stands too bright already" if case.text("dli.status") == "above" else None


def _sun(case: Case) -> str | None:
    shy = "no direct sun" in (case.text("species.light") or "").lower()
    return "its species bears no direct sun" if shy else None


def _shade(case: Case) -> str | None:
    return "it stands too dark already" if case.text("dli.status") == "below" else None


def _moisture(case: Case) -> str | None:
    mean, high = case.number("humidity.mean_24h"), case.number("humidity.limit_max")
    return "the air is too damp already" if mean is not None and high is not None and mean > high else None


def _dryness(case: Case) -> str | None:
    mean, low = case.number("humidity.mean_24h"), case.number("humidity.limit_min")
    return "the air is too dry already" if mean is not None and low is not None and mean < low else None


def _food(case: Case) -> str | None:
    mean, high = case.number("conductivity.mean_7d"), case.number("conductivity.limit_max")
    if case.text("conductivity.status") == "above" or (mean is not None and high is not None and mean > high):
        return "the soil holds too much fertiliser already"
    if case.soil_is_believed and case.text("soil_moisture.status") == "above":
        return "roots in wet soil cannot take fertiliser up"
    if case.soil_is_believed and case.text("soil_moisture.status") == "below":
        return "fertiliser burns roots in dry soil: water comes first"
    return None


def _mouth(case: Case) -> str | None:
    toxicity = (case.text("species.toxicity") or "").lower()
    harmless = toxicity.startswith("not toxic")
    return None if harmless else "the facts do not say that it is harmless"


_RULES = (
    Rule(words.POISON, _poison), Rule(words.STRONG, _strong), Rule(words.WARMS, _heat), Rule(words.COOLS, _chill),
    Rule(words.BRIGHTENS, _light), Rule(words.FULL_SUN, _sun), Rule(words.DARKENS, _shade),
    Rule(words.MOISTENS, _moisture), Rule(words.DRIES_AIR, _dryness), Rule(words.FEEDS, _food),
    Rule(words.EATS, _mouth),
)  # fmt: skip
