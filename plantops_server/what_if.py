"""Read model of "what if": the limits somebody thinks of, and those in force, over the plant's own past."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import get_args

from plantops_api.wire import PLANT_METRICS, LimitMetric, Threshold, WhatIf, WhatIfOutcome
from plantops_server.errors import InvalidInput
from plantops_server.incidents import rehearsal
from plantops_server.incidents.breach import Limits
from plantops_server.plants import registry, thresholds
from plantops_server.store.database import Connection
from plantops_server.telemetry import flags, history

SPAN = timedelta(days=30)
_MOST = 8640
"""Readings that are judged one by one, 30 days at 5 minutes; more come in buckets of 5 minutes."""


async def what_if(
    conn: Connection, plant_id: str, metric: str, low: float | None, high: float | None, now: datetime
) -> WhatIf:
    """What ``low`` and ``high`` would have done in the last 30 days, beside the present limits.

    Raises PlantNotFound, and InvalidInput for limits that make no sense and for what is not judged reading by reading.
    """
    if metric not in PLANT_METRICS:
        raise InvalidInput(problem=_refusal(metric))
    thresholds.check(metric, low, high)
    row = await registry.get_plant(conn, plant_id)
    start = now - SPAN
    readings, bucket_s = await _readings(conn, plant_id, metric, start, now)
    current = registry.limits_of(row).get(metric)
    return WhatIf(
        plant_id=plant_id, metric=metric, start=start, end=now, readings=len(readings), bucket_s=bucket_s,
        hours_known=round(rehearsal.hours_known(readings), 1),
        proposed=_outcome(metric, low, high, readings),
        current=_outcome(metric, current.min, current.max, readings) if current else None,
        current_source=current.source if current else None,
    )  # fmt: skip


async def _readings(
    conn: Connection, plant_id: str, metric: str, start: datetime, end: datetime
) -> tuple[list[tuple[datetime, float]], float | None]:
    """Trusted values in time order, and the width of the buckets they stand for (None: they are the readings)."""
    columns = await history.history(conn, plant_id, start, end, _MOST, [metric])
    bits = columns["flags"] or [0] * len(columns["times"])
    values = columns["series"][metric]["mean"]
    readings = [
        (time, value)
        for time, value, bit in zip(columns["times"], values, bits, strict=True)
        if value is not None and not bit & flags.UNTRUSTED
    ]
    return readings, columns["bucket_s"]


def _outcome(
    metric: str, low: float | None, high: float | None, readings: list[tuple[datetime, float]]
) -> WhatIfOutcome:
    limits = Limits.of(metric, Threshold(min=low, max=high, source="user"))
    came = rehearsal.rehearse(limits, readings)
    return WhatIfOutcome(
        min=low, max=high, alerts=came.alerts, critical=came.critical, hours_low=round(came.hours_low, 1),
        hours_high=round(came.hours_high, 1), longest_h=round(came.longest_h, 1),
    )  # fmt: skip


def _refusal(metric: str) -> str:
    if metric in get_args(LimitMetric):
        return f"metric: {metric} is not judged reading by reading. Choose among {', '.join(PLANT_METRICS)}."
    return f"metric: {metric!r} is none. Choose among {', '.join(PLANT_METRICS)}."
