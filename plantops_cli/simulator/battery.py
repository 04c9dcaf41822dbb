"""Charge of a node's battery over its age and the cold, and the strength of its radio."""

from __future__ import annotations

from plantops_cli.simulator import chance

COIN_CELL_LIFE_D = (540.0, 720.0)
"""A coin cell lasts 18 to 24 months."""


class Battery:
    """One coin cell and one radio. ``age_d`` is how old the cell was when the node was put up, d."""

    def __init__(self, seed: int, age_d: float | None = None) -> None:
        shortest, longest = COIN_CELL_LIFE_D
        self._life = shortest + (longest - shortest) * chance.uniform(seed, 0)
        self._age = age_d if age_d is not None else 300 * chance.uniform(seed, 1)
        self._distance = chance.normal(seed, 2, mean=-64, sd=7)
        self._radio = chance.seed_of(seed, "rssi")

    def charge(self, days: float, temperature: float) -> int:
        """Charge in %, in whole steps, ``days`` after it was put up; cold costs up to 8 %."""
        left = 100 * (1 - (self._age + days) / self._life)
        cold = min(8.0, max(0.0, 0.8 * (10 - temperature)))
        return round(min(100.0, max(0.0, left - cold)))

    def rssi(self, number: int) -> int:
        """Signal strength of the ``number``-th report, dBm."""
        return round(min(-30.0, max(-95.0, chance.normal(self._radio, number, mean=self._distance, sd=2.5))))
