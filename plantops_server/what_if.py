"""Read model of "what if": the limits somebody thinks of, and those in force, over the plant's own past."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from plantops_api.wire import PLANT_METRICS, Threshold, WhatIf, WhatIfOutcome
from plantops_server.errors import InvalidInput
from plantops_server.incidents import rehearsal
from plantops_server.incidents.breach import Limits
from plantops_server.plants import registry, thresholds
from plantops_server.store.database import Connection
from plantops_server.telemetry import dli, flags, history
from plantops_server.telemetry.vpd import vpd

SPAN = timedelta(days=30)
JUDGED = (*PLANT_METRICS, "dli", "vpd")
_MOST = 8640
"""Readings that are judged one by one, 30 days at 5 minutes; more come in buckets of 5 minutes."""
_DAY_S = 86_400.0

Readings = list[tuple[datetime, float]]


async def what_if(
    conn: Connection, plant_id: str, metric: str, low: float | None, high: float | None, now: datetime, zone: tzinfo
) -> WhatIf:  # fmt: skip
    """What ``low`` and ``high`` would have done in the last 30 days, beside the present limits.

    Light as ``dli`` is judged by whole days of ``zone``. Raises PlantNotFound, and InvalidInput for limits that make no
    sense and for what is not judged.
    """
    if metric not in JUDGED:
        raise InvalidInput(problem=f"metric: {metric!r} is not judged. Choose among {', '.join(JUDGED)}.")
    thresholds.check(metric, low, high)
    row = await registry.get_plant(conn, plant_id)
    current = registry.limits_of(row).get(metric)
    if current is not None and not current.enabled:
        current = None
    asked = Threshold(min=low, max=high, source="user")
    if metric == "dli":
        return await _by_day(conn, plant_id, asked, current, now, zone)
    start = now - SPAN
    readings, bucket_s = await _readings(conn, plant_id, metric, start, now)
    return WhatIf(
        plant_id=plant_id, metric=metric, start=start, end=now, readings=len(readings), bucket_s=bucket_s,
        hours_known=round(rehearsal.hours_known(readings), 1),
        proposed=_outcome(metric, asked, readings),
        current=_outcome(metric, current, readings) if current else None,
        current_source=current.source if current else None,
    )  # fmt: skip


async def _readings(
    conn: Connection, plant_id: str, metric: str, start: datetime, end: datetime
) -> tuple[Readings, float | None]:
    """Trusted values in time order, and the width of the buckets they stand for (None: they are the readings)."""
    parts = ["temperature", "humidity"] if metric == "vpd" else [metric]
    columns = await history.history(conn, plant_id, start, end, _MOST, parts)
    bits = columns["flags"] or [0] * len(columns["times"])
    means = [columns["series"][part]["mean"] for part in parts]
    readings = [
        (time, vpd(*values) if metric == "vpd" else values[0])
        for time, bit, *values in zip(columns["times"], bits, *means, strict=True)
        if None not in values and not bit & flags.UNTRUSTED
    ]
    return readings, columns["bucket_s"]


async def _by_day(
    conn: Connection, plant_id: str, asked: Threshold, current: Threshold | None, now: datetime, zone: tzinfo
) -> WhatIf:  # fmt: skip
    """The same for the light of days: those wholly measured, today not among them."""
    start = dli.day_span((now - SPAN).astimezone(zone).date(), zone)[0]
    end = dli.day_span(now.astimezone(zone).date(), zone)[0]
    found = await dli.dli_by_day(conn, plant_id, start, end - timedelta(seconds=1), zone)
    days = [(day, found[day].mol) for day in sorted(found) if found[day].complete]
    return WhatIf(
        plant_id=plant_id, metric="dli", start=start, end=end, readings=len(days), bucket_s=_DAY_S,
        hours_known=24.0 * len(days), proposed=_light(asked, days),
        current=_light(current, days) if current else None, current_source=current.source if current else None,
    )  # fmt: skip


def _outcome(metric: str, threshold: Threshold, readings: Readings) -> WhatIfOutcome:
    return _told(threshold, rehearsal.rehearse(Limits.of(metric, threshold), readings))


def _light(threshold: Threshold, days: list[tuple[date, float]]) -> WhatIfOutcome:
    return _told(threshold, rehearsal.rehearse_light(threshold, days))


def _told(threshold: Threshold, came: rehearsal.Outcome) -> WhatIfOutcome:
    return WhatIfOutcome(
        min=threshold.min, max=threshold.max, alerts=came.alerts, critical=came.critical,
        hours_low=round(came.hours_low, 1), hours_high=round(came.hours_high, 1), longest_h=round(came.longest_h, 1),
    )  # fmt: skip
