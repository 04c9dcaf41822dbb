"""Telemetry as a device writes it: readings to JSON, one object or an array of up to 500."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

Item = TypeVar("Item")

LONGEST_ARRAY = 500
"""Readings in one message: what the protocol allows."""

Fields = Mapping[str, Any]
"""One reading by the protocol's names: ``ts`` as an aware datetime, a number for each metric; None was not measured."""


def encode(readings: Sequence[Fields]) -> bytes:
    """The payload for one reading, or for several, oldest first."""
    objects = [_object(reading) for reading in readings]
    document: Any = objects[0] if len(objects) == 1 else objects
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def arrays(readings: Sequence[Item], length: int = LONGEST_ARRAY) -> Iterator[Sequence[Item]]:
    """A long buffer, cut into pieces that each fit one message."""
    for start in range(0, len(readings), length):
        yield readings[start : start + length]


def instant(time: datetime) -> str:
    """ISO 8601 in UTC, as short as it can be."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _object(reading: Fields) -> dict[str, Any]:
    return {name: instant(value) if isinstance(value, datetime) else value for name, value in reading.items()}
