"""Randomness that depends on what is asked, not on what was asked before.

Every number is a function of a seed and of names for what it is about, so that the weather of a day, the noise
of a reading or an outage of a link comes out the same whatever order they are looked at, and a simulation that is
stopped and started again continues the same world.
"""

from __future__ import annotations

import math
from functools import lru_cache
from hashlib import blake2b
from statistics import NormalDist

_STANDARD_NORMAL = NormalDist()
_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


def seed_of(*names: object) -> int:
    """A 64-bit seed from words and numbers; different words give unrelated seeds."""
    return int.from_bytes(blake2b(repr(names).encode(), digest_size=8).digest(), "big")


def uniform(seed: int, number: int) -> float:
    """The ``number``-th draw of a seed, evenly in (0, 1)."""
    mixed = (seed + (number + 1) * _GOLDEN) & _MASK  # SplitMix64 (Steele, Lea, Flood 2014)
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((mixed ^ (mixed >> 31)) + 0.5) / 2**64


def normal(seed: int, number: int, mean: float = 0.0, sd: float = 1.0) -> float:
    """The ``number``-th draw of a seed from a normal distribution."""
    return mean + sd * _STANDARD_NORMAL.inv_cdf(min(max(uniform(seed, number), 1e-12), 1 - 1e-12))


def lognormal(seed: int, number: int, median: float, sigma: float) -> float:
    """The ``number``-th draw of a seed, log-normal around a median."""
    return median * math.exp(normal(seed, number, sd=sigma))


def poisson(seed: int, number: int, rate: float) -> int:
    """How many events happen where ``rate`` are expected."""
    left, count, chance = uniform(seed, number), 0, math.exp(-rate)
    while left > chance and count < 100:
        left -= chance
        count += 1
        chance *= rate / count
    return count


def smooth(seed: int, position: float) -> float:
    """Slowly wandering noise of unit variance: normal draws at whole positions, blended between them."""
    left = math.floor(position)
    share = position - left
    a, b = _knot(seed, left), _knot(seed, left + 1)
    return (a * (1 - share) + b * share) / math.hypot(1 - share, share)


@lru_cache(4096)
def _knot(seed: int, number: int) -> float:
    return normal(seed, number)
