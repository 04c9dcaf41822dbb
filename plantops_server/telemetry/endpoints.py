"""Endpoints that a probe's own history suggests: saturated from the plateaus after waterings, dry from the driest one.

What probes read in air and in water is not what they read in this soil; what counts are the two ends that this pot
really went through.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple

from plantops_server.store.database import Connection
from plantops_server.telemetry import flags
from plantops_server.telemetry.calibration import in_percent
from plantops_server.telemetry.statements import SQL

LOOK_BACK = timedelta(days=120)
_DRAINED = (timedelta(hours=2), timedelta(hours=24))
"""After a watering: what stood on the soil has run through by then, and it has not dried yet."""
_BEFORE = timedelta(hours=12)
_LEAST_WATERINGS = 2
_LEAST_SPAN = 0.05  # of what it counts: ends that are closer together tell nothing apart
_AGREE = 0.5  # of the span: plateaus that differ by more are not one end


class Plateau(NamedTuple):
    """The median of what the probe counted in three hours."""

    start: datetime
    raw: float


class Suggestion(NamedTuple):
    """Endpoints in what the probe counts in and the waterings that they rest on; or None, and why not."""

    dry: float | None
    wet: float | None
    waterings: int
    reason: str | None = None
    unit: str | None = None


async def suggest(
    conn: Connection, device_id: str, waterings: Sequence[datetime], now: datetime
) -> Suggestion:
    """Endpoints for a device, from its trusted readings and the waterings of its plant."""
    values = {"device_id": device_id, "since": now - LOOK_BACK, "untrusted": flags.UNTRUSTED}
    rows = await (await conn.execute(SQL["raw_plateaus"], values)).fetchall()
    return suggestion([Plateau(row["start"], row["raw"]) for row in rows], waterings)


def suggestion(plateaus: Sequence[Plateau], waterings: Iterable[datetime]) -> Suggestion:
    """The same, from plateaus in the order of time."""
    pairs = [pair for at in sorted(waterings) if (pair := _around(plateaus, at)) is not None]
    if len(pairs) < _LEAST_WATERINGS:
        known = "One watering" if pairs else "No watering"
        return Suggestion(
            None,
            None,
            len(pairs),
            f"{known} with readings before and after it is known; two are needed.",
        )
    wet = median(after for _, after in pairs)
    rises = {after > before for before, after in pairs}
    if len(rises) > 1:
        return Suggestion(None, None, len(pairs), "Some waterings raised what it counts and some lowered it.")
    ends = [plateau.raw for plateau in plateaus] + [before for before, _ in pairs]
    dry = min(ends) if rises == {True} else max(ends)
    span = abs(wet - dry)
    if span <= _LEAST_SPAN * max(abs(wet), abs(dry)):
        return Suggestion(None, None, len(pairs), "Dry and wet soil count nearly the same.")
    if max(abs(after - wet) for _, after in pairs) > _AGREE * span:
        return Suggestion(None, None, len(pairs), "The soil was not equally wet after its waterings.")
    unit = "%" if in_percent(dry, wet) else "counts"
    return Suggestion(round(dry, 2), round(wet, 2), len(pairs), unit=unit)


def _around(plateaus: Sequence[Plateau], at: datetime) -> tuple[float, float] | None:
    """What it counted before and after one watering."""
    before = [p.raw for p in plateaus if at - _BEFORE <= p.start and p.start + timedelta(hours=3) <= at]
    after = [p.raw for p in plateaus if at + _DRAINED[0] <= p.start <= at + _DRAINED[1]]
    return (before[-1], median(after)) if before and after else None
