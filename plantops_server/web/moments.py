"""Moments for people: in the zone of the browser when it told us, else of the house."""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import Request
from markupsafe import Markup

from plantops_server.entrance.auth import house_of

ZONE_COOKIE = "plantops_zone"
"""Written by the page's script: the name of the zone that the browser lives in."""


class Moments:
    """Writes moments relative to ``now`` and on the clock of ``zone``."""

    def __init__(self, now: datetime, zone: tzinfo) -> None:
        self.now, self.zone = now, zone
        self._in_full: dict[datetime, str] = {}

    @property
    def zone_name(self) -> str:
        """What the clock is called, such as Europe/Berlin."""
        return str(self.zone)

    def local(self, moment: datetime) -> datetime:
        """The same moment on the local clock."""
        return moment.astimezone(self.zone)

    def ago(self, moment: datetime | None) -> Markup:
        """How long ago, in whole minutes at the finest; a script keeps it true. "never" for None."""
        if moment is None:
            return Markup("never")
        return self._time(moment, " data-ago", age_words((self.now - moment).total_seconds()))

    def stamp(self, moment: datetime | None) -> Markup:
        """Local time, with the day when it is not today: 09:40, Mon 09:40, 12 Nov, 12 Nov 2024."""
        if moment is None:
            return Markup("–")
        return self._time(moment, "", self.short(moment))

    def _time(self, moment: datetime, mark: str, words: str) -> Markup:
        when = moment.isoformat(timespec="seconds")
        element = f'<time datetime="{when}" title="{self.full(moment)}"{mark}>{words}</time>'
        return Markup(element)  # noqa: S704 - digits, names of days and words of ours

    def short(self, moment: datetime) -> str:
        """The text of ``stamp``."""
        local, today = self.local(moment), self.local(self.now)
        apart = abs((local.date() - today.date()).days)
        if apart == 0:
            return f"{local:%H:%M}"
        if apart < 7:
            return f"{local:%a %H:%M}"
        return f"{local.day} {local:%b}" + ("" if local.year == today.year else f" {local.year}")

    def full(self, moment: datetime) -> str:
        """Date and time in full: Tue 24 Nov 2026, 09:40."""
        minute = moment.replace(second=0, microsecond=0)
        if minute not in self._in_full:  # most cards of a page were heard of within the same few minutes
            local = self.local(minute)
            self._in_full[minute] = f"{local:%a} {local.day} {local:%b} {local.year}, {local:%H:%M}"
        return self._in_full[minute]


def age_words(seconds: float) -> str:
    """A length of time that has passed: just now, 12 min ago, 6 h ago, 3 d ago."""
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min ago"
    if seconds < 172_800:
        return f"{seconds // 3600:.0f} h ago"
    return f"{seconds // 86_400:.0f} d ago"


def moments_of(request: Request) -> Moments:
    """The clock for the answer to a request."""
    house = house_of(request)
    zone = _zone_named(request.cookies.get(ZONE_COOKIE, "")) or house.settings.zone
    return Moments(house.clock(), zone)


@lru_cache(maxsize=64)
def _zone_named(name: str) -> ZoneInfo | None:
    """The zone of that name; None for one that there is not, whatever a browser sends."""
    try:
        return ZoneInfo(name.replace("%2F", "/")) if 0 < len(name) <= 64 else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
