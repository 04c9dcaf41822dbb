"""How many registrations an address may try: a bucket that fills again evenly."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

_MOST_ADDRESSES = 10_000  # the one unheard longest goes first: a flood of addresses must not fill the memory


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateLimit:
    """So many tries per key and minute, which may come all at once. Times are of a monotonic clock, s."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait_s(self, key: str, per_minute: int, now: float) -> int:
        """Take one try: 0, or the whole seconds after which there will be one."""
        bucket = self._buckets.pop(key, None) or _Bucket(per_minute, now)
        bucket.tokens = min(per_minute, bucket.tokens + (now - bucket.at) * per_minute / 60)
        bucket.at = now
        self._buckets[key] = bucket
        if len(self._buckets) > _MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0
        return int((1 - bucket.tokens) * 60 / per_minute) + 1
