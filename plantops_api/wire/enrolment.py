"""How a device gets in: registration, the pairing window, enrolment tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from plantops_api.wire.bodies import Name, Request, Response
from plantops_api.wire.devices import DeviceStatus


class RegisterBody(BaseModel):
    """POST /api/devices/register: what a device says of itself. Unknown fields are ignored (firmware varies)."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    mac_address: str = Field(
        pattern=r"^[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}$", examples=["24:6F:28:AE:52:7C"]
    )
    firmware_version: str = Field("", max_length=120, examples=["plantops-esp32 1.0.0"])
    sensor_types: list[Annotated[str, Field(max_length=60)]] = Field(
        [], max_length=32, examples=[["soil_moisture", "temperature"]]
    )
    name: str | None = Field(None, max_length=120)
    report_interval_s: int | None = Field(None, ge=1, le=86_400)
    nonce: str | None = Field(None, min_length=8, max_length=128, examples=["6f1c9a52e0b94d0c"])


class MqttCredentials(Response):
    """What a device needs to connect; the password is shown this once."""

    host: str
    port: int
    tls: bool
    client_id: str
    username: str
    password: str


class DeviceTopics(Response):
    """The device's own four topics."""

    telemetry: str
    status: str
    config: str
    command: str


class Registered(Response):
    """201 of POST /api/devices/register, and the answer of rotate."""

    device_id: str
    status: DeviceStatus
    mqtt: MqttCredentials
    topics: DeviceTopics
    report_interval_s: int


class PairingBody(Request):
    """POST /api/pairing: open the window in which a device may register without a token."""

    seconds: int = Field(300, ge=10, le=3600, examples=[300])


class Pairing(Response):
    """State of the pairing window."""

    open: bool
    until: datetime | None = None
    opened_by: str | None = None


class EnrolmentTokenBody(Request):
    """POST /api/enrolment-tokens."""

    name: Name
    uses: int = Field(1, ge=1, le=10_000)
    expires_in_s: int | None = Field(None, ge=60, le=31_536_000, description="Default: 24 h")


class EnrolmentToken(Response):
    """An enrolment token without its secret."""

    id: str
    name: str
    uses_left: int
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None


class EnrolmentTokenCreated(EnrolmentToken):
    """201: ``token`` is shown this once."""

    token: str
