"""Where incidents are told: the setting ``notifications``, its URLs sealed at rest and masked when shown.

A channel that its service refuses for good is disabled with a reason that its owner sees.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from urllib.parse import parse_qs, urlsplit, urlunsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict

from plantops_api import wire
from plantops_server.errors import InvalidInput
from plantops_server.store.database import Connection
from plantops_server.store.vault import Vault, get_setting, put_setting

_KEY = "notifications"
_DISCORD_HOSTS = frozenset(
    f"{prefix}{domain}" for prefix in ("", "ptb.", "canary.") for domain in ("discord.com", "discordapp.com")
)
_WEBHOOK_PATH = re.compile(r"/api(?:/v\d+)?/webhooks/\d{1,25}/[\w-]{1,200}")
_HIDDEN = "****"


class StoredChannel(BaseModel):
    """A channel as it lies in the database: ``sealed_url`` opens only with the key file."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: Literal["discord", "apprise"]
    sealed_url: str
    masked_url: str
    kinds: list[str] | None = None
    plants: list[str] | None = None
    min_severity: wire.Severity = "warning"
    enabled: bool = True
    disabled_reason: str | None = None

    def wants(self, kind: str, plant_id: str | None, severity: wire.Severity) -> bool:
        """Whether this channel is to hear of such an incident; an outage concerns every plant."""
        return (
            (self.kinds is None or kind in self.kinds)
            and (self.plants is None or plant_id is None or plant_id in self.plants)
            and (severity == "critical" or self.min_severity == "warning")
        )

    def shown(self) -> wire.Channel:
        """The channel without its secret."""
        return wire.Channel(
            name=self.name, type=self.type, url=self.masked_url, kinds=self.kinds, plants=self.plants,
            min_severity=self.min_severity, enabled=self.enabled, disabled_reason=self.disabled_reason,
        )  # fmt: skip


class Heartbeat(BaseModel):
    """The watchdog's address as it lies in the database."""

    model_config = ConfigDict(frozen=True)

    sealed_url: str
    masked_url: str


class Stored(BaseModel):
    """The whole setting as it lies in the database."""

    model_config = ConfigDict(frozen=True)

    channels: list[StoredChannel] = []
    quiet_hours: wire.QuietHours | None = None
    repeat_after_s: int | None = None
    digest: bool = False
    heartbeat: Heartbeat | None = None
    heartbeat_every_s: int = 300

    def shown(self) -> wire.NotificationSettings:
        """The setting without its secrets."""
        return wire.NotificationSettings(
            channels=[channel.shown() for channel in self.channels],
            quiet_hours=self.quiet_hours, repeat_after_s=self.repeat_after_s, digest=self.digest,
            heartbeat_url=self.heartbeat.masked_url if self.heartbeat else None,
            heartbeat_every_s=self.heartbeat_every_s,
        )  # fmt: skip


async def load(conn: Connection) -> Stored:
    """The setting, empty when nobody has made one."""
    return Stored.model_validate(await get_setting(conn, _KEY) or {})


def routes(stored: Stored) -> list[StoredChannel]:
    """The channels that are in use."""
    return [channel for channel in stored.channels if channel.enabled]


async def replace(
    conn: Connection, body: wire.NotificationSettingsBody, vault: Vault, allow_hosts: Sequence[str] = ()
) -> Stored:
    """Replace the whole setting. A URL that is still masked keeps its stored secret.

    ``allow_hosts`` are hosts (or host:port) besides Discord's own that a Discord webhook may point to.
    Raises InvalidInput when a name stands twice or a URL may not be used.
    """
    names = [channel.name for channel in body.channels]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(problem=f"Two channels are named {name!r}; give each a name of its own.")
    if body.quiet_hours is not None:
        zone_of(body.quiet_hours)
    await _lock(conn)
    before = await load(conn)
    stored = Stored(
        channels=[_store(channel, before.channels, vault, allow_hosts) for channel in body.channels],
        quiet_hours=body.quiet_hours, repeat_after_s=body.repeat_after_s, digest=body.digest,
        heartbeat=_heartbeat(body.heartbeat_url, before.heartbeat, vault, allow_hosts),
        heartbeat_every_s=body.heartbeat_every_s,
    )  # fmt: skip
    await put_setting(conn, _KEY, stored.model_dump(mode="json"))
    return stored


async def disable(conn: Connection, name: str, sealed_url: str, reason: str) -> bool:
    """Stop using a channel and say why; False when it was changed or removed meanwhile."""
    await _lock(conn)
    stored = await load(conn)
    update = {"enabled": False, "disabled_reason": reason}
    changed = [
        channel.model_copy(update=update)
        if channel.name == name and channel.sealed_url == sealed_url and channel.enabled
        else channel
        for channel in stored.channels
    ]
    if changed == stored.channels:
        return False
    await put_setting(conn, _KEY, stored.model_copy(update={"channels": changed}).model_dump(mode="json"))
    return True


async def _lock(conn: Connection) -> None:
    """One change at a time: a person's and the courier's must not overwrite each other."""
    await conn.execute("SELECT FROM settings WHERE key = %s FOR UPDATE", (_KEY,))


def quiet_until(hours: wire.QuietHours | None, now: datetime) -> datetime | None:
    """When the present quiet hours end, always after ``now``; None when it is not quiet.

    They begin and end by the local clock; of an hour that comes twice, as summer time ends, the first one counts.
    """
    if hours is None:
        return None
    zone = zone_of(hours)
    start, end = time.fromisoformat(hours.start), time.fromisoformat(hours.end)
    today = now.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        last = day if start <= end else day + timedelta(days=1)
        began, until = (
            datetime.combine(on, clock, zone).astimezone(UTC) for on, clock in ((day, start), (last, end))
        )
        if began <= now < until:
            return until.astimezone(now.tzinfo)
    return None


