"""Rows of the Settings screen: channels and rules, users and tokens, themes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from textual.content import Content

from plantops_api import wire
from plantops_tui import rules, themes, wording
from plantops_tui.look import Pen
from plantops_tui.screens import model_settings
from plantops_tui.widgets.record_list import Column, Record

COLUMNS: dict[str, tuple[Column, ...]] = {
    "notifications": (Column("channel or rule", 16), Column("state", 24), Column("")),
    "advisor": model_settings.COLUMNS,
    "access": (
        Column("", 6), Column("name"), Column("role", 9), Column("of", 12), Column("last used", 10),
        Column("expires", 12),
    ),
    "theme": (Column("theme", 22), Column("")),
}  # fmt: skip

NO_CHANNEL = "none"
"""Key of the row that stands where no channel does: opening it adds one."""

RULES = ("quiet", "repeat", "digest")
"""Keys of the rows below the channels."""


def notifications(
    pen: Pen, settings: wire.NotificationSettings, outcomes: Mapping[str, wire.ChannelTest]
) -> list[Record]:
    """A row a channel, then the rules that hold for all of them."""
    rows = [
        Record(
            f"channel {channel.name}",
            (
                Content.styled(channel.name, pen.look.strong),
                _channel_state(pen, channel, outcomes.get(channel.name)),
                Content.styled(f"{channel.type} {channel.url}{_wants(channel)}", pen.look.muted),
            ),
        )
        for channel in settings.channels
    ] or [_no_channel(pen)]
    return rows + [
        Record(
            key,
            (
                Content.styled(title, pen.look.text),
                Content.styled(state, pen.look.text),
                Content.styled(words, pen.look.muted),
            ),
        )
        for key, (title, state, words) in zip(RULES, _rules(pen, settings), strict=True)
    ]


def _no_channel(pen: Pen) -> Record:
    cells = (
        Content.styled("no channel yet", pen.look.warn),
        Content.styled("nobody is told", pen.look.text),
        Content.styled("n adds one: Discord, mail, ntfy", pen.look.muted),
    )
    return Record(NO_CHANNEL, cells)


def _wants(channel: wire.Channel) -> str:
    parts = ["critical only" if channel.min_severity == "critical" else ""]
    parts.append(", ".join(channel.kinds) if channel.kinds else "")
    parts.append(f"{len(channel.plants)} plants" if channel.plants else "")
    return "".join(f"; {part}" for part in parts if part)


def _channel_state(pen: Pen, channel: wire.Channel, outcome: wire.ChannelTest | None) -> Content:
    glyphs, look = pen.glyphs, pen.look
    if outcome is not None:
        if outcome.ok:
            return Content.styled(f"{glyphs.health['ok']} test arrived", look.good)
        return Content.styled(f"{glyphs.health['critical']} {outcome_words(outcome)}", look.bad)
    if not channel.enabled:
        return Content.styled(
            f"{glyphs.trust['offline']} {channel.disabled_reason or 'not in use'}", look.warn
        )
    return Content.styled(f"{glyphs.trust['fresh']} in use", look.muted)


def outcome_words(outcome: wire.ChannelTest) -> str:
    """What a test really came to, in words."""
    if outcome.ok:
        return f"It arrived{f' (HTTP {outcome.status})' if outcome.status else ''}."
    status = f"HTTP {outcome.status}: " if outcome.status else ""
    return f"{status}{outcome.error or 'it did not arrive'}"


def _rules(pen: Pen, settings: wire.NotificationSettings) -> tuple[tuple[str, str, str], ...]:
    quiet, repeat = settings.quiet_hours, settings.repeat_after_s
    return (
        ("quiet hours", f"{quiet.start}{pen.glyphs.dash}{quiet.end}", quiet.timezone)
        if quiet
        else ("quiet hours", "none", "alerts are told at any hour"),
        ("tell again", f"each {rules.duration_text(repeat)}", "while nobody acknowledged")
        if repeat
        else ("tell again", "never", "an alert is told once"),
        ("digest", "on", "warnings are gathered for the full hour")
        if settings.digest
        else ("digest", "off", "each alert is told at once"),
    )


def access(
    pen: Pen,
    users: Iterable[wire.User],
    tokens: Iterable[wire.Token],
    enrolment: Iterable[wire.EnrolmentToken] = (),
) -> list[Record]:
    """Users, then their tokens, then those by which devices come in; never a secret."""
    look = pen.look
    rows = [
        Record(
            f"user {user.id}",
            (
                Content.styled("user", look.muted),
                Content.styled(user.username, look.strong),
                Content.styled(user.role, look.text),
                Content.styled("password" if user.has_password else "token only", look.muted),
                Content.styled(wording.age(pen, user.last_login_at), look.muted),
                Content.styled("", look.muted),
            ),
        )
        for user in users
    ]
    return (
        rows
        + [
            Record(
                f"token {token.id}",
                (
                    Content.styled("token", look.muted),
                    Content.styled(token.name, look.text),
                    Content.styled(token.role, look.text),
                    Content.styled(token.username, look.muted),
                    Content.styled(wording.age(pen, token.last_used_at), look.muted),
                    _expiry(pen, token.expires_at),
                ),
            )
            for token in tokens
        ]
        + [_enrolment(pen, token) for token in enrolment]
    )


def _enrolment(pen: Pen, token: wire.EnrolmentToken) -> Record:
    look = pen.look
    cells = (
        Content.styled("device", look.muted),
        Content.styled(token.name, look.text),
        Content.styled("", look.muted),
        Content.styled(f"{token.uses_left} more" if token.uses_left else "used up", look.muted),
        Content.styled(wording.age(pen, token.last_used_at), look.muted),
        _expiry(pen, token.expires_at),
    )
    return Record(f"device {token.id}", cells)


def _expiry(pen: Pen, moment: datetime | None) -> Content:
    if moment is None:
        return Content.styled("never", pen.look.muted)
    if moment <= pen.now:
        return Content.styled("expired", pen.look.warn)
    return Content.styled(wording.clock(pen, moment), pen.look.muted)


_ABOUT = {
    themes.DARK.name: "soft colours on a dark ground",
    themes.LIGHT.name: "dark ink on paper, for bright rooms",
    themes.CONTRAST.name: "white and pure colours on black",
    themes.TERMINAL.name: "its own sixteen colours, on its own ground",
}


def theme_rows(pen: Pen, kept: str) -> list[Record]:
    """A row a theme; the kept one says so."""
    return [
        Record(
            name,
            (
                Content.styled(title, pen.look.strong),
                Content.styled(f"{_ABOUT[name]}{'  (kept)' if name == kept else ''}", pen.look.muted),
            ),
        )
        for name, title in themes.TITLES.items()
    ]
