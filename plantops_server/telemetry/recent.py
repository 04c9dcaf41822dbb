"""The last trusted readings of one plant, for judging it anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from plantops_api.wire import PLANT_METRICS
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries
from plantops_server.telemetry import flags
from plantops_server.telemetry.vpd import vpd

_SQL = load_queries(__package__ or "", "recent.sql")
_MOST = 2_000


class Recent(NamedTuple):
    """One trusted reading: its time, the plant metrics that it measured and VPD; ``backfill`` when it came late."""

    time: datetime
    values: dict[str, float]
    backfill: bool


async def recent(conn: Connection, plant_id: str, since: datetime) -> list[Recent]:
    """Trusted readings since a time, oldest first, at most the newest 2000."""
    values = {"plant_id": plant_id, "since": since, "untrusted": flags.UNTRUSTED, "limit": _MOST}
    rows = await (await conn.execute(_SQL["recent_trusted"], values)).fetchall()
    return [
        Recent(
            row["time"],
            {metric: row[metric] for metric in PLANT_METRICS if row[metric] is not None} | _thirst(row),
            bool(row["flags"] & flags.BACKFILL),
        )
        for row in rows
    ]


def _thirst(row: Mapping[str, Any]) -> dict[str, float]:
    warm, moist = row["temperature"], row["humidity"]
    return {} if warm is None or moist is None else {"vpd": vpd(warm, moist)}
