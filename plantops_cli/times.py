"""Times as people type and read them: "2h", "3 min ago", local clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from plantops_cli.exit_codes import ExitCode, Stop

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_ONE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(min|[smhdw])\s*")


def parse_duration(value: str) -> int:
    """Seconds in ``90s``, ``30m``, ``1h30m``, ``2d``, ``1w`` or a bare number of seconds.

    Raises:
        Stop: it is none of these (exit 2).
    """
    if value.isascii() and value.strip().isdigit():
        return int(value)
    total, position = 0.0, 0
    while match := _ONE.match(value, position):
        total += float(match[1]) * _UNITS[match[2]]
        position = match.end()
    if position == 0 or position != len(value):
        raise Stop(ExitCode.USAGE, f"{value!r} is not a duration.", "Write 90s, 30m, 1h30m, 2d or 1w.")
    return round(total)


def parse_moment(value: str, now: datetime) -> datetime:
    """An aware time from ISO 8601 (local zone when it names none), ``now``, or ``2h`` (that long ago).

    Raises:
        Stop: it is none of these (exit 2).
    """
    if value == "now":
        return now
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        pass
    else:
        return moment.astimezone(UTC)
    try:
        return now - timedelta(seconds=parse_duration(value))
    except (Stop, OverflowError):
        raise Stop(
            ExitCode.USAGE,
            f"{value!r} is not a time.",
            "Write 2026-11-24T08:00, 2026-11-24T08:00:00Z, or how long ago: 2h, 3d.",
        ) from None


def ago(moment: datetime | None, now: datetime) -> str:
    """``3 min ago``, ``in 2 h``; an en dash for never."""
    if moment is None:
        return "–"
    seconds = (now - moment).total_seconds()
    span = brief(abs(seconds))
    if span == "0 s":
        return "now"
    return f"{span} ago" if seconds > 0 else f"in {span}"


def brief(seconds: float) -> str:
    """A span by its largest unit: ``45 s``, ``3 min``, ``5 h``, ``12 d``."""
    for unit, name in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{int(seconds // unit)} {name}"
    return f"{int(seconds)} s"


def local(moment: datetime | None) -> str:
    """The local clock to the minute, ``2026-11-24 08:00``; an en dash for none."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else "–"
