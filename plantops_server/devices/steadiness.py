"""Devices that lose their connection again and again: a weak radio, a crash loop, two devices with one account.

A loss is a last will that the broker published. More than 15 of them within a minute are flapping (the default of
EMQX's guard). A device that flaps is told of by one incident, and until it was calm for about five minutes its status
messages are passed over, so that they redraw nothing; its readings are taken as ever.

The account is not disabled meanwhile: readings that come between two losses are real, and where two devices share an
account nobody can say which of them is the wrong one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__ or "", "steadiness.sql")

WINDOW = timedelta(minutes=1)
MOST = 15
"""Losses in a window that are not flapping yet."""
CALM_FOR = timedelta(minutes=5)
_CALM = 5  # losses in a window up to which a device that flapped is calm: well under the limit, or it would tip about
_NOTED_EVERY = timedelta(seconds=30)  # that it goes on: neither plant nor incident is touched more often
_APART = timedelta(seconds=1)
"""Losses closer than that count as one: nobody connects so fast, but the broker hands over at once what it kept while
we were away, and those may be the losses of a day."""


class Told(NamedTuple):
    """A status message as it came. ``lost`` is whether it is a last will."""

    device_id: str
    at: datetime
    lost: bool


@dataclass(slots=True)
class Steadiness:
    """What is remembered of one device's connection."""

    device_id: str
    since: datetime
    losses: int
    last_at: datetime
    flapping_at: datetime | None = None

    def lose(self, at: datetime) -> None:
        """Count a loss. A clock that was set back begins a new window."""
        if timedelta() <= at - self.last_at < _APART:
            return
        self.last_at = at
        if not timedelta() <= at - self.since <= WINDOW:
            self.since, self.losses = at, 0
        self.losses += 1
        if self.losses > (_CALM if self.flaps(at) else MOST) and not self._within(at, _NOTED_EVERY):
            self.flapping_at = at

    def flaps(self, at: datetime) -> bool:
        """Whether it lost its connection too often, and was not calm for long enough since."""
        return self._within(at, CALM_FOR)

    def _within(self, at: datetime, span: timedelta) -> bool:
        return self.flapping_at is not None and timedelta() <= at - self.flapping_at < span


class Heard(NamedTuple):
    """The devices that flap, and those of them of which that is to be noted now."""

    flapping: set[str]
    noted: set[str]


async def hear(conn: Connection, told: Sequence[Told]) -> Heard:
    """Count the losses among these messages, which are in the order of their coming, of devices that are locked."""
    if not told:
        return Heard(set(), set())
    cursor = await conn.execute(_SQL["load"], (sorted({message.device_id for message in told}),))
    known = {row["device_id"]: Steadiness(**row) for row in await cursor.fetchall()}
    before = {device_id: steadiness.flapping_at for device_id, steadiness in known.items()}
    changed = {message.device_id for message in told if message.lost}
    for device_id, at, lost in told:
        if lost:
            known.setdefault(device_id, Steadiness(device_id, at, 0, at - _APART)).lose(at)
    if changed:
        kept = [known[device_id] for device_id in sorted(changed)]
        await conn.execute(
            _SQL["keep"],
            [
                [getattr(s, name) for s in kept]
                for name in ("device_id", "since", "losses", "last_at", "flapping_at")
            ],
        )
    return Heard(
        {device_id for device_id, at, _ in told if device_id in known and known[device_id].flaps(at)},
        {device_id for device_id in changed if known[device_id].flapping_at != before.get(device_id)},
    )


async def flapping(conn: Connection, device_ids: Collection[str], now: datetime) -> set[str]:
    """Those of these devices that flap at ``now``."""
    cursor = await conn.execute(_SQL["load"], (sorted(device_ids),))
    return {row["device_id"] for row in await cursor.fetchall() if Steadiness(**row).flaps(now)}
