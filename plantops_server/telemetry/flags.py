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

OUT_OF_RANGE = 32
"""At least one of its values lay outside of what can be and was refused; the values that are there may be right."""

STUCK = 64
"""The sensor repeats itself for longer than it ever did, while something should have changed."""

JUMP = 128
"""Moisture fell at once by more than any pot dries, or a value went out and back: contact lost, cable loose."""

OUT_OF_SOIL = 256
"""As JUMP, and down to what the probe shows in air."""

SENTINEL = 512
"""A value is the error value of a sensor, not a measurement: 85 °C at power-on, a converter at its end."""

DUPLICATE = 1024
"""Two senders report as this device."""

FAULTY = SUSPECT | STUCK | JUMP | OUT_OF_SOIL | SENTINEL | DUPLICATE
"""What a sensor fault leaves behind."""

UNTRUSTED = RETAINED | FAULTY
"""Stored and shown as such, but kept out of plant state, roll-ups and incidents."""
