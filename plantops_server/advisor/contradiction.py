"""Claims whose words say the opposite of what the facts show: "too wet" of soil that is too dry. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from plantops_server.advisor import vocabulary as words
from plantops_server.advisor.harm import denied_before
from plantops_server.advisor.rules.case import Case
from plantops_server.advisor.rules.pouring import JUST_H

_HALF = 0.5


def contradicts(text: str, case: Case) -> str | None:
    """What in a text the facts deny; None when nothing is."""
    for sentence in re.split(r"(?<=[.;!?])\s+", text):
        for pattern, denied in _PATTERNS:
            match = pattern.search(sentence)
            if match and not denied_before(sentence, match.start()) and not words.SUPPOSED.search(sentence):
                reason = denied(case, sentence)
                if reason:
                    return reason
    return None


def _soil_share(case: Case) -> float | None:
    """Where the soil is within its range: below 0 under the lower limit, above 1 over the upper one."""
    now, low, high = (case.number(f"soil_moisture.{what}") for what in ("now", "limit_min", "limit_max"))
    if now is None or low is None or high is None or high <= low:
        return None
    return (now - low) / (high - low)


def _wet(case: Case, sentence: str) -> str | None:
    if words.OF_THE_AIR.search(sentence):
        return None
    share, lately = _soil_share(case), (case.number("soil_moisture.hours_above_7d") or 0) >= 2
    denied = share is not None and share < _HALF and not lately
    return "the facts do not show soil that is too wet" if denied else None


def _dry(case: Case, sentence: str) -> str | None:
    if words.OF_THE_AIR.search(sentence):
        return None
    share, lately = _soil_share(case), (case.number("soil_moisture.hours_below_7d") or 0) >= 2
    denied = share is not None and share > _HALF and not lately
    return "the facts do not show soil that is too dry" if denied else None


def _cold(case: Case, _sentence: str) -> str | None:
    low, least = case.number("temperature.limit_min"), case.number("temperature.min_7d")
    denied = low is not None and least is not None and least >= low
    return "the facts do not show that it is too cold" if denied else None


def _hot(case: Case, _sentence: str) -> str | None:
    high, most = case.number("temperature.limit_max"), case.number("temperature.max_7d")
    denied = high is not None and most is not None and most <= high
    return "the facts do not show that it is too hot" if denied else None


def _dark(case: Case, _sentence: str) -> str | None:
    return (
        "the facts do not show too little light" if case.text("dli.status") in ("in range", "above") else None
    )


def _bright(case: Case, _sentence: str) -> str | None:
    return (
        "the facts do not show too much light" if case.text("dli.status") in ("in range", "below") else None
    )


def _dry_air(case: Case, _sentence: str) -> str | None:
    low, least = case.number("humidity.limit_min"), case.number("humidity.min_7d")
    return (
        "the facts do not show air that is too dry"
        if low is not None and least is not None and least >= low
        else None
    )


def _well(case: Case, _sentence: str) -> str | None:
    if case.trust in ("offline", "faulty", "none"):
        return "nobody knows how it is now"
    if case.number("incidents.open") or case.text("soil_moisture.status") in ("below", "above"):
        return "the facts show a problem"
    return None


def _sensor(case: Case, _sentence: str) -> str | None:
    return "the sensor is not believed" if case.trust in ("offline", "faulty", "none") else None


def _harmless(case: Case, _sentence: str) -> str | None:
    toxicity = (case.text("species.toxicity") or "").lower()
    return "the species is toxic" if "toxic" in toxicity and not toxicity.startswith("not toxic") else None


def _watered(case: Case, _sentence: str) -> str | None:
    hours = case.number("watering.last_h")
    return "no watering is known of these hours" if hours is None or hours >= 2 * JUST_H else None


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[Case, str], str | None]], ...] = (
    (words.TOO_WET, _wet), (words.TOO_DRY, _dry), (words.TOO_COLD, _cold), (words.TOO_HOT, _hot),
    (words.TOO_DARK, _dark), (words.TOO_BRIGHT, _bright), (words.DRY_AIR, _dry_air), (words.WELL, _well),
    (words.SENSOR_WORKS, _sensor), (words.HARMLESS, _harmless), (words.JUST_WATERED, _watered),
)  # fmt: skip
