"""Readings of one plant over time."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from plantops_api.wire.bodies import Response
from plantops_api.wire.thresholds import Threshold


class HistorySeries(Response):
    """One metric in equal time buckets; null is a gap. Raw points have min = mean = max."""

    mean: list[float | None]
    min: list[float | None]
    max: list[float | None]


class History(Response):
    """GET /api/plants/{id}/history, columnar: ``times[i]`` is the start of bucket i, or a raw point's time."""

    plant_id: str
    start: datetime
    end: datetime
    bucket_s: float | None = Field(description="Width of a bucket in s; null when the points are raw")
    times: list[datetime]
    flags: list[int] = Field([], description="Raw points only: bit set of each reading, 0 = trusted")
    series: dict[str, HistorySeries]
    thresholds: dict[str, Threshold]
