"""Which plants are shown, and in what order: one rule for every interface."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from plantops_api import wire
from plantops_api.wording import TRUST_WORDS, health_phrase


class Order(NamedTuple):
    """One way to sort; ``key`` changes only when the order should."""

    name: str
    key: Callable[[wire.PlantCard], Any]


_HEALTH_RANK = {"critical": 0, "attention": 1, "unknown": 2, "ok": 3}
_TRUST_RANK = {"faulty": 0, "offline": 1, "late": 2, "none": 3, "asleep": 4, "fresh": 5}


def _need(card: wire.PlantCard) -> tuple[Any, ...]:
    return _HEALTH_RANK[card.health], _TRUST_RANK[card.trust], card.name.casefold(), card.id


def _dryness(card: wire.PlantCard) -> tuple[Any, ...]:
    soil = card.state.get("soil_moisture")
    # Whole percents: cards must not swap places over noise.
    return round(soil.value) if soil is not None else 1_000, card.name.casefold(), card.id


ORDERS: tuple[Order, ...] = (
    Order("needs you first", _need),
    Order("driest first", _dryness),
    Order("name", lambda card: (card.name.casefold(), card.id)),
    Order("location", lambda card: ((card.location or "\uffff").casefold(), card.name.casefold(), card.id)),
)


def matches(wanted: str, words: Sequence[str | None]) -> bool:
    """Whether any of the words holds the wanted text; ``!text`` inverts, an empty text lets all pass."""
    inverted = wanted.startswith("!")
    needle = wanted.removeprefix("!").strip().casefold()
    if not needle:
        return True
    found = any(needle in word.casefold() for word in words if word)
    return found is not inverted


def shown(cards: Sequence[wire.PlantCard], wanted: str, order: Order) -> list[wire.PlantCard]:
    """The cards that the filter lets pass, sorted."""
    passing = (card for card in cards if matches(wanted, _words(card)))
    return sorted(passing, key=order.key)


def _words(card: wire.PlantCard) -> tuple[str | None, ...]:
    return card.name, card.species, card.location, health_phrase(card), TRUST_WORDS[card.trust]
