"""The season, as far as the time zone tells the hemisphere."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

Season = Literal["spring", "summer", "autumn", "winter"]

_NORTH: tuple[Season, ...] = ("winter", "spring", "summer", "autumn")


def season(local: datetime) -> Season | None:
    """The meteorological season at ``local``; None in zones without summer time, which lie on both sides.

    Clocks go forward in the summer half of the year: in July north of the equator, in January south of it.
    """
    january, july = (local.replace(month=month, day=1, hour=12).utcoffset() for month in (1, 7))
    if january is None or july is None or january == july:
        return None
    half_a_year = 0 if july > january else 2
    return _NORTH[(local.month % 12 // 3 + half_a_year) % 4]
