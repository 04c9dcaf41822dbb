"""What people type into settings, read: times of day, zones, durations, kinds; each says in words what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from plantops_api import wire

_UNITS_S = {"min": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"(\d{1,6})\s*(min|h|d)")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
LEAST_REPEAT_S = 300
"""What the server accepts."""


def duration_s(typed: str) -> int | None:
    """Seconds of ``30 min``, ``6 h`` or ``2 d``; None when it is none of these."""
    found = _DURATION.fullmatch(typed.strip().lower())
    return int(found[1]) * _UNITS_S[found[2]] if found else None


def duration_text(seconds: int | None) -> str:
    """A duration as it is typed; empty for None."""
    if seconds is None:
        return ""
    unit = next((u for u in ("d", "h") if seconds % _UNITS_S[u] == 0), "min")
    return f"{seconds // _UNITS_S[unit]} {unit}"


def wrong_repeat(typed: str) -> str:
    """What is wrong with the pause between reminders; empty means never."""
    seconds = duration_s(typed)
    if typed and seconds is None:
        return "Give a time such as 30 min, 6 h or 1 d; leave it empty for never."
    return "At least 5 min." if seconds is not None and seconds < LEAST_REPEAT_S else ""


def wrong_time(typed: str) -> str:
    """What is wrong with a time of day."""
    return "" if not typed or _TIME.fullmatch(typed) else "Give a time of day such as 22:00."


def wrong_zone(typed: str) -> str:
    """What is wrong with the name of a time zone."""
    try:
        ZoneInfo(typed)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "Give a zone such as Europe/Berlin or UTC."
    return ""


def zone_here(environ: Mapping[str, str], localtime: Path = Path("/etc/localtime")) -> str:
    """Name of the zone of this machine; UTC when it has no name."""
    for name in (environ.get("TZ", "").lstrip(":"), str(localtime.resolve()).partition("zoneinfo/")[2]):
        if name and not wrong_zone(name):
            return name
    return "UTC"


KINDS: tuple[str, ...] = get_args(wire.IncidentKind)


def kinds_of(typed: str) -> list[str] | None:
    """The kinds in a list parted by commas; None is all of them."""
    return [word.strip() for word in typed.split(",") if word.strip()] or None


def wrong_kinds(typed: str) -> str:
    """What is wrong with a list of kinds."""
    odd = [kind for kind in kinds_of(typed) or [] if kind not in KINDS]
    return f"{odd[0]} is none of {', '.join(KINDS)}." if odd else ""


def one_of(*words: str) -> str:
    """The words as a hint."""
    return " or ".join(words)


def wrong_choice(typed: str, *words: str) -> str:
    """What is wrong with a word that must be one of a few."""
    return "" if typed in words else f"Give {one_of(*words)}."
