"""Everything that is not Discord: ntfy, e-mail, Telegram and some hundred others, by Apprise URLs.

Apprise is optional and slow to load, so it is imported when first needed and runs in a thread. It may reach hosts on
the local network, since a home server's own ntfy or mail relay is what it is mostly used for; only admins enter URLs.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from plantops_server.notify import note as say
from plantops_server.notify.answer import Answer
from plantops_server.notify.note import Note

MISSING = (
    'Apprise is not installed on the server ("pip install plantops[all]" does it); or use a Discord webhook.'
)
NOT_UNDERSTOOD = (
    "Apprise does not understand this URL; see https://github.com/caronc/apprise/wiki for each service."
)
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
    return None if apprise.Apprise().add(url) else NOT_UNDERSTOOD


def _send(url: str, title: str, body: str) -> Answer:
    try:
        apprise = _load()
    except ImportError:
        return Answer("refused", MISSING)
    service = apprise.Apprise()
    if not service.add(url):
        return Answer("refused", NOT_UNDERSTOOD)
    if service.notify(body=body, title=title):
        return Answer("sent")
    return Answer("later", "The service did not take the message; Apprise does not say why.")
