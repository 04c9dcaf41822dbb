"""What was refused and why: one counted row a device and reason, with the newest sample. Bounded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from plantops_server.store.database import Connection
from plantops_server.telemetry.packets import Reject
from plantops_server.telemetry.statements import SQL

MAX_ROWS = 20_000
"""Rows kept in all: a flood of new device ids must not fill the disk. Known rows are counted on beyond it."""

_ID_CHARACTERS = 64


async def record(conn: Connection, rejects: Iterable[tuple[str, Reject]], now: datetime) -> None:
    """Count refusals, given as (device id of the topic, reason and sample), and keep the newest sample of each."""
    counts: dict[tuple[str, str], int] = {}
    samples: dict[tuple[str, str], str] = {}
    for device_id, reject in rejects:
        key = (device_id[:_ID_CHARACTERS], reject.reason)
        counts[key] = counts.get(key, 0) + 1
        samples[key] = reject.sample
    if not counts:
        return
    keys = sorted(counts)
    await conn.execute(
        SQL["count_rejects"],
        {
            "device_ids": [device_id for device_id, _ in keys],
            "reasons": [reason for _, reason in keys],
            "counts": [counts[key] for key in keys],
            "samples": [samples[key] for key in keys],
            "now": now,
            "most": MAX_ROWS,
        },
    )


async def of_device(conn: Connection, device_id: str) -> list[dict[str, Any]]:
    """What was refused of one device, newest first: reason, count, sample, last_at."""
    return await (await conn.execute(SQL["rejects_of_device"], (device_id,))).fetchall()
