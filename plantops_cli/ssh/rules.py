"""How many, how often and how long: what keeps the door usable when somebody leans on it."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict, deque
from dataclasses import dataclass, field

LOGIN_GRACE_S = 20
"""Within this a client has proved a key, or is shown out."""
SIT_DOWN_WITHIN_S = 10
"""Within this it has asked for a session: there is nothing else to be had."""
MOST_KEYS_OFFERED = 20
"""Keys that one connection may offer; an agent holds several."""
MOST_STRANGERS = 50
"""Connections at once on which nobody has proved a key yet; OpenSSH begins to refuse at 10 and is shut at 100."""
KEEPALIVE_S, KEEPALIVES_LOST = 15, 3
"""A client that vanished without a word is noticed after 45 to 60 s."""
LONGEST_SESSION_S = 24 * 3600
"""As long as its token lasts."""

_MINUTE_S = 60.0
_MOST_SOURCES = 10_000


@dataclass(frozen=True, slots=True)
class HouseRules:
    """What the person who runs the door may choose."""

    host: str = "127.0.0.1"
    port: int = 8422
    max_sessions: int = 20
    connections_per_minute: int = 30
    idle_s: float | None = 3600
    """None: an interface may stay open untouched until its token expires."""
    local_key: bool = False


@dataclass(slots=True)
class Turnstile:
    """Counts connections of the last minute by where they come from."""

    per_minute: int
    _came: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)

    def admits(self, address: str, now: float) -> bool:
        """Whether one more may come from ``address`` at ``now`` (s of a monotonic clock)."""
        source = _source(address)
        times = self._came.pop(source, deque())
        while times and now - times[0] >= _MINUTE_S:
            times.popleft()
        admitted = len(times) < self.per_minute
        if admitted:
            times.append(now)
        self._came[source] = times
        while len(self._came) > _MOST_SOURCES:
            self._came.popitem(last=False)
        return admitted


def _source(address: str) -> str:
    """An IPv4 address, or the /64 in which an IPv6 one lies: a household has a whole one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
