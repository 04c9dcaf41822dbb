"""Notifications: what can be done to channels and rules. Every change sends the whole setting, as the wire wants it."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from plantops_api import wire
from plantops_tui import rules
from plantops_tui.screens.form import Field, FormDialog, Values
from plantops_tui.screens.house import Undo

if TYPE_CHECKING:
    from plantops_tui.screens.settings import SettingsScreen

_SEVERITIES = ("warning", "critical")


def body_of(settings: wire.NotificationSettings, **changes: Any) -> wire.NotificationSettingsBody:
    """The setting as it is sent, with changes. URLs are masked: the server keeps the secret of each name."""
    return wire.NotificationSettingsBody.model_validate(
        {**settings.model_dump(exclude={"channels"}), "channels": _bodies(settings.channels), **changes}
    )


def _bodies(channels: list[wire.Channel]) -> list[dict[str, Any]]:
    return [channel.model_dump() for channel in channels]


def type_of(url: str) -> str:
    """Discord's webhooks are spoken to directly, everything else is an Apprise URL."""
    return "discord" if url.startswith("https://") and "/api/webhooks/" in url else "apprise"


def _open(
    screen: SettingsScreen,
    title: str,
    fields: list[Field],
    body: Callable[[Values], wire.NotificationSettingsBody],
    words: str = "",
) -> None:
    async def save(values: Values) -> object:
        return await screen.client.replace_notification_settings(body(values))

    screen.app.push_screen(FormDialog(title, fields, save, words), screen.saved)


def edit_channel(
    screen: SettingsScreen, settings: wire.NotificationSettings, old: wire.Channel | None
) -> None:
    """Add a channel, or change one."""
    taken = {channel.name for channel in settings.channels} - ({old.name} if old else set())

    def wrong_name(typed: str) -> str:
        return (
            "Give it a name." if not typed else "There is a channel of that name." if typed in taken else ""
        )

    fields = [
        Field("name", "name", old.name if old else "", "family", check=wrong_name),
        Field(
            "url", "URL", old.url if old else "", "https://discord.com/api/webhooks/…", 2000,
            lambda typed: "" if typed else "Paste the webhook URL, or an Apprise URL.",
        ),
        Field(
            "min_severity", "severity", old.min_severity if old else "warning",
            check=lambda typed: rules.wrong_choice(typed, *_SEVERITIES),
        ),
        Field(
            "kinds", "only kinds", ", ".join(old.kinds or []) if old else "", "all; or low, offline", 400,
            rules.wrong_kinds,
        ),
        Field(
            "enabled", "in use", "yes" if old is None or old.enabled else "no",
            check=lambda typed: rules.wrong_choice(typed, "yes", "no"),
        ),
    ]  # fmt: skip

    def body(values: Values) -> wire.NotificationSettingsBody:
        made = {
            "name": values["name"],
            "type": old.type if old and values["url"] == old.url else type_of(values["url"]),
            "url": values["url"],
            "min_severity": values["min_severity"],
            "kinds": rules.kinds_of(values["kinds"]),
            "enabled": values["enabled"] == "yes",
            "plants": old.plants if old else None,
        }
        others = _bodies(settings.channels)
        place = settings.channels.index(old) if old else len(others)
        return body_of(settings, channels=[*others[:place], made, *others[place + (1 if old else 0) :]])

    words = "A URL that stays masked keeps its secret." if old else "Discord webhook, or any Apprise URL."
    _open(screen, f"Change {old.name}" if old else "New channel", fields, body, words)


def remove_channel(
    screen: SettingsScreen, settings: wire.NotificationSettings, old: wire.Channel
) -> Callable[[], Awaitable[object]]:
    """What removes a channel, its secret with it."""
    kept = _bodies([channel for channel in settings.channels if channel.name != old.name])
    return lambda: screen.client.replace_notification_settings(body_of(settings, channels=kept))


def edit_quiet_hours(screen: SettingsScreen, settings: wire.NotificationSettings) -> None:
    """From when to when nothing but critical is told."""
    quiet = settings.quiet_hours
    fields = [
        Field("start", "from", quiet.start if quiet else "", "22:00", 5, rules.wrong_time),
        Field("end", "to", quiet.end if quiet else "", "07:30", 5, rules.wrong_time),
        Field(
            "timezone", "time zone", quiet.timezone if quiet else rules.zone_here(os.environ), "UTC", 64,
            rules.wrong_zone,
        ),
    ]  # fmt: skip

    def body(values: Values) -> wire.NotificationSettingsBody:
        return body_of(settings, quiet_hours=dict(values) if values["start"] or values["end"] else None)

    _open(screen, "Quiet hours", fields, body, "Both empty: none. What is critical is told at any hour.")


def edit_repeat(screen: SettingsScreen, settings: wire.NotificationSettings) -> None:
    """How often an unacknowledged alert is told again."""
    typed = rules.duration_text(settings.repeat_after_s)
    fields = [Field("repeat_after_s", "each", typed, "never; or 6 h", 20, rules.wrong_repeat)]
    _open(
        screen,
        "Tell again while nobody acknowledged",
        fields,
        lambda values: body_of(settings, repeat_after_s=rules.duration_s(values["repeat_after_s"])),
        "Empty: never.",
    )


def toggle_digest(screen: SettingsScreen, settings: wire.NotificationSettings) -> None:
    """Gather warnings for the full hour, or tell each at once; can be undone."""

    def send(on: bool) -> Callable[[], Awaitable[object]]:
        return lambda: screen.client.replace_notification_settings(body_of(settings, digest=on))

    done = "Each alert is told at once." if settings.digest else "Warnings are gathered for the full hour."
    screen.perform(
        "change the digest",
        send(not settings.digest),
        done,
        Undo("take that back", send(settings.digest), "The digest is as before."),
    )
