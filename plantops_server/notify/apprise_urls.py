"""Everything that is not Discord: ntfy, e-mail, Telegram and some hundred others, by Apprise URLs.

Apprise is optional and slow to load, so it is imported when first needed and runs in a thread. It may reach hosts on
the local network, since a home server's own ntfy or mail relay is what it is mostly used for; only admins enter URLs.
Link-local addresses and the metadata services of clouds are refused, and redirects are not followed.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any
from urllib.parse import urlsplit

from plantops_server.notify import note as say
from plantops_server.notify.answer import Answer
from plantops_server.notify.note import Note
from plantops_server.reach import is_metadata

MISSING = (
    'Apprise is not installed on the server ("pip install plantops[all]" does it); or use a Discord webhook.'
)
NOT_UNDERSTOOD = (
    "Apprise does not understand this URL; see https://github.com/caronc/apprise/wiki for each service."
)
FORBIDDEN = "This URL leads to a link-local address or a cloud's metadata service, which is not allowed."
_TIMEOUT_S = 30.0


async def problem_with(url: str) -> str | None:
    """A sentence about why this URL cannot be used; None when it can."""
    return await asyncio.to_thread(_problem, url)


async def send(url: str, title: str, body: str) -> Answer:
    """Send one message. Apprise tells only whether it worked, not why it did not."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return await asyncio.to_thread(_send, url, title, body)
    except TimeoutError:
        return Answer("later", f"The service did not answer within {_TIMEOUT_S:.0f} s.")


def text_of(note: Note) -> tuple[str, str]:
    """Title and body, plain text."""
    lines = [
        say.against_range(note), note.text, say.trend(note) if note.resolved_at is None else None,
        f"Since {note.opened_at:%Y-%m-%d %H:%M} UTC" if note.resolved_at is None
        else f"Lasted {say.duration(note.resolved_at - note.opened_at)}",
        say.one_line(note.resolution, 300) if note.resolution else None,
        f"PlantOps alert {note.alert_id}",
    ]  # fmt: skip
    return say.headline(note), "\n".join(line for line in lines if line)


def text_of_group(notes: list[Note]) -> tuple[str, str]:
    """Title and body for many incidents that opened together."""
    lines = [f"{say.headline(note)} · {note.alert_id}" for note in notes[:40]]
    if len(notes) > 40:
        lines.append(f"… and {len(notes) - 40} more: plantops alerts list")
    return f"{len(notes)} problems at once", "\n".join(lines)


def _load() -> Any:
    """The library, quiet: its log lines may hold URLs. Raises ImportError."""
    import apprise  # 0.3 s, and optional

    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    return apprise


def _problem(url: str) -> str | None:
    try:
        apprise = _load()
    except ImportError:
        return MISSING
    service = apprise.Apprise.instantiate(url)
    if service is None:
        return NOT_UNDERSTOOD
    return FORBIDDEN if any(map(_is_forbidden, _hosts(service))) else None


def _send(url: str, title: str, body: str) -> Answer:
    try:
        apprise = _load()
    except ImportError:
        return Answer("refused", MISSING)
    service = apprise.Apprise.instantiate(url)
    if service is None:
        return Answer("refused", NOT_UNDERSTOOD)
    if any(map(_is_forbidden, _hosts(service))):
        return Answer("refused", FORBIDDEN)
    service.redirects = False  # a redirect would lead where nobody looked
    if service.notify(body=body, title=title):
        return Answer("sent")
    return Answer("later", "The service did not take the message; Apprise does not say why.")


def _hosts(service: Any) -> set[str]:
    """Every host that a service might call: its own, its mail relay's, those of its addresses."""
    named = {key: value for key, value in vars(service).items() if isinstance(value, str) and value}
    hosts = {value.strip("[]") for key, value in named.items() if "host" in key}
    return hosts | {urlsplit(value).hostname or "" for value in named.values() if "://" in value} - {""}


def _is_forbidden(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False  # no host at all: a topic, a token
    return any(is_metadata(str(info[4][0])) for info in found)
