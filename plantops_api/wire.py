"""Every request and response body of the HTTP API: the server's response models, the TUI's and CLI's types.

Requests refuse unknown fields, so that a misspelt name is an error and not a silent no-op. Responses
ignore unknown fields, so that an older client reads a newer server.

Units, everywhere: soil moisture %, temperature °C, humidity %RH, light lx, conductivity µS/cm,
battery %, rssi dBm. Times are aware datetimes in UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Metric = Literal["soil_moisture", "temperature", "humidity", "light_level", "conductivity", "battery", "rssi"]
"""A measured quantity. The first four are what a plant card shows."""

METRICS: tuple[Metric, ...] = (
    "soil_moisture", "temperature", "humidity", "light_level", "conductivity", "battery", "rssi",
)  # fmt: skip
PLANT_METRICS: tuple[Metric, ...] = (
    "soil_moisture", "temperature", "humidity", "light_level", "conductivity",
)  # fmt: skip
"""Metrics that describe the plant rather than the device, in the order in which cards show them."""

LimitMetric = Literal[
    "soil_moisture", "temperature", "humidity", "light_level", "conductivity", "battery", "rssi", "dli", "vpd"
]
"""What may have limits: every measured quantity, the light of a day (DLI) and the dryness of the air (VPD)."""

LIMIT_METRICS: tuple[LimitMetric, ...] = (*METRICS, "dli", "vpd")

BOUNDS: dict[str, tuple[float, float]] = {
    "soil_moisture": (0, 100),
    "temperature": (-40, 85),
    "humidity": (0, 100),
    "light_level": (0, 200_000),
    "conductivity": (0, 20_000),
    "battery": (0, 100),
    "rssi": (-130, 0),
    "dli": (0, 65),  # the brightest days outdoors reach about 60 mol/m²/d
    "vpd": (0, 12),  # bone-dry air of 49 °C
}
"""What can be measured at all: a limit outside would never, or always, be crossed."""

DERIVED_METRICS: tuple[str, ...] = ("dli", "vpd")
"""What history computes from the others: the light of the local day, and how thirsty the air is."""

UNITS: dict[str, str] = {
    "soil_moisture": "%",
    "temperature": "°C",
    "humidity": "%",
    "light_level": "lx",
    "conductivity": "µS/cm",
    "battery": "%",
    "rssi": "dBm",
    "dli": "mol/m²/d",
    "vpd": "kPa",
}

Trust = Literal["fresh", "late", "asleep", "offline", "faulty", "none"]
Health = Literal["ok", "attention", "critical", "unknown"]
DeviceStatus = Literal["provisioning", "online", "offline", "sleeping"]
Severity = Literal["warning", "critical"]
IncidentKind = Literal["low", "high", "offline", "sensor_fault", "battery_low", "light_low"]
ThresholdSource = Literal["user", "species", "default", "advisor"]
Role = Literal["viewer", "operator", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "operator", "admin")

Name = Annotated[str, Field(min_length=1, max_length=120, examples=["Monstera by the window"])]


class Request(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Response(BaseModel):
    """Base of response bodies: unknown fields are ignored, so that fields may be added."""

    model_config = ConfigDict(extra="ignore")


Item = TypeVar("Item")


class Page(Response, Generic[Item]):
    """One page of a list. ``next_cursor`` is null on the last page."""

    items: list[Item]
    next_cursor: str | None = None


class Problem(Response):
    """RFC 9457 problem document; ``detail`` says what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable machine-readable name of the error", examples=["plant_not_found"])
    errors: list[dict[str, Any]] = Field(default=[], description="One entry a field that is wrong: loc, msg")


# --- plants -------------------------------------------------------------------------------------------


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


class SpeciesDiff(Response):
    """GET /api/plants/{id}/thresholds/species-diff: what another species would change, and what stays yours."""

    species: str
    matched: Species | None = Field(None, description="Null: no species is known by that name")
    nearest: list[str] = Field([], description="When none is known: names that are spelled alike")
    changes: list[LimitChange] = []
    kept: list[str] = Field([], description="Metrics with limits of your own, which no species overwrites")


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


