"""The moment at which the clock of the garden stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 24, 13, 32, 10, tzinfo=UTC)
"""14:32 in Berlin."""


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)
