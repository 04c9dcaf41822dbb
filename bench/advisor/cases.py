"""All golden plants."""

from __future__ import annotations

from bench.advisor.doubts import DOUBTS
from bench.advisor.golden import Golden
from bench.advisor.places import PLACES
from bench.advisor.thirst import THIRST

CASES: tuple[Golden, ...] = (*THIRST, *PLACES, *DOUBTS)
