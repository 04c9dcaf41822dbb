"""Whether a sensor repeats itself for longer than it should: that takes its resolution and its habits, not a count.

Equal readings for hours are normal: a fine industrial probe showed 98 equal samples in a night, a cheap thermometer
91. So a run of equal readings is held against three things: how often this sensor repeats itself (white noise of more
than one step hardly ever does), the longest run that it ever showed, and, for one that repeats itself much, how far it
should have moved meanwhile.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_MEMORY = 1 / 64  # of the share of repeats, in readings
_SURPRISE = 16.0  # -ln of the chance of such a run by noise alone: one in ten million
_LEAST_RUN = 5
_RUNS = 3.0  # times the longest run seen
_LEARNED_CHANGES = 24
_QUIET = 0.4  # share of repeats above which nights and slow pots, and not noise, make the runs
_QUIET_AGE_S = 3 * 86_400.0
_NEVER_S = 14 * 86_400.0


@dataclass(slots=True)
class Run:
    """The present run of equal readings of one sensor and what is known of earlier ones. Times in epoch seconds."""

    born: float = 0.0
    since: float = 0.0
    last: float = 0.0
    count: int = 0
    repeats: float = 0.5
    """Share of readings that equal the one before."""
    changes: int = 0
    longest_s: float = 0.0
    stuck: bool = False

    def changed(self, time: float) -> None:
        """A reading that differs from the one before."""
        if self.changes == 0:
            self.born = time
        elif self.count > 1:
            self._learn()
        self.stuck = False
        self.changes += 1
        self.repeats -= self.repeats * _MEMORY
        self.since = self.last = time
        self.count = 1

    def repeated(self, time: float, least_s: float, expected_steps_per_s: float | None = None) -> bool:
        """A reading equal to the one before; whether this is a stuck sensor by now.

        ``least_s`` is how long a run must last at least. ``expected_steps_per_s`` is how fast the value should move,
        in steps of its resolution; a sensor that repeats itself much is not judged before it should have moved by
        three, or not for two weeks when it is not given.
        """
        self.count += 1
        self.last = time
        if not self.stuck and self.changes >= _LEARNED_CHANGES and self.count >= _LEAST_RUN:
            self.stuck = time - self.since >= least_s and self._too_long(time, expected_steps_per_s)
        return self.stuck

    def _learn(self) -> None:
        """Take the run that ends into account; one that was called stuck may have been right, by half as much again."""
        run_s = self.last - self.since
        if self.stuck:
            self.longest_s = max(self.longest_s, min(run_s, 1.5 * self.longest_s))
            return
        self.longest_s = max(self.longest_s, run_s)
        self.repeats = 1 - (1 - self.repeats) * (1 - _MEMORY) ** (self.count - 1)

    def _too_long(self, time: float, expected_steps_per_s: float | None) -> bool:
        run_s, usual = time - self.since, min(max(self.repeats, 0.02), 0.999)
        if run_s < _RUNS * self.longest_s or self.count * -math.log(usual) < _SURPRISE:
            return False
        if usual < _QUIET:
            return True
        if self.since - self.born < _QUIET_AGE_S or expected_steps_per_s is None:
            return run_s > _NEVER_S
        return run_s * expected_steps_per_s >= 3
