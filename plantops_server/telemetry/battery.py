"""What devices say of their batteries, slowly: single readings sag with the cold and with every transmission."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries
from plantops_server.telemetry import flags

_SQL = load_queries(__package__ or "", "battery.sql")
_ENOUGH = 5


class Level(NamedTuple):
    """%: the median of a day, and the least of the newest three readings."""

    median: float
    newest: float


async def levels(conn: Connection, device_ids: Iterable[str], now: datetime) -> dict[str, Level]:
    """The levels of these devices; one with fewer than five trusted readings in a week is absent."""
    values = {"devices": list(device_ids), "now": now, "untrusted": flags.UNTRUSTED}
    rows = await (await conn.execute(_SQL["levels"], values)).fetchall()
    return {
        row["device_id"]: Level(row["median"], row["newest"]) for row in rows if row["readings"] >= _ENOUGH
    }
