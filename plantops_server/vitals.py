"""Read model of the installation's own figures, for /readyz and /metrics: counts and ages, never a name."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from plantops_server.incidents import channels
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__ or "plantops_server", "vitals.sql")


class Outbox(NamedTuple):
    """Notifications that wait: how many, since when the oldest, since when the most overdue one is due."""

    pending: int
    oldest_at: datetime | None
    most_due_at: datetime | None


async def outbox(conn: Connection) -> Outbox:
    """The state of the outbox."""
    row = await (await conn.execute(_SQL["outbox"])).fetchone()
    return Outbox(0, None, None) if row is None else Outbox(**row)


async def disabled_channels(conn: Connection) -> int:
    """Notification channels that the server stopped using because their service refused them."""
    return sum(channel.disabled_reason is not None for channel in (await channels.load(conn)).channels)


async def counts(conn: Connection) -> dict[str, list[dict[str, Any]]]:
    """Rows with ``n`` for ``plants`` (health, trust), ``devices`` (status) and ``incidents`` (kind, severity)."""
    return {
        subject: await (await conn.execute(_SQL[subject])).fetchall()
        for subject in ("plants", "devices", "incidents")
    }
