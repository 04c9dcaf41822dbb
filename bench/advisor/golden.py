"""One golden plant."""

from __future__ import annotations

from dataclasses import dataclass

from bench.advisor.marks import Mark
from bench.advisor.pot import Pot


@dataclass(frozen=True)
class Golden:
    """One plant, what a good gardener must say of it, and what not."""

    name: str
    pot: Pot
    must: tuple[Mark, ...]
    must_not: tuple[Mark, ...] = ()
