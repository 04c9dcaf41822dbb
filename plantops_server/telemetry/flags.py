"""What is known about a stored reading besides its values: the bit set in ``telemetry.flags``."""

from __future__ import annotations

ARRIVAL_TIME = 1
"""The device sent no usable time: the reading carries the time of its arrival."""

RETAINED = 2
"""The broker replayed it as a retained message: nobody knows whether the device still lives."""

BACKFILL = 4
"""Older on arrival than max(15 min, 3 intervals): fills history, opens no incident by itself."""

SUSPECT = 8
"""The values look like a sensor fault (every field equal), not like a plant."""

CLOCK_WRONG = 16
"""The device sent a time, but no usable one: no zone, milliseconds, or outside [-35 d, +5 min] of arrival."""

UNTRUSTED = RETAINED | SUSPECT
"""Stored and shown as such, but kept out of plant state, roll-ups and incidents."""
