"""Slows guessing of passwords down, per account and per address, without ever locking anybody out for good."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from plantops_server.errors import TooManyLogins

FREE_TRIES = 5
"""Wrong passwords that cost nothing: people mistype."""
LONGEST_WAIT_S = 300
"""Home Assistant's owners were banned by their own threshold; here the wait stops growing at 5 minutes."""
FORGET_AFTER = timedelta(hours=1)
_MOST_KEYS = 10_000


@dataclass(slots=True)
class _Failures:
    count: int
    last: datetime


@dataclass(slots=True)
class LoginBackoff:
    """Counts failures in memory: a restart forgives, a successful login clears its account."""

    _failures: OrderedDict[str, _Failures] = field(default_factory=OrderedDict)

    def begin(self, username: str, address: str, now: datetime) -> None:
        """Count a try before its password is looked at, so that a thousand at once are a thousand tries.

        Raises TooManyLogins, and counts nothing, while ``username`` or ``address`` still has to wait.
        """
        keys = _keys(username, address)
        wait = max(self._wait_s(key, now) for key in keys)
        if wait > 0:
            raise TooManyLogins(retry_after_s=ceil(wait))
        for key in keys:
            known = self._failures.pop(key, None)
            count = known.count if known and now - known.last < FORGET_AFTER else 0
            self._failures[key] = _Failures(count + 1, now)
        while len(self._failures) > _MOST_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, username: str, address: str) -> None:
        """The password was right: forget the account's failures, and take this try off the address."""
        of_user, of_address = _keys(username, address)
        self._failures.pop(of_user, None)
        if known := self._failures.get(of_address):
            known.count -= 1

    def _wait_s(self, key: str, now: datetime) -> float:
        known = self._failures.get(key)
        if known is None or known.count < FREE_TRIES or now - known.last >= FORGET_AFTER:
            return 0
        wait = min(LONGEST_WAIT_S, 2 ** (known.count - FREE_TRIES))
        return (known.last + timedelta(seconds=wait) - now).total_seconds()


def _keys(username: str, address: str) -> tuple[str, str]:
    return f"user:{username}", f"address:{address}"
