"""The species that ship with the product: ranges per metric, light, watering, toxicity, each with its sources.

``species.json`` is written by us from published facts. Ranges are alarm limits, not ideals: inside them nothing is
wrong. Soil moisture is % of a calibrated capacitive probe, 0 dry and 100 saturated; it follows the watering habit.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import msgspec

from plantops_server.errors import SpeciesNotFound

_CULTIVAR = re.compile(r"\s*['‘’\"(].*$")


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


@cache
def shipped() -> tuple[Species, ...]:
    """All species, by id."""
    return tuple(msgspec.json.decode((files(__package__) / "species.json").read_bytes(), type=list[Species]))


def get(species_id: str) -> Species:
    """One species by id; raises SpeciesNotFound."""
    for species in shipped():
        if species.id == species_id:
            return species
    raise SpeciesNotFound(id=species_id)


def match(text: str | None) -> Species | None:
    """The species that a person means by ``text``: id, scientific or common name, any case, cultivar ignored."""
    if not text:
        return None
    index = _by_name()
    return index.get(_plain(text)) or index.get(_plain(_CULTIVAR.sub("", text)))


def search(q: str | None, limit: int, after: str | None = None) -> list[Species]:
    """Species of which a name contains ``q``, by id, after the id ``after``."""
    wanted = _plain(q or "")
    found = (s for s in shipped() if any(wanted in _plain(name) for name in s.names))
    return [s for s in found if after is None or s.id > after][:limit]


@cache
def _by_name() -> dict[str, Species]:
    index: dict[str, Species] = {}
    for species in shipped():
        for name in [species.id, *species.names]:
            index.setdefault(_plain(name), species)
    return index


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("-", " ").replace("’", "'").split())
