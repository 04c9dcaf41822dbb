"""Limits: of a person or a species, in force or proposed, and what others would have done."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from plantops_api.wire.bodies import Request, Response

ThresholdSource = Literal["user", "species", "default", "advisor"]


class Range(Request):
    """The user's own limits of one metric; either side may be absent."""

    min: float | None = None
    max: float | None = None
    source: Literal["user", "advisor"] | None = Field(
        None,
        description="Default: user; advisor: its proposal was accepted. Unchanged limits keep source and date",
    )


class Span(Response):
    """A range; either side may be absent."""

    min: float | None = None
    max: float | None = None


class Threshold(Response):
    """The effective limits of one metric and where they come from.

    ``set_at`` and ``set_by`` say when and by whom they were set, or when and from where they were fetched; both are
    null for what ships with the product.
    """

    min: float | None = None
    max: float | None = None
    source: ThresholdSource
    set_at: datetime | None = None
    set_by: str | None = None
    enabled: bool = Field(True, description="False: shown, and not alarmed by until somebody sets it")


class LimitChange(Response):
    """One metric whose limits another species would change."""

    metric: str
    before: Threshold | None = None
    after: Threshold | None = None


class WhatIfOutcome(Response):
    """What a pair of limits would have done, by the rules that judge live readings."""

    min: float | None = None
    max: float | None = None
    alerts: int = Field(description="How many alerts would have opened")
    critical: int = Field(description="How many of them would have become critical")
    hours_low: float
    hours_high: float
    longest_h: float = Field(description="How long the longest alert would have lasted")


class WhatIf(Response):
    """GET /api/plants/{id}/thresholds/what-if: the limits that are asked about beside the ones in force."""

    plant_id: str
    metric: str
    start: datetime
    end: datetime
    readings: int = Field(description="Trusted readings, or buckets of them, that were judged")
    bucket_s: float | None = Field(
        None, description="Width of these buckets in s; null: every reading counted"
    )
    hours_known: float = Field(description="Hours of the span that the readings cover")
    proposed: WhatIfOutcome
    current: WhatIfOutcome | None = Field(None, description="Null: the metric has no limits now")
    current_source: ThresholdSource | None = None
