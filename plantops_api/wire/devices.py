"""Devices that are known: their state, calibration and commands."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from plantops_api.wire.bodies import Request, Response

Trust = Literal["fresh", "late", "asleep", "offline", "faulty", "none"]

DeviceStatus = Literal["provisioning", "online", "offline", "sleeping"]


class DeviceBrief(Response):
    """A device as its plant shows it."""

    id: str
    name: str | None = None
    status: DeviceStatus
    trust: Trust
    last_seen_at: datetime | None = None
    battery: float | None = None
    rssi: float | None = None
    report_interval_s: int
    fault: str | None = Field(
        None, description="What is wrong with its sensors, in words, while that goes on"
    )


class ProvisionBody(Request):
    """POST /api/devices/{id}/provision."""

    plant_id: str | None = Field(
        description="The plant it sits in; null unties it", examples=["plt_4c7xq2mzt7a4h5c6xw2nq7yrd3"]
    )


class Calibration(Request):
    """Two-point calibration of a soil probe: raw counts in dry and in saturated soil of this pot."""

    dry: float = Field(examples=[2870])
    wet: float = Field(examples=[1230])


class CalibrationBody(Calibration):
    """POST /api/devices/{id}/calibration: new endpoints."""

    rederive: bool = Field(True, description="Derive the soil moisture of the history by them, too")


class CalibrationSuggestion(Response):
    """GET /api/devices/{id}/calibration/suggestion: endpoints from the probe's own history, or why there are none."""

    device_id: str
    dry: float | None = None
    wet: float | None = None
    unit: Literal["counts", "%"] | None = Field(None, description="What the probe itself sends")
    waterings: int = Field(description="Waterings that they rest on, with readings before and after them")
    reason: str | None = Field(None, description="Why nothing is suggested")


class DevicePatch(Request):
    """PATCH /api/devices/{id}: only the fields that are given change."""

    name: str | None = Field(None, max_length=120, examples=["Probe on the shelf"])
    report_interval_s: int | None = Field(None, ge=1, le=86_400)
    calibration: Calibration | None = None


class RejectedSample(Response):
    """One reason for which values or packets of a device were rejected."""

    reason: str
    count: int
    sample: str = Field(description="The newest offending packet, shortened")
    last_at: datetime


class Device(Response):
    """A device with credentials of its own. Never carries a secret."""

    id: str
    name: str | None = None
    mac_address: str | None = None
    plant_id: str | None = None
    plant_name: str | None = None
    status: DeviceStatus
    trust: Trust
    firmware_version: str = ""
    sensor_types: list[str] = []
    last_seen_at: datetime | None = None
    last_reading_at: datetime | None = Field(None, description="Newest stored reading time")
    created_at: datetime
    report_interval_s: int
    observed_interval_s: float | None = None
    calibration: Calibration | None = None
    battery: float | None = None
    rssi: float | None = None
    reenrolment_allowed_until: datetime | None = None
    mqtt_username: str = ""
    soil_raw: float | None = Field(
        None,
        description="What the soil probe counted last, before calibration; only in the answer for one device",
    )
    soil_raw_at: datetime | None = None
    fault: str | None = Field(
        None, description="What is wrong with its sensors, in words, while that goes on"
    )
    rejected: list[RejectedSample] = []


class CommandBody(Request):
    """POST /api/devices/{id}/command."""

    command: Literal["identify", "reboot", "rotate"] = Field(examples=["identify"])


class CommandSent(Response):
    """202: the broker has taken the command."""

    device_id: str
    command: str
    sent_at: datetime
