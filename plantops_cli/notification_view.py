"""How the command line shows notification settings, and what an edit makes of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, get_args

from plantops_api import wire
from plantops_cli import tables, times
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.output import Column, Section

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")

TEST_COLUMNS = (
    Column("channel", lambda result: result.channel),
    Column("ok", lambda result: result.ok),
    Column("status", lambda result: result.status),
    Column("error", lambda result: result.error),
)

COLUMNS = (
    Column("channels", lambda settings: ", ".join(channel.name for channel in settings.channels)),
    Column("quiet_hours", lambda settings: _hours(settings.quiet_hours)),
    Column("repeat_after_s", lambda settings: settings.repeat_after_s),
    Column("digest", lambda settings: settings.digest),
    Column("heartbeat", lambda settings: _heartbeat(settings)),
)


def _channel_columns(names: Mapping[str, str]) -> list[Column]:
    return [
        Column("name", lambda channel: channel.name),
        Column("type", lambda channel: channel.type),
        Column("enabled", lambda channel: channel.enabled),
        Column("min_severity", lambda channel: channel.min_severity, title="FROM"),
        Column("kinds", lambda channel: ", ".join(channel.kinds or ["all"])),
        Column("plants", lambda channel: ", ".join(names.get(p, p) for p in channel.plants or []) or "all"),
        Column("disabled_reason", lambda channel: channel.disabled_reason, title="WHY DISABLED"),
        Column("url", lambda channel: channel.url, title="ADDRESS"),
    ]


def sections(settings: wire.NotificationSettings, names: Mapping[str, str]) -> list[Section]:
    """What ``settings notifications show`` prints; ``names`` are those of the chosen plants, by id."""
    repeat = settings.repeat_after_s
    rules = [
        ["quiet hours", tables.plain(_hours(settings.quiet_hours))],
        ["remind after", times.brief(repeat) if repeat else "never"],
        ["digest", tables.plain(settings.digest)],
        ["heartbeat", _heartbeat(settings)],
    ]
    parts = [Section("", rules)]
    if settings.channels:
        columns = _channel_columns(names)
        rows = [[column.cell(channel) for column in columns] for channel in settings.channels]
        parts.append(Section("Channels", rows, [column.heading for column in columns]))
    return parts


def _heartbeat(settings: wire.NotificationSettings) -> str:
    if settings.heartbeat_url is None:
        return "none"
    return f"{settings.heartbeat_url} every {times.brief(settings.heartbeat_every_s)}"


def _hours(quiet: wire.QuietHours | None) -> str:
    return f"{quiet.start}-{quiet.end} {quiet.timezone}" if quiet else ""


@dataclass(frozen=True, repr=False)
class Edit:
    """What was typed; None leaves a thing as it is. ``url`` is a secret."""

    channel: str | None = None
    type: str | None = None
    url: str | None = None
    min_severity: str | None = None
    kinds: str | None = None
    plants: str | None = None
    enabled: bool | None = None
    remove: str | None = None
    quiet_hours: str | None = None
    timezone: str | None = None
    repeat_after: str | None = None
    digest: bool | None = None
    heartbeat_url: str | None = None
    heartbeat_every: str | None = None

    @property
    def says_something(self) -> bool:
        """Whether anything was given at all."""
        return any(getattr(self, field.name) is not None for field in fields(self))

    def applied_to(self, before: wire.NotificationSettings) -> wire.NotificationSettingsBody:
        """The whole of the settings as PUT wants it.

        Raises:
            Stop: something does not fit together (exit 2), or the channel to remove is not there (exit 3).
        """
        quiet = before.quiet_hours.model_dump() if before.quiet_hours else None
        whole = {
            "channels": self._channels(before.channels),
            "quiet_hours": self._quiet(quiet),
            "repeat_after_s": before.repeat_after_s if self.repeat_after is None else self._repeat(),
            "digest": before.digest if self.digest is None else self.digest,
            "heartbeat_url": before.heartbeat_url
            if self.heartbeat_url is None
            else self.heartbeat_url or None,
            "heartbeat_every_s": _span("--heartbeat-every", self.heartbeat_every, 60)
            if self.heartbeat_every
            else before.heartbeat_every_s,
        }
        return wire.NotificationSettingsBody.model_validate(
            whole
        )  # what does not fit becomes a sentence in main

    def _channels(self, channels: list[wire.Channel]) -> list[dict[str, Any]]:
        kept = {channel.name: _as_body(channel) for channel in channels}
        if self.remove is not None and kept.pop(self.remove, None) is None:
            raise Stop(ExitCode.NOT_FOUND, f"There is no channel {self.remove!r}. Nothing was changed.")
        if self.channel is not None:
            kept[self.channel] = self._channel(self.channel, kept.get(self.channel))
        elif any(
            value is not None
            for value in (self.type, self.min_severity, self.kinds, self.plants, self.enabled)
        ):
            raise Stop(ExitCode.USAGE, "Which channel? Name it with --channel. Nothing was changed.")
        return list(kept.values())

    def _channel(self, name: str, before: dict[str, Any] | None) -> dict[str, Any]:
        if before is None and (self.url is None or self.type is None):
            raise Stop(
                ExitCode.USAGE,
                f"There is no channel {name!r} yet, and a new one needs a type and an address. Nothing was changed.",
                "Give --type and --ask-url (or --url-stdin).",
            )
        given = {
            "type": self.type,
            "url": self.url,
            "min_severity": self.min_severity,
            "enabled": self.enabled,
        }
        changed: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        if self.kinds is not None:
            changed["kinds"] = _kinds(self.kinds)
        if self.plants is not None:
            changed["plants"] = words(self.plants) or None
        return {"name": name, **(before or {}), **changed}

    def _quiet(self, before: dict[str, Any] | None) -> dict[str, Any] | None:
        if self.quiet_hours == "":
            return None
        if self.quiet_hours is None:
            if self.timezone and before is None:
                raise Stop(ExitCode.USAGE, "A time zone needs quiet hours: --quiet-hours 22:00-07:30.")
            return {**before, "timezone": self.timezone or before["timezone"]} if before else None
        start, _, end = self.quiet_hours.partition("-")
        if not (_CLOCK.fullmatch(start.strip()) and _CLOCK.fullmatch(end.strip())):
            raise Stop(ExitCode.USAGE, f"{self.quiet_hours!r} are no quiet hours.", "Write 22:00-07:30.")
        zone = self.timezone or (before["timezone"] if before else "UTC")
        return {"start": start.strip(), "end": end.strip(), "timezone": zone}

    def _repeat(self) -> int | None:
        typed = self.repeat_after or ""
        return None if typed in ("", "never") else _span("--repeat-after", typed, 300)


def _as_body(channel: wire.Channel) -> dict[str, Any]:
    """A channel as PUT takes it back; its masked address keeps the stored one."""
    return channel.model_dump(exclude={"disabled_reason"})


def _span(option: str, typed: str, least_s: int) -> int:
    seconds = times.parse_duration(typed)
    if seconds < least_s:
        raise Stop(ExitCode.USAGE, f"{option}: at least {least_s // 60}m. Nothing was changed.")
    return seconds


def words(typed: str) -> list[str]:
    """What stands between the commas."""
    return [word.strip() for word in typed.split(",") if word.strip()]


def _kinds(typed: str) -> list[str] | None:
    kinds = [word.replace("-", "_") for word in words(typed)]
    unknown = [word for word in kinds if word not in get_args(wire.IncidentKind)]
    if unknown:
        known = ", ".join(get_args(wire.IncidentKind))
        raise Stop(
            ExitCode.USAGE, f"There is no kind {unknown[0]!r}. Nothing was changed.", f"Kinds: {known}."
        )
    return kinds or None


def changes(
    before: wire.NotificationSettings, after: wire.NotificationSettings, *, new_address: bool
) -> list[str]:
    """What an edit did, one phrase each; addresses are not repeated."""
    old = {channel.name: channel for channel in before.channels}
    new = {channel.name: channel for channel in after.channels}
    told = [f"channel {name!r} removed" for name in old.keys() - new.keys()]
    told += [f"channel {name!r} added" for name in new.keys() - old.keys()]
    for name in old.keys() & new.keys():
        if old[name] != new[name]:
            told.append(f"channel {name!r}")
        elif new_address:
            told.append(f"address of channel {name!r}")
    if before.quiet_hours != after.quiet_hours:
        told.append(
            f"quiet hours: {_hours(before.quiet_hours) or 'none'} -> {_hours(after.quiet_hours) or 'none'}"
        )
    if before.repeat_after_s != after.repeat_after_s:
        told.append(
            f"reminder after {times.brief(after.repeat_after_s)}" if after.repeat_after_s else "no reminders"
        )
    if before.digest != after.digest:
        told.append(f"digest {'on' if after.digest else 'off'}")
    if _heartbeat(before) != _heartbeat(after):
        told.append(f"heartbeat: {_heartbeat(after)}")
    return told
