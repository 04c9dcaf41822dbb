"""The light of a day as plants count it: DLI, mol/m²/d, from lux by the local calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import NamedTuple

from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

UMOL_PER_LUX = 0.0185
"""µmol/m²/s of photosynthetic light per lx of sunlight (Thimijan and Heins 1983: 54 lx per µmol/m²/s)."""

LONGEST_GAP = timedelta(hours=3)
"""Between two measurements that lie further apart nobody knows how bright it was."""

_WHOLE_H = 21.0  # of 24: one gap of three hours may be missing
_SQL = load_queries(__package__ or "", "light.sql")


class DailyLight(NamedTuple):
    """One day's light in mol/m², and whether enough of the day was measured to call it the day's sum."""

    mol: float
    complete: bool


def day_span(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Start and end of a local day, in UTC: 23 to 25 h."""
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return start.astimezone(UTC), end.astimezone(UTC)


async def daily_dli(
    conn: Connection, plant_ids: Sequence[str], day: date, zone: tzinfo
) -> dict[str, DailyLight]:
    """The light of one local day, by plant; plants without any measurement of light in it are absent.

    Today's is the light so far. Reads the half-hourly roll-up, which goes back 40 days.
    """
    start, end = day_span(day, zone)
    values = {
        "plant_ids": list(plant_ids), "start": start, "end": end, "gap_s": LONGEST_GAP.total_seconds(),
    }  # fmt: skip
    rows = await (await conn.execute(_SQL["light_of_spans"], values)).fetchall()
    return {row["plant_id"]: _light(row["lux_s"], row["covered_s"]) for row in rows}


async def dli_by_day(
    conn: Connection, plant_id: str, start: datetime, end: datetime, zone: tzinfo
) -> dict[date, DailyLight]:
    """The light of every local day that [start, end) touches, from the hourly roll-up, which is kept for ever."""
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    values = {"plant_id": plant_id, "start": day_span(first, zone)[0], "end": day_span(last, zone)[1]}
    rows = await (await conn.execute(_SQL["hourly_light"], values)).fetchall()
    days: dict[date, list[tuple[datetime, float]]] = {}
    for row in rows:
        days.setdefault(row["bucket"].astimezone(zone).date(), []).append((row["bucket"], row["light"]))
    return {day: _light(*summed(samples, timedelta(hours=1))) for day, samples in days.items()}


def summed(samples: Sequence[tuple[datetime, float]], width: timedelta) -> tuple[float, float]:
    """Trapezoid over (time, lx) of one day in lx·s, and the seconds that it covers.

    ``width`` is what one sample stands for: the outermost ones hold for half of it beyond themselves.
    """
    lux_s = covered = 0.0
    for (at, light), (next_at, next_light) in pairwise(samples):
        passed = (next_at - at).total_seconds()
        if passed <= LONGEST_GAP.total_seconds():
            lux_s += (light + next_light) / 2 * passed
            covered += passed
    if samples:
        lux_s += (samples[0][1] + samples[-1][1]) / 2 * width.total_seconds()
        covered += width.total_seconds()
    return lux_s, covered


def _light(lux_s: float, covered_s: float) -> DailyLight:
    return DailyLight(round(lux_s * UMOL_PER_LUX / 1e6, 3), covered_s >= _WHOLE_H * 3600)
