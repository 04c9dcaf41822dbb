"""Discord's webhook messages: one embed an incident, one message for many, and a test message.

Limits and colours: discord-api-docs, resources/message and resources/webhook. Names come from outside, so Markdown
is escaped, links do not link, and ``allowed_mentions`` lets nobody be pinged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plantops_server.notify import note as say
from plantops_server.notify.note import Note

COLOURS = {"critical": 0xD55E00, "warning": 0xE69F00, "acknowledged": 0x7F7F7F, "resolved": 0x009E73}
"""Okabe and Ito's palette, which people with colour-blindness tell apart."""
TITLE, DESCRIPTION, NAME, VALUE, FOOTER, TOTAL = 256, 4096, 256, 1024, 2048, 6000
"""Discord's limits, in UTF-16 code units as its JavaScript counts them; TOTAL over all texts of all embeds."""
_LISTED = 40
"""Incidents that one grouped message names; the rest are counted."""
_MARKUP = re.compile(r"([\\*_~`|>#\[\]()<@:-])")


def message(note: Note) -> dict[str, Any]:
    """The body that tells of one incident as it stands now."""
    fields = [(name, value) for name, value in _fields(note) if value]
    return _body(
        {
            "title": fit(_headline(note), TITLE),
            "color": COLOURS[note.state],
            "fields": [
                {"name": fit(name, NAME), "value": fit(value, VALUE), "inline": name not in ("Now", "Then", "Why")}
                for name, value in fields
            ],
            "footer": {"text": f"PlantOps alert {note.alert_id}"},
            "timestamp": (note.resolved_at or note.opened_at).isoformat(),
        }
    )  # fmt: skip


def grouped(notes: Sequence[Note], now: datetime) -> dict[str, Any]:
    """The body that tells of many incidents which opened together; the worst first, resolved ones last."""
    still_open = [note for note in notes if note.resolved_at is None]
    order = ("critical", "warning", "acknowledged", "resolved")
    shown = sorted(notes, key=lambda note: (order.index(note.state), note.alert_id))[:_LISTED]
    lines = [f"{_headline(note)} · {note.alert_id}" for note in shown]
    if len(notes) > len(shown):
        lines.append(f"… and {len(notes) - len(shown)} more: `plantops alerts list`")
    worst = min((note.state for note in notes), key=order.index)
    first, last = min(note.alert_id for note in notes), max(note.alert_id for note in notes)
    return _body(
        {
            "title": fit(
                f"{say.GLYPHS[worst]} {len(notes)} problems at once"
                + (f", {len(still_open)} still open" if len(still_open) < len(notes) else ""), TITLE,
            ),
            "color": COLOURS[worst],
            "description": _fit_lines(lines, DESCRIPTION),
            "footer": {"text": f"PlantOps alerts {first} to {last}"},
            "timestamp": now.isoformat(),
        }
    )  # fmt: skip


def test_message(channel: str, now: datetime) -> dict[str, Any]:
    """The body of a labelled test."""
    return _body(
        {
            "title": "✔ PlantOps test message",
            "description": fit(
                f"Channel {escape(say.one_line(channel, 120))} works. No plant is in trouble: this is a test.",
                DESCRIPTION,
            ),
            "color": COLOURS["resolved"],
            "footer": {"text": "PlantOps test"},
            "timestamp": now.isoformat(),
        }
    )  # fmt: skip


def escape(text: str) -> str:
    """``text`` so that Discord shows it as it is: no markup, no link, no mention."""
    return _MARKUP.sub(r"\\\1", text)


def units(text: str) -> int:
    """Length as Discord counts it: UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def fit(text: str, limit: int) -> str:
    """``text``, cut with "…" where it would exceed ``limit`` UTF-16 code units."""
    if units(text) <= limit:
        return text
    kept, used = [], 1
    for character in text:
        used += units(character)
        if used > limit:
            break
        kept.append(character)
    return "".join(kept).rstrip("\\") + "…"  # half an escape would swallow the ellipsis


def _fit_lines(lines: Sequence[str], limit: int) -> str:
    """As many whole lines as fit, and how many do not."""
    kept: list[str] = []
    room = limit - 40
    for n, line in enumerate(lines):
        room -= units(line) + 1
        if room < 0:
            return "\n".join([*kept, f"… and {len(lines) - n} more lines"])
        kept.append(line)
    return "\n".join(kept)


def _headline(note: Note) -> str:
    """The headline with the outside part of it escaped."""
    return say.headline(note).replace(say.subject(note), escape(say.subject(note)), 1)


def _fields(note: Note) -> list[tuple[str, str | None]]:
    resolved = note.resolved_at
    since = f"<t:{int(note.opened_at.timestamp())}:f>"
    where = ", ".join(escape(say.one_line(text)) for text in (note.location, note.species) if text)
    return [
        ("Then" if resolved and note.seen is None else "Now", say.against_range(note)),
        ("Why", escape(say.one_line(note.text, 300)) if note.text else None),
        ("State", f"{say.GLYPHS[note.state]} {note.state}"),
        ("Trend", None if resolved else say.trend(note)),
        ("Lasted" if resolved else "Since", say.duration(resolved - note.opened_at) if resolved else since),
        ("Resolved", escape(say.one_line(note.resolution, 300)) if resolved and note.resolution else None),
        ("Taken by", escape(say.one_line(note.acked_by)) if note.acked_by and not resolved else None),
        ("Plant", where or None),
        ("Device", escape(say.one_line(note.device_name or note.device_id)) if note.device_id else None),
        ("Look", f"`plantops tui --plant {note.plant_id}`" if note.plant_id else None),
    ]  # fmt: skip


def _body(embed: dict[str, Any]) -> dict[str, Any]:
    return {"username": "PlantOps", "embeds": [embed], "allowed_mentions": {"parse": []}}
