"""The species that ship with the product: ranges per metric, light, watering, toxicity, each with its sources.

``species.json`` is written by us from published facts. Ranges are alarm limits, not ideals: inside them nothing is
wrong. Soil moisture is % of a calibrated capacitive probe, 0 dry and 100 saturated; it follows the watering habit.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from plantops_server.errors import SpeciesNotFound
from plantops_server.plants.likeness import likeness, plain

_CULTIVAR = re.compile(r"\s*(?:['‘’\"“(]|\bcv\.\s).*$")
_ALIKE = 0.72
"""Names at least this much alike are an answer: one slip in four letters."""
_NEAREST = 0.45
"""Names at least this much alike are worth naming beside "there is none"."""

Match: TypeAlias = Literal["name", "similar"]


class Limits(msgspec.Struct, frozen=True):
    """A range; either side may be absent."""

    min: float | None = None
    max: float | None = None


class Species(msgspec.Struct, frozen=True, kw_only=True):
    """One species; ``dli`` in mol/m²/d."""

    id: str
    scientific_name: str
    synonyms: list[str] = []
    common_names: list[str] = []
    thresholds: dict[str, Limits] = {}
    dli: Limits | None = None
    watering: str | None = None
    light: str | None = None
    toxicity: str | None = None
    sources: list[str] = []

    @property
    def names(self) -> list[str]:
        """Every name it goes by, the scientific one first."""
        return [self.scientific_name, *self.synonyms, *self.common_names]

    @property
    def limits(self) -> dict[str, Limits]:
        """The ranges of all metrics, the day's light among them."""
        return {**self.thresholds, **({"dli": self.dli} if self.dli else {})}


class Found(NamedTuple):
    """One answer of a search, and whether a name holds the text or is only spelled alike."""

    species: Species
    match: Match


@cache
def shipped() -> tuple[Species, ...]:
    """All species, by id."""
    return tuple(msgspec.json.decode((files(__package__) / "species.json").read_bytes(), type=list[Species]))


def get(species_id: str) -> Species:
    """One species by id; raises SpeciesNotFound, which names those that are spelled alike."""
    for species in shipped():
        if species.id == species_id:
            return species
    raise SpeciesNotFound(id=species_id, hint=_hint(species_id))


def match(text: str | None) -> Species | None:
    """The species that a person means by ``text``: id, scientific or common name, any case.

    A cultivar ('Thai Constellation'), a variety or an author's name behind it is passed over. Spelling is not
    forgiven here: limits must not rest on a guess.
    """
    if not text:
        return None
    index = _by_name()
    for candidate in (plain(text), plain(_CULTIVAR.sub("", text))):
        if found := index.get(candidate):
            return found
    words = plain(_CULTIVAR.sub("", text)).split()
    return index.get(" ".join(words[:2])) if len(words) > 2 else None


def search(q: str | None, limit: int, after: str | None = None) -> list[Found]:
    """Species by what people call them, the best first, after the one with the id ``after``; all by id without ``q``.

    Every word of ``q`` begins or lies within a name; when nothing does, names that are spelled alike.
    """
    found = _ranked(plain(_CULTIVAR.sub("", q or "")) or plain(q or ""))
    start = next((n + 1 for n, f in enumerate(found) if f.species.id == after), 0) if after else 0
    return list(found[start : start + limit])


def nearest(text: str, count: int = 3) -> list[str]:
    """Names that are spelled most like ``text``, none when nothing is; each is its species' own or common name."""
    wanted = plain(_CULTIVAR.sub("", text)) or plain(text)
    best = sorted(((_best_name(wanted, s), s.id) for s in shipped()), key=lambda item: (-item[0][0], item[1]))
    return [name for (score, name), _ in best[:count] if score >= _NEAREST]


@lru_cache(maxsize=200)
def _ranked(wanted: str) -> tuple[Found, ...]:
    """The whole answer to a search; kept, because its pages are asked for one after the other."""
    if not wanted:
        return tuple(Found(species, "name") for species in shipped())
    literal = [(rank, s.id, s) for s in shipped() if (rank := _rank(wanted, s)) is not None]
    if literal:
        return tuple(Found(s, "name") for _, _, s in sorted(literal, key=lambda item: item[:2]))
    alike = [(-score, s.id, s) for s in shipped() if (score := _best_name(wanted, s)[0]) >= _ALIKE]
    return tuple(Found(s, "similar") for _, _, s in sorted(alike, key=lambda item: item[:2]))


def _rank(wanted: str, species: Species) -> int | None:
    """0: a name is the text; 1: begins with it; 2: a word does; 3: holds it; 4: its names hold each word of it."""
    names = _plain_names()[species.id]
    if wanted in names:
        return 0
    if any(wanted in name for name in names):
        ranks = (
            1 if name.startswith(wanted) else 2 if f" {wanted}" in name else 3
            for name in names
            if wanted in name
        )
        return min(ranks)
    return 4 if all(any(word in name for name in names) for word in wanted.split()) else None


def _best_name(wanted: str, species: Species) -> tuple[float, str]:
    plains = _plain_names()[species.id][1:]
    return max((likeness(wanted, plainly), name) for plainly, name in zip(plains, species.names, strict=True))


def _hint(species_id: str) -> str:
    names = nearest(species_id)
    return f"Spelled alike: {', '.join(names)}." if names else "Nothing is spelled like it."


@cache
def _plain_names() -> dict[str, tuple[str, ...]]:
    """By id, every name as it is compared."""
    return {s.id: tuple(plain(name) for name in (s.id, *s.names)) for s in shipped()}


@cache
def _by_name() -> dict[str, Species]:
    index: dict[str, Species] = {}
    for species in shipped():
        for name in [species.id, *species.names]:
            index.setdefault(plain(name), species)
    return index
