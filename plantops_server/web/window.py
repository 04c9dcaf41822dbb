"""What part of a metric's scale a drawing shows, and where values lie in it."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

from plantops_api import wire
from plantops_api.scales import scale_of

_UNJUDGED = frozenset({"light_level"})
"""Light of a moment is never judged, so its limits are not drawn; its day's sum is what counts."""


def limits(metric: str, threshold: wire.Threshold | None) -> tuple[float | None, float | None]:
    """The limits that are drawn."""
    if threshold is None or metric in _UNJUDGED:
        return None, None
    return threshold.min, threshold.max


class Window:
    """From ``low`` to ``high``: the data and the limits with a margin, or the metric's own scale without limits.

    ``fitted`` windows of metrics without limits follow the data; the others are the same for every plant.
    """

    def __init__(
        self, metric: str, values: Sequence[float], threshold: wire.Threshold | None, *, fitted: bool = False
    ) -> None:
        scale = scale_of(metric)
        known = [*(limit for limit in limits(metric, threshold) if limit is not None), *values]
        self.root = scale.root and not fitted
        if fitted or (len(known) > len(values) and not scale.root):
            low, high = min(known), max(known)
            margin = max((high - low) * 0.1, (scale.high - scale.low) * 0.01)
            # Nothing lies below nothing: an axis of light, salt or water does not start at -3.
            self.low = max(0.0, low - margin) if scale.low == 0 and low >= 0 else low - margin
            self.high = min(100.0, high + margin) if scale.unit == "%" and high <= 100 else high + margin
        else:
            self.low, self.high = min([scale.low, *values]), max([scale.high, *values])

    def up(self, value: float) -> float:
        """Where a value lies, 0 at the bottom and 1 at the top; clipped."""
        part = min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))
        return part**0.5 if self.root else part

    def ticks(self, about: int = 4) -> list[float]:
        """Round values to draw lines at."""
        rough = (self.high - self.low) / about
        power: float = 10 ** floor(log10(rough))
        step = next(power * part for part in (1, 2, 5, 10) if power * part >= rough)
        first = floor(self.low / step) + 1
        return [n * step for n in range(first, floor(self.high / step) + 1)]
