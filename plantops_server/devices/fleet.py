"""Who is in use and when each was last heard: what tells a silent device from a silent network."""

from __future__ import annotations

from datetime import datetime

from plantops_server.store.database import Connection


async def last_heard(conn: Connection) -> dict[str, datetime]:
    """When each device in use was last heard; a device that was never heard is absent."""
    cursor = await conn.execute(
        "SELECT id, last_seen_at FROM devices WHERE decommissioned_at IS NULL AND last_seen_at IS NOT NULL"
    )
    return {row["id"]: row["last_seen_at"] for row in await cursor.fetchall()}