class Plant(PlantCard):
    """GET /api/plants/{id}: the card and what stands behind it. Also the answer of POST and PUT."""

    notes: str | None = None
    created_at: datetime
    devices: list[DeviceBrief] = []
    open_alerts: list[Alert] = []
    own_thresholds: dict[str, Range] = Field({}, description="Only the limits that a person set")


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


# --- devices ------------------------------------------------------------------------------------------


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


# --- alerts and notifications -------------------------------------------------------------------------


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


# --- species ------------------------------------------------------------------------------------------


class Species(Response):
    """A species of the shipped set, or one that was fetched from OpenPlantbook."""

    id: str
    scientific_name: str
    synonyms: list[str] = []
    common_names: list[str] = []
    thresholds: dict[str, Span] = {}
    dli: Span | None = None
    watering: str | None = None
    light: str | None = None
    toxicity: str | None = None
    sources: list[str] = []
    origin: Literal["shipped", "openplantbook"] = "shipped"
    fetched_at: datetime | None = None
    match: Literal["name", "similar"] | None = Field(
        None, description="In a search: a name contains the text, or is only spelled alike"
    )


class SpeciesLookupBody(Request):
    """POST /api/species/lookup."""

    name: str = Field(min_length=3, max_length=120, examples=["abelia"])


class SpeciesFetchBody(Request):
    """POST /api/species/fetch."""

    id: str = Field(min_length=1, max_length=140, examples=["openplantbook:abelia chinensis"])
    refresh: bool = Field(False, description="Ask again although it is kept")


class OpenPlantbookBody(Request):
    """PUT /api/settings/species: the key of an OpenPlantbook account; a null ``client_id`` forgets it."""

    client_id: str | None = Field(None, max_length=200, examples=["W8hRg3…"])
    client_secret: str | None = Field(
        None, max_length=500, repr=False, description="Absent, or still masked: the stored one stays"
    )


class SpeciesSettings(Response):
    """GET /api/settings/species. Never carries the secret."""

    provider: Literal["openplantbook"] = "openplantbook"
    installed: bool = Field(description="Whether the extra plantops[openplantbook] is installed")
    configured: bool
    client_id: str | None = None
    client_secret_masked: str | None = None
    cached: int = Field(0, description="Species that were fetched and are kept")


class SpeciesProviderTest(Response):
    """POST /api/settings/species/test: the real outcome; ``error`` is a sentence, null when ok."""

    ok: bool
    latency_ms: int | None = None
    error: str | None = None


# --- access -------------------------------------------------------------------------------------------


class LoginBody(Request):
    """POST /api/auth/login."""

    username: str = Field(min_length=1, max_length=120, examples=["ada"])
    password: str = Field(min_length=1, max_length=500, examples=["a long pass phrase"])


class PasswordBody(Request):
    """POST /api/auth/password: your own new password."""

    current_password: str | None = Field(
        None, max_length=500, repr=False, description="Not needed by whoever has no password yet",
        examples=["a long pass phrase"],
    )  # fmt: skip
    new_password: str = Field(
        min_length=10, max_length=500, repr=False, examples=["another long pass phrase"]
    )


class LoginLinkBody(Request):
    """POST /api/auth/login-links: for yourself, or, as admin, for another user."""

    username: str | None = Field(None, max_length=120, examples=["ada"])


class LoginLink(Response):
    """201: a link that logs a browser in once; shown this once."""

    url: str = Field(examples=["https://plants.example/login?link=…"])
    username: str
    expires_at: datetime


class Me(Response):
    """GET /api/auth/me: who the server thinks you are."""

    username: str
    role: Role
    via: Literal["session", "token"]
    token_name: str | None = None


class UserBody(Request):
    """POST /api/users."""

    username: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$", examples=["ada"])
    password: str = Field(min_length=10, max_length=500)
    role: Role = "viewer"


class UserPatch(Request):
    """PATCH /api/users/{id}: only the fields that are given change."""

    role: Role | None = Field(None, examples=["operator"])
    password: str | None = Field(None, min_length=10, max_length=500)


class User(Response):
    """A person. ``has_password`` is false for the local admin, who uses a token."""

    id: str
    username: str
    role: Role
    has_password: bool
    created_at: datetime
    last_login_at: datetime | None = None


