"""The audit of deliveries: each attempt, what the service answered, and for how long that is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from plantops_server.incidents.outbox import Parcel
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__, "attempts.sql")

KEEP_ATTEMPTS = timedelta(days=90)
KEEP_ALERTS = timedelta(days=400)


async def record(
    conn: Connection, channel: str, parcels: Sequence[Parcel], outcome: str, status: int | None,
    error: str | None, now: datetime,
) -> None:  # fmt: skip
    """Write down one attempt for each of these rows. ``error`` is a sentence without secrets."""
    values = {
        "channel": channel, "now": now, "outcome": outcome, "status": status, "error": error,
        "alerts": [parcel.alert_id for parcel in parcels], "events": [parcel.event for parcel in parcels],
    }  # fmt: skip
    await conn.execute(_SQL["record"], values)


async def of_alert(
    conn: Connection, alert_id: int, limit: int, before: int | None = None
) -> list[dict[str, Any]]:
    """Attempts to tell of one incident, the newest first, before the attempt ``before``."""
    values = {"alert_id": alert_id, "limit": limit, "before": before}
    return await (await conn.execute(_SQL["of_alert"], values)).fetchall()


async def forget_old(conn: Connection, now: datetime) -> None:
    """Forget attempts and messages after 90 days, and incidents 400 days after they were resolved."""
    await conn.execute(_SQL["forget_attempts"], {"before": now - KEEP_ATTEMPTS})
    await conn.execute(_SQL["forget_notifications"], {"before": now - KEEP_ATTEMPTS})
    await conn.execute(_SQL["forget_alerts"], {"before": now - KEEP_ALERTS})
