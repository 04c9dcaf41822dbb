"""Two clocks: the pots' own, and the real one that readings carry.

At speed N a pot lives N seconds in each real second, and reports N times as often: every ``interval / N``. Readings
carry the real time, since the server rightly believes no future: what takes a pot a day shows as 24/N hours.
At speed 1 both clocks are the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple


class Timeline(NamedTuple):
    """Both clocks read the same at ``started``."""

    started: datetime
    speed: float = 1.0

    def pot(self, real: datetime) -> datetime:
        """The pots' time at a real moment."""
        return self.started + (real - self.started) * self.speed

    def real(self, pot: datetime) -> datetime:
        """The real moment of the pots' time; what lies before the start is history at its own time."""
        return self.started + (pot - self.started) / self.speed if pot > self.started else pot

    def seconds(self, pot_seconds: float) -> float:
        """How long a span of the pots' time really takes."""
        return timedelta(seconds=pot_seconds).total_seconds() / self.speed
