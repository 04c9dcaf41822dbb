"""Who is told of alerts, by which channel and when."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from plantops_api.wire.alerts import IncidentKind, Severity
from plantops_api.wire.bodies import Name, Request, Response


class ChannelBody(Request):
    """One notification channel. A ``url`` that equals the masked one keeps the stored secret."""

    name: Name
    type: Literal["discord", "apprise"]
    url: str = Field(max_length=2000)
    kinds: list[IncidentKind] | None = Field(None, description="Only these kinds; null = all")
    plants: list[str] | None = Field(None, description="Only these plant ids; null = all")
    min_severity: Severity = "warning"
    enabled: bool = True
    disabled_reason: str | None = Field(None, description="Ignored, so that GET's answer may be sent back")


class Channel(Response):
    """A notification channel as it is shown: the URL is masked."""

    name: str
    type: Literal["discord", "apprise"]
    url: str
    kinds: list[str] | None = None
    plants: list[str] | None = None
    min_severity: Severity = "warning"
    enabled: bool = True
    disabled_reason: str | None = Field(None, description="Why the server stopped using it")


class QuietHours(BaseModel):
    """Local times between which warnings wait; critical ones never do."""

    model_config = ConfigDict(extra="forbid")

    start: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["22:00"])
    end: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["07:30"])
    timezone: str = Field("UTC", max_length=64, examples=["Europe/Berlin"])


class NotificationSettingsBody(Request):
    """PUT /api/settings/notifications: replaces all of it."""

    channels: list[ChannelBody] = Field(
        [], max_length=20,
        examples=[[{"name": "family", "type": "discord", "url": "https://discord.com/api/webhooks/…"}]],
    )  # fmt: skip
    quiet_hours: QuietHours | None = None
    repeat_after_s: int | None = Field(None, ge=300, description="Repeat while unacknowledged; null = never")
    digest: bool = Field(False, description="Gather warnings, and tell them together at the full hour")
    heartbeat_url: str | None = Field(
        None, max_length=2000, description="Called while all is well, so that a watchdog hears when the server dies; "
        "the masked one keeps the stored one", examples=["https://hc-ping.com/…"],
    )  # fmt: skip
    heartbeat_every_s: int = Field(300, ge=60, le=86_400)


class NotificationSettings(Response):
    """GET /api/settings/notifications."""

    channels: list[Channel] = []
    quiet_hours: QuietHours | None = None
    repeat_after_s: int | None = None
    digest: bool = False
    heartbeat_url: str | None = Field(None, description="Masked")
    heartbeat_every_s: int = 300


class NotificationTestBody(Request):
    """POST /api/settings/notifications/test: one channel by name, ``heartbeat`` for the watchdog, or all of them."""

    channel: str | None = Field(None, examples=["family"])


class ChannelTest(Response):
    """The real outcome of a test message."""

    channel: str
    ok: bool
    status: int | None = Field(None, description="HTTP status of the answer; null when there was none")
    error: str | None = None


class NotificationTest(Response):
    """One outcome a channel, and that of the heartbeat."""

    results: list[ChannelTest]
