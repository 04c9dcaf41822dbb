"""The set check: every reading that the broker acknowledged to its device is a row, and every row is one reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple


class Key(NamedTuple):
    """One reading: its device, and the number that it carried as a measured value."""

    device_id: str
    number: int


class Verdict(NamedTuple):
    """What became of the readings. All but ``late`` must be empty."""

    lost: frozenset[Key]
    """Acknowledged, and not there."""
    twice: frozenset[Key]
    """There more than once."""
    unknown: frozenset[Key]
    """There, and never sent."""
    late: frozenset[Key]
    """There, although their device never heard that they had arrived: allowed."""

    @property
    def holds(self) -> bool:
        """Whether nothing acknowledged is lost and nothing is stored twice or invented."""
        return not (self.lost or self.twice or self.unknown)


class Ledger:
    """What was sent and what was acknowledged, by devices; written from several threads."""

    def __init__(self) -> None:
        self.sent: set[Key] = set()
        self.acknowledged: set[Key] = set()

    def verdict(self, rows: Iterable[Key]) -> Verdict:
        """Compare with the rows of the database."""
        counted = Counter(rows)
        stored = frozenset(counted)
        return Verdict(
            lost=frozenset(self.acknowledged) - stored,
            twice=frozenset(key for key, count in counted.items() if count > 1),
            unknown=stored - self.sent,
            late=(stored & self.sent) - self.acknowledged,
        )