class TokenBody(Request):
    """POST /api/tokens: an API token for yourself, or, as admin, for another user."""

    name: Name
    role: Role | None = Field(None, description="At most your own; default: your own")
    expires_in_s: int | None = Field(None, ge=60, le=315_360_000, description="Null: until it is revoked")
    username: str | None = None


class Token(Response):
    """An API token without its secret."""

    id: str
    name: str
    username: str
    role: Role
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


class TokenCreated(Token):
    """201: ``token`` is shown this once."""

    token: str


class SshKeyBody(Request):
    """POST /api/users/{id}/ssh-keys: the line of a ``.pub`` file."""

    public_key: str = Field(
        min_length=1, max_length=8192,
        examples=["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ada@laptop"],
    )  # fmt: skip


class SshKey(Response):
    """A public key that logs its user in over SSH; ``public_key`` is type and key, ``comment`` stands apart."""

    id: str
    username: str
    fingerprint: str = Field(examples=["SHA256:Xw0kfTnI8l5YFPJ7GkzN7RzsFAS5mVHAcBuR9gGgEXc"])
    key_type: str
    comment: str
    public_key: str
    created_at: datetime
    last_used_at: datetime | None = None


class SshSessionBody(Request):
    """POST /api/ssh-sessions: who proved which key, and from where."""

    username: str = Field(min_length=1, max_length=120, examples=["ada"])
    fingerprint: str | None = Field(
        None,
        max_length=100,
        description="The proved key: it must be this user's, and ends the session when it goes",
    )
    address: str | None = Field(None, max_length=100, examples=["192.0.2.7"])


# --- care advisor -------------------------------------------------------------------------------------

LlmProvider = Literal["anthropic", "openai", "openai-compatible"]
Confidence = Literal["low", "medium", "high"]
ActionKind = Literal["water", "wait", "light", "warmth", "humidity", "feed", "sensor", "observe", "other"]
Feedback = Literal["helped", "not_helped"]
Decision = Literal["accepted", "declined"]


class LlmPrice(BaseModel):
    """What a model costs, in US dollars per million tokens."""

    model_config = ConfigDict(extra="forbid")

    input_usd: float = Field(ge=0, examples=[1.0])
    output_usd: float = Field(ge=0, examples=[5.0])


class LlmSettingsBody(Request):
    """PUT /api/settings/llm: which model writes care plans. A key is bound to the host it was given for."""

    provider: LlmProvider = Field(examples=["anthropic"])
    model: str = Field(min_length=1, max_length=200, examples=["claude-haiku-5-5"])
    api_key: str | None = Field(
        None,
        max_length=500,
        repr=False,
        description="Absent, or still masked: the stored one stays, if the host does",
    )
    base_url: str | None = Field(None, max_length=500, examples=["http://127.0.0.1:11434/v1"])
    daily_cap_usd: float | None = Field(None, ge=0, description="Null = no cap; 0 = never spend")
    monthly_cap_usd: float | None = Field(None, ge=0, description="Null = no cap; 0 = never spend")
    prices: dict[str, LlmPrice] | None = Field(
        None, description="Own prices by model, before the shipped table; absent: the stored ones stay"
    )


class LlmModel(Response):
    """A model that PlantOps knows the price of, in US dollars per million tokens."""

    id: str
    provider: LlmProvider
    input_usd: float
    output_usd: float


class LlmSettings(Response):
    """GET /api/settings/llm. Never carries the key."""

    provider: LlmProvider | None = None
    model: str | None = None
    base_url: str | None = None
    configured: bool = Field(description="A provider is chosen and has the key that it needs")
    installed: bool = Field(description="Whether the extra plantops[llm] is installed")
    api_key_masked: str | None = Field(None, examples=["sk-…abcd"])
    key_host: str | None = Field(None, description="The only host that the stored key is ever sent to")
    daily_cap_usd: float | None = None
    monthly_cap_usd: float | None = None
    spent_today_usd: float = 0
    spent_month_usd: float = 0
    prices: dict[str, LlmPrice] = Field({}, description="Own prices by model")
    models: list[LlmModel] = []
    prices_as_of: str = Field("", description="Date of the shipped price table", examples=["2026-11-24"])


class LlmTest(Response):
    """POST /api/settings/llm/test: the real outcome; ``error`` is a sentence, null when ok."""

    ok: bool
    provider: LlmProvider | None = None
    model: str | None = None
    latency_ms: int | None = None
    error: str | None = None


