"""Whether the probe still touches the soil: moisture that falls at once, and values that go out and back.

No pot loses several points between two reports: it dries by two to ten points a day, and only the surplus of a fresh
watering drains faster. A rise may always be a watering and is believed, unless the next readings take it back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from plantops_server.telemetry import flags

WARM_UP = 12
"""Readings before anything is called a fault: until then the noise of the probe is not known."""

_LEAST = 4.0  # points; contact losses of real probes were 9 to 25
_NOISES = 6.0  # times the usual difference between two readings: one in a million for white noise
_PER_H = 1.2  # points; the fastest drying seen in twelve real series was 0.4
_DRAINS = 0.45  # share of a watering's rise that may drain away again (seen: 0.37)
_DRAINED_H = 3.5
_DRAINS_FOR_S = 12 * 3600.0
_AIR = 0.4  # times the level before: less is what a probe shows in air
_BACK = 0.4  # share of the loss whose recovery ends it: put back, or watered
_MEMORY = 64  # readings over which the noise is learned
_NOISY = 1.0  # points between two readings: beyond that single readings say little
_SMOOTH = 0.3
_DOUBTS = ((2, 0.75), (4, 0.5))
"""For a noisy probe: so many readings in a row, each below by that share of the limit, are as good as one beyond it."""
_SPIKE_S = 2 * 3600.0
_SPIKE_READINGS = 2
_STEP_LASTS_S = 24 * 3600.0
_AIR_LASTS_S = 7 * 24 * 3600.0
_STEP_READINGS = 24
_GROWS = 1 / 16  # weight of differences that exceed what was known, one after the other
_FLOOR = 0.5  # points; a probe that is clipped there shows no noise, and of a watering only a part


@dataclass(slots=True)
class Contact:
    """What is known of one probe's moisture, in points; times in epoch seconds."""

    n: int = 0
    time: float = 0.0
    value: float = 0.0
    """The newest reading that was believed; of a noisy probe, a mean of the last few."""
    noise: float = 2.0
    """Mean absolute difference between two readings, with large ones cut."""
    step: float = 0.0
    """Resolution: the smallest difference seen; 0 while unknown."""
    loss_per_s: float = 0.0
    """How fast it dries, over spans of six hours."""
    anchor_time: float = 0.0
    anchor: float = 0.0
    rise_time: float = 0.0
    rise_from: float = 0.0
    rise: float = 0.0
    rise_readings: int = 0
    lost_time: float = 0.0
    lost_from: float = 0.0
    lost_to: float = 0.0
    lost_now: float = 0.0
    lost_readings: int = 0
    doubts: int = 0
    doubt_time: float = 0.0
    doubt_least: float = 0.0
    """Of the readings in doubt: the smallest fall, as a share of the limit."""
    rough: int = 0
    """Differences in a row that were cut: more than one are noise that has grown, and no outlier."""
    late_since: float = 0.0
    """Set when this reading showed that those from then on were no measurement."""

    def fold(self, time: float, value: float, *, telling: bool = True) -> int:
        """One more reading, later than all before; the flags that it deserves.

        ``telling`` is False for a repeated value of a probe that hardly ever repeats one: that says nothing of its
        noise, it may have stuck.
        """
        if self.lost_readings:
            return self._while_lost(time, value)
        if not self.time:
            self.time, self.value = time, value
            return 0
        change = value - self.value
        size = -change if change < 0 else change
        if size > _LEAST and self.n >= WARM_UP:
            limit = self._limit(time)
            if change > limit:
                self.rise_time, self.rise_from, self.rise, self.rise_readings = time, self.value, size, 0
                self.value = value
            elif change < 0 and self._falls(time, value, size, limit):
                return flags.OUT_OF_SOIL if self.in_air else flags.JUMP
            if self.doubts:
                return 0
        elif self.doubts:
            self.doubts = 0
        if telling and value > _FLOOR:
            self._learn(time, size)
        self._believe(time, value, size)
        return 0

    @property
    def in_air(self) -> bool:
        """Whether what the probe fell to is what it shows in air."""
        return self.lost_to < _AIR * self.lost_from

    def _limit(self, time: float) -> float:
        noise = self.noise * (1 + WARM_UP / (self.n + 1))  # which is not well known at first
        return max(_LEAST, _NOISES * noise) + _PER_H * (time - self.time) / 3600

    def _learn(self, time: float, size: float) -> None:
        """Take one more difference into the noise: outliers cut, unless they come in a row and are no draining."""
        self.n += 1
        weight = 1 / self.n if self.n < _MEMORY else 1 / _MEMORY
        most = 3 * self.noise + 0.1
        if size <= most or time - self.rise_time < _DRAINS_FOR_S:
            self.rough = 0
        else:
            self.rough += 1
            if self.rough > 1:
                most, weight = size, max(weight, _GROWS)
        self.noise += ((size if size < most else most) - self.noise) * weight

    def _believe(self, time: float, value: float, size: float) -> None:
        if size > 0.001 and (size < self.step or not self.step):
            self.step = size
        self.rise_readings += 1
        if self.noise < _NOISY:
            self.value = value
        else:  # what was known before a gap counts the less the more may have dried in it
            dried = _PER_H * (time - self.time) / 3600
            self.value += (value - self.value) * max(_SMOOTH, dried / (dried + self.noise))
        self.time = time
        if time - self.anchor_time >= 21_600:
            if self.anchor_time and time - self.anchor_time < 86_400 and value < self.anchor:
                loss = (self.anchor - value) / (time - self.anchor_time)
                self.loss_per_s += (loss - self.loss_per_s) * 0.2
            self.anchor_time, self.anchor = time, value

    def _falls(self, time: float, value: float, size: float, limit: float) -> bool:
        """Whether a fall is a loss of contact. A spike taken back and the draining after a watering are none."""
        since_rise = time - self.rise_time
        if self.rise:
            near = value - self.rise_from < max(_LEAST, 0.25 * self.rise)
            if size > limit and near and since_rise < _SPIKE_S and self.rise_readings <= _SPIKE_READINGS:
                self.late_since, self.rise, self.value = self.rise_time, 0.0, value
                return False
            limit += _DRAINS * self.rise * math.exp(-since_rise / 3600 / _DRAINED_H)
        if size <= limit and not self._doubtful(time, size / limit):
            return False
        if self.doubts:
            self.late_since, self.doubts = self.doubt_time, 0
        self.lost_time, self.lost_from, self.lost_to, self.lost_now = time, self.value, value, value
        self.lost_readings = 1
        return True

    def _doubtful(self, time: float, share: float) -> bool:
        """Count readings of a noisy probe that all lie low; whether they are too many to be noise."""
        if self.noise < _NOISY or self.n < _MEMORY or share < _DOUBTS[-1][1]:
            self.doubts = 0
            return False
        if not self.doubts:
            self.doubt_time, self.doubt_least = time, share
        self.doubts += 1
        self.doubt_least = min(self.doubt_least, share)
        if any(self.doubts == count and self.doubt_least >= least for count, least in _DOUBTS):
            return True
        if self.doubts >= _DOUBTS[-1][0]:
            self.doubts = 0
        return False

    def _while_lost(self, time: float, value: float) -> int:
        loss = self.lost_from - self.lost_to
        noisy = self.noise >= _NOISY
        now = self.lost_now + (value - self.lost_now) * _SMOOTH if noisy else value
        leap = max(_LEAST, _BACK * loss, _NOISES * self.noise if noisy else 0.0)
        if now > self.lost_from - max(_LEAST, (1 - _BACK) * loss) or value - self.lost_now > leap:
            known = (
                self.lost_now if self.lost_now < _FLOOR else self.lost_from
            )  # at its end it showed less than there was
            if value - known > max(_LEAST, _NOISES * self.noise):
                self.rise_time, self.rise_from, self.rise = time, known, value - known
                self.rise_readings = _SPIKE_READINGS + 1
            self._settle(time, value)
            return 0
        self.lost_readings += 1
        self.lost_now = now
        lasts = _AIR_LASTS_S if self.in_air else _STEP_LASTS_S
        if time - self.lost_time >= lasts and self.lost_readings >= _STEP_READINGS:
            self._settle(time, now)
            return 0
        return flags.OUT_OF_SOIL if self.in_air else flags.JUMP

    def _settle(self, time: float, value: float) -> None:
        """Believe again from here on, at this level."""
        self.lost_readings = 0
        self.n += 1
        self.time, self.value, self.anchor_time = time, value, 0.0
