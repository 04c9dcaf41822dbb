"""The outbox: what is to be told, written with the incident it tells of, delivered later by ``watch``.

One row a (event, channel). A row is pending while ``next_attempt_at`` is set; whoever delivers it holds
``claimed_until`` in the future and no transaction. A process that dies between sending and marking leaves
at most one duplicate, recognisable by the alert id in its footer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict

from plantops_api.wire import IncidentKind, Severity
from plantops_server.incidents import channels
from plantops_server.store.bell import ring
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__, "outbox.sql")

Happened: TypeAlias = Literal["opened", "changed", "resolved", "repeat"]


class Facts(BaseModel):
    """What a message says besides kind and severity, as it was when the event happened."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    plant_name: str | None = None
    species: str | None = None
    location: str | None = None
    device_id: str | None = None
    device_name: str | None = None
    metric: str | None = None
    value: float | None = None
    threshold: float | None = None
    min: float | None = None
    max: float | None = None
    opened_at: datetime
    seen: float | None = None
    before: tuple[datetime, float] | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None
    text: str | None = None


class Event(NamedTuple):
    """One thing that happened to one incident. ``plant_id`` is None for a device without a plant, or an outage."""

    happened: Happened
    alert_id: int
    kind: IncidentKind
    severity: Severity
    plant_id: str | None
    facts: Facts


async def enqueue(conn: Connection, events: Sequence[Event], now: datetime) -> None:
    """Write one row for each event and each channel that wants it, and ring ``outbox``."""
    routes = channels.routes(await channels.load(conn))
    rows = [
        (event, channel.name)
        for event in events
        for channel in routes
        if channel.wants(event.kind, event.plant_id, event.severity)
    ]
    if not rows:
        return
    await conn.execute(
        _SQL["enqueue"],
        {
            "alerts": [event.alert_id for event, _ in rows],
            "channels": [name for _, name in rows],
            "subjects": [event.plant_id or event.facts.device_id or "" for event, _ in rows],
            "events": [event.happened for event, _ in rows],
            "payloads": [Jsonb(_payload(event)) for event, _ in rows],
            "now": now,
        },
    )
    await ring(conn, "outbox", ["new"])


def _payload(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "severity": event.severity,
        "plant_id": event.plant_id,
        **event.facts.model_dump(mode="json", exclude_none=True),
    }
