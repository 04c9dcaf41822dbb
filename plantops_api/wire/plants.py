"""Plants: what people say of them, their card, and their waterings."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from plantops_api.wire.alerts import Alert
from plantops_api.wire.bodies import Name, Request, Response
from plantops_api.wire.devices import DeviceBrief, Trust
from plantops_api.wire.measures import LimitMetric
from plantops_api.wire.thresholds import Range, Threshold

Health = Literal["ok", "attention", "critical", "unknown"]


class PlantBody(Request):
    """POST /api/plants and PUT /api/plants/{id}. On PUT an absent optional field is cleared."""

    name: Name
    species: str | None = Field(None, max_length=120, examples=["Monstera deliciosa"])
    location: str | None = Field(None, max_length=120, examples=["living room"])
    notes: str | None = Field(None, max_length=4000)
    thresholds: dict[LimitMetric, Range] | None = Field(
        None, description="Your own limits by metric; metrics that are absent follow the species",
        examples=[{"soil_moisture": {"min": 30, "max": 60}}],
    )  # fmt: skip


class MetricState(Response):
    """Newest trusted value of one metric and when it was measured."""

    value: float
    time: datetime


class SparkSeries(Response):
    """24 h in 48 equal buckets, oldest first, the last one ending at ``end``; null is a gap."""

    mean: list[float | None]
    min: float | None = None
    max: float | None = None


class Forecast(Response):
    """When the soil reaches its dry threshold."""

    at: datetime
    plus_minus_h: float
    reason: str


class Light(Response):
    """The light of whole local days as plants count it, mol/m²/d; null where none was measured."""

    yesterday: float | None = None
    today: float | None = Field(None, description="So far")
    complete: bool = Field(
        False, description="Whether enough of yesterday was measured to call it the day's sum"
    )


class PlantCard(Response):
    """All that a card shows: GET /api/plants items."""

    id: str
    name: str
    species: str | None = None
    location: str | None = None
    archived: bool = False
    health: Health
    trust: Trust
    state: dict[str, MetricState] = Field(description="Newest trusted value per metric")
    thresholds: dict[str, Threshold]
    open_incidents: int = 0
    worst: str | None = Field(None, description="What is wrong, in words: 'too dry'; null when nothing is")
    worst_since: datetime | None = None
    last_reading_at: datetime | None = None
    expected_interval_s: float | None = Field(
        None, description="What its device declared or was seen to keep"
    )
    sparkline: dict[str, SparkSeries] = {}
    sparkline_end: datetime | None = None
    next_watering: Forecast | None = None
    next_watering_reason: str | None = Field(
        None, description="Why there is no forecast; null when there is one"
    )
    next_watering_brief: str | None = Field(
        None, description="The same in at most 18 characters, for a card: 'still learning'"
    )
    dli: Light | None = Field(None, description="Daily light; null when no light was measured these two days")
    device_count: int = 0
    maintenance_until: datetime | None = Field(None, description="Until then nothing is told about it")


class Plant(PlantCard):
    """GET /api/plants/{id}: the card and what stands behind it. Also the answer of POST and PUT."""

    notes: str | None = None
    created_at: datetime
    devices: list[DeviceBrief] = []
    open_alerts: list[Alert] = []
    own_thresholds: dict[str, Range] = Field({}, description="Only the limits that a person set")
    vpd: MetricState | None = Field(
        None,
        description="Vapour pressure deficit, kPa; null when temperature and humidity are not of one time",
    )


class WateringBody(Request):
    """POST /api/plants/{id}/waterings: log a watering by hand."""

    at: datetime | None = Field(None, description="Default: now")
    amount_ml: float | None = Field(None, gt=0, le=100_000, examples=[250])
    note: str | None = Field(None, max_length=1000)


class Watering(Response):
    """A watering, detected from the readings or logged by hand."""

    id: int
    plant_id: str
    at: datetime
    source: Literal["detected", "logged"]
    amount_ml: float | None = None
    moisture_before: float | None = None
    moisture_after: float | None = None
    note: str | None = None
