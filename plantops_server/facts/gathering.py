"""Read all that the sheet of one plant is written from: a constant number of statements, whatever the history holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

import msgspec
from psycopg.rows import tuple_row

from plantops_api.wire import PLANT_METRICS
from plantops_server import cards
from plantops_server.plants import fetched, species
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries
from plantops_server.telemetry import battery, dli, flags

_SQL = load_queries(__package__ or "")

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

Row = dict[str, Any]


class Hour(NamedTuple):
    """One metric in one hour, from trusted readings."""

    start: datetime
    min: float
    mean: float
    max: float


class Gathered(NamedTuple):
    """What is known of one plant, before it is put into facts."""

    plant: Row
    """The plant as ``cards.plant`` gives it."""
    stored_trust: str
    hours: Mapping[str, Sequence[Hour]]
    """By metric, 30 days, oldest first."""
    waterings: Sequence[Row]
    """Newest first, 60 days."""
    light: Mapping[date, dli.DailyLight]
    species: Row | None
    sensors: Mapping[str, Row]
    """By device: ``readings`` and ``flagged`` of a week, the means of a day."""
    batteries: Mapping[str, float]
    """By device: the median of a day, %."""


async def gather(conn: Connection, plant_id: str, hour: datetime, zone: tzinfo) -> Gathered:
    """Read it as of a full hour, what came since then included. Raises PlantNotFound."""
    plant = await cards.plant(conn, plant_id, hour, zone)
    until = hour + HOUR
    trust = await (await conn.execute(_SQL["stored_trust"], (plant_id,))).fetchone()
    waterings = await conn.execute(
        _SQL["waterings_of_plant"], {"plant_id": plant_id, "since": hour - 60 * DAY, "until": until}
    )
    ranges = {"plant_id": plant_id, "week": until - 7 * DAY, "day": until - DAY, "until": until}
    sensors = await conn.execute(_SQL["sensors_of_plant"], {**ranges, "untrusted": flags.UNTRUSTED})
    levels = await battery.levels(conn, [device["id"] for device in plant["devices"]], until)
    return Gathered(
        plant=plant,
        stored_trust=trust["trust"] if trust else "none",
        hours=await _hours(conn, plant_id, hour),
        waterings=await waterings.fetchall(),
        light=await dli.dli_by_day(conn, plant_id, hour - 8 * DAY, hour, zone),
        species=await _species(conn, plant["species"]),
        sensors={row["device_id"]: row for row in await sensors.fetchall()},
        batteries={device_id: level.median for device_id, level in levels.items()},
    )


async def _hours(conn: Connection, plant_id: str, hour: datetime) -> dict[str, list[Hour]]:
    found: dict[str, list[Hour]] = {metric: [] for metric in PLANT_METRICS}
    arguments = {"plant_id": plant_id, "since": hour - 30 * DAY, "hour": hour}
    async with conn.cursor(row_factory=tuple_row, binary=True) as cursor:
        await cursor.execute(_SQL["hours_of_plant"], arguments)
        for bucket, *values in await cursor.fetchall():
            for place, metric in enumerate(PLANT_METRICS):
                low, mean, high = values[3 * place : 3 * place + 3]
                if mean is not None:
                    found[metric].append(Hour(bucket, low, mean, high))
    return found


async def _species(conn: Connection, name: str | None) -> Row | None:
    known = species.match(name)
    if known is not None:
        return {**msgspec.to_builtins(known), "origin": "shipped"}
    return await fetched.named(conn, name) if name else None
