"""Who is in use and when each was last heard: what tells a silent device from a silent network."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from plantops_server.store.database import Connection


class Place(NamedTuple):
    """A device in use: its name, its plant, and what it last said of its battery, %."""

    name: str | None
    plant_id: str | None
    battery: float | None


async def places(conn: Connection) -> dict[str, Place]:
    """Every device in use, by id."""
    cursor = await conn.execute(
        "SELECT id, name, plant_id, battery FROM devices WHERE decommissioned_at IS NULL ORDER BY id"
    )
    return {row["id"]: Place(row["name"], row["plant_id"], row["battery"]) for row in await cursor.fetchall()}


async def last_heard(conn: Connection) -> dict[str, datetime]:
    """When each device in use was last heard; a device that was never heard is absent."""
    cursor = await conn.execute(
        "SELECT id, last_seen_at FROM devices WHERE decommissioned_at IS NULL AND last_seen_at IS NOT NULL"
    )
    return {row["id"]: row["last_seen_at"] for row in await cursor.fetchall()}