def zone_of(hours: wire.QuietHours) -> ZoneInfo:
    """Their time zone. Raises InvalidInput when there is no such zone."""
    try:
        return ZoneInfo(hours.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(
            problem=f'There is no time zone {hours.timezone!r}; use a name such as "Europe/Berlin" or "UTC".'
        ) from None


def mask(channel_type: str, url: str) -> str:
    """The URL as people may see it: where it points to, without what lets one post there."""
    parts = urlsplit(url)
    if channel_type == "apprise":
        return f"{parts.scheme}://{_HIDDEN}"
    path = f"{parts.path.rpartition('/')[0]}/{_HIDDEN}"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def is_masked(url: str) -> bool:
    """Whether this is a URL as ``mask`` shows it."""
    return _HIDDEN in url


def check_url(channel_type: str, url: str, allow_hosts: Sequence[str] = ()) -> None:
    """Refuse a URL that a channel of this type may not use. Raises InvalidInput; the text holds no secret."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidInput(
            problem="The URL of a channel is not a URL; paste it as the service shows it."
        ) from None
    if channel_type == "apprise":
        _check_apprise(url, parts.scheme)
    elif host in allow_hosts or f"{host}:{port}" in allow_hosts:
        _check_allowed(parts.scheme, parts.path)
    elif (
        parts.scheme != "https" or host not in _DISCORD_HOSTS or parts.username is not None
        or port not in (None, 443) or not _WEBHOOK_PATH.fullmatch(parts.path) or not _query_is_thread(parts.query)
    ):  # fmt: skip
        raise InvalidInput(
            problem="A Discord webhook URL looks like https://discord.com/api/webhooks/<id>/<token>; copy it in "
            "Discord under channel settings, Integrations, Webhooks. Other hosts must be named in "
            "PLANTOPS_WEBHOOK_ALLOW_HOSTS."
        )


def _check_allowed(scheme: str, path: str) -> None:
    if scheme not in ("http", "https") or not path.strip("/"):
        raise InvalidInput(
            problem="A webhook URL starts with https:// (or http:// for an allowed host) and has a path."
        )


def _check_apprise(url: str, scheme: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme) or "://" not in url:
        raise InvalidInput(
            problem='An Apprise URL looks like "ntfys://topic" or "mailto://user:password@example.com"; '
            "see https://github.com/caronc/apprise/wiki for each service."
        )


def _query_is_thread(query: str) -> bool:
    """Discord's own links may name a thread of the channel; nothing else belongs there."""
    if not query:
        return True
    values = parse_qs(query, keep_blank_values=True)
    return set(values) == {"thread_id"} and values["thread_id"][0].isdecimal()


def _store(
    channel: wire.ChannelBody, known: Sequence[StoredChannel], vault: Vault, allow_hosts: Sequence[str]
) -> StoredChannel:
    kept = _kept(channel, known)
    if kept is None:
        check_url(channel.type, channel.url, allow_hosts)
        sealed, masked = vault.seal(channel.url), mask(channel.type, channel.url)
    else:
        sealed, masked = kept.sealed_url, kept.masked_url
    reason = kept.disabled_reason if kept is not None and not channel.enabled else None
    return StoredChannel(
        name=channel.name, type=channel.type, sealed_url=sealed, masked_url=masked,
        kinds=list(channel.kinds) if channel.kinds is not None else None, plants=channel.plants,
        min_severity=channel.min_severity, enabled=channel.enabled, disabled_reason=reason,
    )  # fmt: skip


def _heartbeat(
    url: str | None, before: Heartbeat | None, vault: Vault, allow_hosts: Sequence[str]
) -> Heartbeat | None:
    if not url:
        return None
    if is_masked(url):
        if before is None or before.masked_url != url:
            raise InvalidInput(
                problem="The heartbeat URL is masked and stands for no stored one; paste the whole URL."
            )
        return before
    if not _is_of_a_watchdog(url, allow_hosts):
        raise InvalidInput(
            problem="A heartbeat URL starts with https:// and is copied from the watchdog, for instance "
            "https://hc-ping.com/<id>; hosts of your own network must be named in PLANTOPS_WEBHOOK_ALLOW_HOSTS."
        )
    parts = urlsplit(url)
    return Heartbeat(sealed_url=vault.seal(url), masked_url=f"{parts.scheme}://{parts.netloc}/{_HIDDEN}")


def _is_of_a_watchdog(url: str, allow_hosts: Sequence[str]) -> bool:
    try:
        parts = urlsplit(url)
        allowed = parts.hostname in allow_hosts or f"{parts.hostname}:{parts.port}" in allow_hosts
    except ValueError:  # a port that is none, a bracket too many
        return False
    schemes = ("https", "http") if allowed else ("https",)
    return bool(parts.hostname) and parts.username is None and parts.scheme in schemes


def _kept(channel: wire.ChannelBody, known: Sequence[StoredChannel]) -> StoredChannel | None:
    """The stored channel whose secret a masked URL stands for: the one of that name, else the only such one."""
    if not is_masked(channel.url):
        return None
    alike = [c for c in known if c.masked_url == channel.url and c.type == channel.type]
    named = [c for c in alike if c.name == channel.name]
    if not named and len(alike) != 1:
        raise InvalidInput(
            problem=f"The URL of channel {channel.name!r} is masked and stands for no stored one; paste the whole URL."
        )
    return (named or alike)[0]
