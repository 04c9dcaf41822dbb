"""Alerts, what people say to them, and maintenance."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from plantops_api.wire.bodies import Request, Response

Severity = Literal["warning", "critical"]
IncidentKind = Literal["low", "high", "offline", "sensor_fault", "battery_low", "light_low", "flapping"]


class Alert(Response):
    """One incident: one open problem of one kind."""

    id: int
    plant_id: str | None = None
    plant_name: str | None = None
    device_id: str | None = None
    device_name: str | None = None
    metric: str | None = None
    kind: IncidentKind
    severity: Severity
    value: float | None = None
    threshold: float | None = None
    opened_at: datetime
    sent_at: datetime | None = None
    acked_at: datetime | None = None
    acked_by: str | None = None
    snoozed_until: datetime | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None
    detail: str | None = Field(None, description="What exactly is wrong, where kind and metric do not say it")
    in_maintenance: bool = Field(False, description="It opened while nothing was to be told")


class SnoozeBody(Request):
    """POST /api/alerts/{id}/snooze: give one of the two."""

    seconds: int | None = Field(None, ge=60, le=2_592_000, examples=[86400])
    until: datetime | None = None


class ResolveBody(Request):
    """POST /api/alerts/{id}/resolve."""

    note: str | None = Field(None, max_length=500, examples=["repotted"])


class MaintenanceBody(Request):
    """POST /api/maintenance and /api/plants/{id}/maintenance: until when nothing is told; give one of the two."""

    seconds: int | None = Field(None, ge=60, le=31_536_000, examples=[7200])
    until: datetime | None = None
    note: str | None = Field(None, max_length=500, examples=["repotting day"])


class Maintenance(Response):
    """Until when nothing is told about one plant, or (``plant_id`` null) about anything."""

    plant_id: str | None = None
    plant_name: str | None = None
    until: datetime
    note: str | None = None
    set_by: str
    set_at: datetime


class DeliveryAttempt(Response):
    """One attempt to tell of an incident: GET /api/alerts/{id}/deliveries items."""

    id: int
    channel: str
    event: str = Field(description="What was to be told: opened, changed, resolved, repeat")
    at: datetime
    outcome: str = Field(description="sent, later (tried again), refused (channel disabled), invalid, gone")
    status: int | None = Field(None, description="HTTP status of the answer; null when there was none")
    error: str | None = None