class Fact(Response):
    """One thing the advisor may know. Only facts with these ids may be cited."""

    id: str = Field(examples=["soil_moisture.mean_24h"])
    value: float | str | bool | None
    unit: str | None = Field(None, examples=["%"])
    label: str = Field(
        "", description="In words, for people", examples=["mean soil moisture of the last 24 h"]
    )


class Diagnosis(Response):
    """One claim about the plant, with the ids of the facts that it rests on."""

    claim: str
    confidence: Confidence
    evidence: list[str]
    supported: bool = Field(True, description="Code found every cited fact and every number of the claim")
    doubt: str | None = Field(None, description="What code could not find, when not supported")


class CareAction(Response):
    """Something to do: what, how much, when and why."""

    kind: ActionKind
    what: str
    amount: str | None = None
    when: str
    why: str
    evidence: list[str] = []
    decision: Decision | None = None


class ThresholdProposal(Response):
    """Other limits for one metric: a diff that a person accepts or declines."""

    metric: LimitMetric
    min: float | None = None
    max: float | None = None
    current_min: float | None = None
    current_max: float | None = None
    why: str
    evidence: list[str] = []
    decision: Decision | None = None


class PlanData(Response):
    """What a care plan says; every text is plain."""

    summary: str
    diagnosis: list[Diagnosis] = []
    actions: list[CareAction] = []
    watch_for: list[str] = []
    unknowns: list[str] = []
    threshold_proposals: list[ThresholdProposal] = []


class CarePlan(Response):
    """A care plan as it was written; the newest of a plant is the current one."""

    id: int
    plant_id: str
    source: str = Field(description="The provider that wrote it, or `rules`", examples=["rules"])
    source_reason: str | None = Field(None, description="Why the rules wrote it; null when a model did")
    model: str | None = None
    prompt_version: str | None = None
    inputs_hash: str | None = None
    generated_at: datetime
    plan_data: PlanData
    facts: list[Fact] = Field([], description="The facts that it cites, as they were")
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float | None = Field(None, description="Null when the price of the model is not known")
    feedback: Feedback | None = None
    cached: bool = Field(False, description="Nothing had changed since, so nobody was asked again")


class AnalyzeBody(Request):
    """POST /api/plants/{id}/analyze."""

    force: bool = Field(
        False, examples=[False], description="Ask again although nothing has changed since the current plan"
    )


class CareProgress(Response):
    """One event of the progress of analyze, when it is asked for as text/event-stream."""

    stage: Literal["facts", "asking", "writing", "checking", "repairing", "done"]
    detail: str = ""


class FeedbackBody(Request):
    """POST /api/care-plans/{id}/feedback; null takes it back."""

    feedback: Feedback | None = Field(examples=["helped"])


class DecisionBody(Request):
    """Accept or decline an action or a threshold proposal of a care plan."""

    decision: Decision = Field(examples=["accepted"])


class AdvisorPreview(Response):
    """GET /api/plants/{id}/advisor-preview: exactly what analyze would send, and to whom."""

    plant_id: str
    source: str = Field(description="Who would write the plan: a provider, or `rules`")
    source_reason: str | None = Field(
        None, description="Why the rules would; nothing leaves the machine then"
    )
    host: str | None = Field(None, description="Where it would be sent; null = nowhere")
    model: str | None = None
    prompt_version: str
    system: str = Field(description="The instructions, word for word")
    prompt: str = Field(description="The message, word for word; holds the facts")
    facts: list[Fact]
    inputs_hash: str
    size_bytes: int = Field(description="Of the fact sheet within the prompt")
    tokens_estimate: int
    cost_estimate_usd: float | None = Field(None, description="Null when the price of the model is not known")


# --- running ------------------------------------------------------------------------------------------


class Check(Response):
    """One line of /readyz."""

    ok: bool
    detail: str


class Ready(Response):
    """GET /readyz; 503 when ``ready`` is false."""

    ready: bool
    version: str
    checks: dict[str, Check]


class Event(Response):
    """One event of GET /api/stream: it carries ids, not data; read the card again."""

    id: str
    event: Literal["plant", "device", "alert", "care_plan", "reset"]
    ids: list[str] = Field([], description="Ids of what changed; empty for reset: read everything again")
