"""What the soil of plants did lately, for whoever looks for waterings and dry-downs: new windows, samples, levels.

The watermark is on ``received_at``, as the roll-ups' own, so that a replay or a back-fill of old readings is looked at
like everything else; it never runs ahead of the roll-ups, which the first look is made by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from psycopg.rows import tuple_row

from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries
from plantops_server.telemetry import flags
from plantops_server.telemetry.rollups import OVERLAP

_SQL = load_queries(__package__ or "", "soil.sql")

NO_EVIDENCE = flags.UNTRUSTED & ~(flags.JUMP | flags.OUT_OF_SOIL)
"""Readings that say nothing about waterings. A probe that lost contact is in: water is what often restores it, and a
rise from there is judged against the level before the loss."""

Samples = list[tuple[datetime, float]]


async def claim(conn: Connection) -> datetime | None:
    """Since when there is something to look at; None when another worker is at it. Needs a transaction."""
    row = await (await conn.execute(_SQL["claim_soil_watch"])).fetchone()
    return None if row is None else row["received_at"]


async def touched(conn: Connection, since: datetime) -> tuple[datetime, dict[str, datetime]]:
    """Until when was received what is rolled up, and the plants whose soil was measured in it: the oldest new time."""
    row = await (await conn.execute(_SQL["rolled_up_to"])).fetchone()
    until: datetime = row["received_at"] if row else since
    values = {
        "since": since - OVERLAP if since.year > 1 else since,
        "until": until,
        "untrusted": flags.UNTRUSTED,
    }
    rows = await (await conn.execute(_SQL["touched_soil"], values)).fetchall()
    return until, {row["plant_id"]: row["since"] for row in rows}


async def advance(conn: Connection, until: datetime) -> None:
    """Everything received before was looked at."""
    await conn.execute(_SQL["advance_soil_watch"], (until,))


async def restless(
    conn: Connection, since: Mapping[str, datetime], held: timedelta, least: float
) -> dict[str, datetime]:
    """Of these plants those whose soil moved by ``least`` points or more in ``held`` before the time, or later."""
    values = {
        "plant_ids": list(since), "since": list(since.values()), "held": held, "least": least,
    }  # fmt: skip
    rows = await (await conn.execute(_SQL["restless"], values)).fetchall()
    return {row["plant_id"]: row["since"] for row in rows}


async def samples(conn: Connection, plant_id: str, since: datetime) -> list[Samples]:
    """The soil readings of a plant since a time that may show a watering, probe by probe, oldest first."""
    values = {"plant_id": plant_id, "since": since, "untrusted": NO_EVIDENCE}
    async with conn.cursor(row_factory=tuple_row, binary=True) as cursor:
        await cursor.execute(_SQL["soil_samples"], values)
        rows: Sequence[tuple[str, datetime, float]] = await cursor.fetchall()
    return [[(time, value) for _, time, value in probe] for _, probe in groupby(rows, key=lambda row: row[0])]


async def levels(conn: Connection, plant_id: str, since: datetime) -> Samples:
    """Half-hourly means of a plant's trusted soil readings since a time, oldest first."""
    async with conn.cursor(row_factory=tuple_row, binary=True) as cursor:
        await cursor.execute(_SQL["soil_levels"], {"plant_id": plant_id, "since": since})
        return await cursor.fetchall()
