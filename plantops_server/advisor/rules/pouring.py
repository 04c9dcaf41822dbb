"""How to water, and how much: by the species, and by what was poured before."""

from __future__ import annotations

from plantops_server.advisor.rules.case import Case

JUST_H = 12
"""Water needs about that long to spread and drain (two time constants of 6 h)."""


def how_to_water(case: Case) -> str:
    """In words, as the species likes it."""
    words = (case.text("species.watering") or "").lower()
    quality = " Use rain or distilled water." if "rain" in words or "distilled" in words else ""
    if _sparing(case):
        return "Give it a small drink: in the cold months it needs almost nothing."
    if case.habit == "dry":
        rest = " In the dark months it drinks little." if case.rests else ""
        return f"Water it thoroughly once, then let the soil dry out again.{rest}"
    if case.habit == "wet":
        return f"Water it until the soil is wet all through, and leave some water in the saucer.{quality}"
    return f"Water it slowly over the whole surface, with water at room temperature.{quality}"


def amount(case: Case) -> str:
    """As it was done before, else until it shows at the bottom."""
    for fact_id, words in (
        ("watering.usual_amount_ml", "as usual"),
        ("watering.last_amount_ml", "as last time"),
    ):
        if case.has(fact_id):
            return f"about {case.said(fact_id)}, {words}"
    if _sparing(case):
        return "a few spoonfuls along the edge of the pot"
    if case.habit == "wet":
        return "until the soil is soaked"
    return "until water runs out at the bottom; pour off what stands in the saucer after a quarter of an hour"


def _sparing(case: Case) -> bool:
    """Desert plants at rest: a soaked pot in a cold month is what kills them."""
    return case.rests and "almost nothing in winter" in (case.text("species.watering") or "").lower()


def pot_size(case: Case) -> list[str]:
    """What has to be left open when nobody ever said how much they pour."""
    if case.has("watering.usual_amount_ml") or case.has("watering.last_amount_ml"):
        return []
    return ["The size of the pot, and so the amount in millilitres: log a watering with its amount once."]
