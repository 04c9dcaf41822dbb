"""Read model of a plant's past: its series between two moments, beside the limits that it has now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from plantops_server.plants import registry
from plantops_server.store.database import Connection
from plantops_server.telemetry import rollups
from plantops_server.telemetry.derived import history_with_derived

RANGES = {
    "24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30), "1y": timedelta(days=365),
}  # fmt: skip
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No reading is older: whoever asks for more gets an answer from here on."""


async def past(
    conn: Connection, plant_id: str, start: datetime, end: datetime, points: int, metrics: Sequence[str], zone: tzinfo
) -> dict[str, Any]:  # fmt: skip
    """Series of ``metrics``, measured and derived ones (``wire.History``), ready for JSON; raises PlantNotFound."""
    row = await registry.get_plant(conn, plant_id)
    async with conn.transaction():
        await rollups.catch_up(conn, plant_id)
    columns = await history_with_derived(conn, plant_id, start, end, points, metrics, zone)
    limits = {metric: limit.model_dump() for metric, limit in registry.limits_of(row).items()}
    return {**columns, "thresholds": limits}
