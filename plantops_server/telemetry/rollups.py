"""Half-hourly and hourly roll-ups per plant, kept by the worker from what was received since it last looked.

The watermark is on ``received_at``, the order in which rows came, so that late and back-filled readings roll their old
buckets again. A transaction commits after its rows were stamped: each run therefore looks back over an overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from psycopg.rows import tuple_row

from plantops_server.store.bell import ring
from plantops_server.store.database import Connection
from plantops_server.telemetry import flags
from plantops_server.telemetry.statements import SQL

OVERLAP = timedelta(minutes=2)
"""Longer than any ingest transaction may take (the statement timeout is 30 s)."""

HALF_HOUR = timedelta(minutes=30)
KEEP_HALF_HOURS = timedelta(days=40)
"""The half-hourly table serves cards and recent charts; older history is charted from the hourly one."""

_CHUNK = 2000  # buckets in one statement: a back-fill of a year stays within the statement timeout


async def roll_up(conn: Connection) -> int:
    """Bring both tables up to date with the readings; how many half-hours were rolled.

    Needs a transaction. When another worker is at it, nothing is done here.
    """
    async with conn.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(SQL["claim_rollup"])
        claimed = await cursor.fetchone()
        if claimed is None:
            return 0
        since, now = claimed
        await cursor.execute(
            SQL["touched_half_hours"], {"since": since, "overlap": OVERLAP, "now": now, "untrusted": flags.UNTRUSTED}
        )  # fmt: skip
        buckets = await cursor.fetchall()
    await _roll(conn, buckets)
    await conn.execute(SQL["advance_rollup"], (now,))
    return len(buckets)


async def catch_up(conn: Connection, plant_id: str) -> int:
    """Roll what this plant received since the worker last looked: a chart shows readings that came a moment ago.

    Needs a transaction; how many half-hours were rolled. When a worker is at it, nothing is done here.
    """
    async with conn.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(SQL["claim_rollup"])
        claimed = await cursor.fetchone()
        if claimed is None:
            return 0
        arguments = {
            "plant_id": plant_id, "since": claimed[0], "overlap": OVERLAP, "untrusted": flags.UNTRUSTED,
        }  # fmt: skip
        await cursor.execute(SQL["touched_half_hours_of_plant"], arguments)
        buckets = await cursor.fetchall()
    await _roll(conn, buckets)
    return len(buckets)


async def roll_again(conn: Connection, readings: Iterable[tuple[str | None, datetime]]) -> None:
    """Roll the buckets of readings, given as (plant id, time), whose values or trust changed after they came.

    A bucket without any trusted reading left goes. Needs a transaction; waits for a worker that is rolling.
    """
    await conn.execute(SQL["hold_rollup"])
    buckets = sorted({(plant_id, _half_hour(time)) for plant_id, time in readings if plant_id is not None})
    keys = [plant_id for plant_id, _ in buckets], [start for _, start in buckets]
    await conn.execute(SQL["clear_half_hours"], keys)
    await conn.execute(SQL["clear_hours"], keys)
    await _roll(conn, buckets)


async def forget_half_hours_before(conn: Connection, cutoff: datetime) -> int:
    """Drop half-hours that no card or recent chart reads any more."""
    return (await conn.execute(SQL["forget_half_hours"], (cutoff,))).rowcount


async def revision(conn: Connection) -> int:
    """Changes whenever a roll-up does: what was read from them at the same revision is still right."""
    row = await (await conn.execute(SQL["rollup_revision"])).fetchone()
    return row["revision"] if row is not None else 0


async def _roll(conn: Connection, buckets: Sequence[tuple[str, datetime]]) -> None:
    """Roll these half-hours and their hours, and ring for plants that got a new one: their sparklines have grown.

    One ring a plant and half an hour; the reading that began it was heard of before it was rolled up.
    """
    if buckets:
        await conn.execute(SQL["rolled"])
    for first in range(0, len(buckets), _CHUNK):
        chunk = buckets[first : first + _CHUNK]
        plant_ids, starts = [plant_id for plant_id, _ in chunk], [start for _, start in chunk]
        cursor = await conn.execute(
            SQL["roll_half_hours"],
            {"plant_ids": plant_ids, "buckets": starts, "untrusted": flags.UNTRUSTED},
        )
        await ring(
            conn, "plant", sorted({row["plant_id"] for row in await cursor.fetchall() if row["is_new"]})
        )
        hours = sorted({(plant_id, start.replace(minute=0)) for plant_id, start in chunk})
        await conn.execute(
            SQL["roll_hours"], {"plant_ids": [p for p, _ in hours], "buckets": [b for _, b in hours]}
        )


def _half_hour(time: datetime) -> datetime:
    return time.replace(minute=time.minute // 30 * 30, second=0, microsecond=0)
