"""Every stored reading of a plant, streamed: a year of it never stands in memory."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from plantops_server.store.database import Connection
from plantops_server.telemetry.statements import SQL

COLUMNS = (
    "time", "device_id", "soil_moisture", "temperature", "humidity", "light_level", "conductivity", "battery", "rssi",
    "soil_raw", "boot", "seq", "received_at", "flags",
)  # fmt: skip
"""Columns of a row, in the order of the file."""

_ROWS_AT_ONCE = 2000


async def export_rows(
    conn: Connection, plant_id: str, start: datetime | None = None, end: datetime | None = None
) -> AsyncIterator[dict[str, Any]]:
    """Yield the readings of [start, end), oldest first, as dicts with the keys of ``COLUMNS``; needs a transaction.

    Without ``start`` from the first reading, without ``end`` to the last one.
    """
    async with conn.cursor(name=f"export_{secrets.token_hex(4)}") as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        await cursor.execute(SQL["export_readings"], {"plant_id": plant_id, "start": start, "end": end})
        async for row in cursor:
            yield row
