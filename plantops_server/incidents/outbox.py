"""The outbox: what is to be told, written with the incident it tells of, delivered later by ``watch``.

One row a (event, channel). A row is pending while ``next_attempt_at`` is set; whoever delivers it holds
``claimed_until`` in the future and no transaction. A process that dies between sending and marking leaves
at most one duplicate, recognisable by the alert id in its footer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, TypeAlias

from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict

from plantops_api.wire import IncidentKind, Severity
from plantops_server.incidents import channels, maintenance
from plantops_server.store.bell import ring
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__, "outbox.sql")

Happened: TypeAlias = Literal["opened", "changed", "resolved", "repeat"]

LEASE = timedelta(seconds=60)
"""How long one delivery may take; a row whose deliverer died is taken up by another after that."""
GROUP_FROM = 20
"""So many incidents opened at once become one message (section 7)."""
_GROUP_MOST = 200
_PARKED = "the channel was disabled"
_REVIVE_FOR = timedelta(hours=24)  # older news than that is no news when a channel comes back


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
    returned: bool = False
    """It was over for a short while and goes on: no news for whoever was told."""


class Event(NamedTuple):
    """One thing that happened to one incident. ``plant_id`` is None for a device without a plant, or an outage."""

    happened: Happened
    alert_id: int
    kind: IncidentKind
    severity: Severity
    plant_id: str | None
    facts: Facts


class Parcel(NamedTuple):
    """A claimed row and how its incident stands now.

    ``told`` is whether this channel was told of the incident before, ``external_id`` the message that did it.
    ``in_maintenance`` is whether it opened in maintenance, ``maintenance_until`` when the present one ends.
    """

    id: int
    alert_id: int
    event: Happened
    payload: dict[str, Any]
    attempts: int
    created_at: datetime
    acked_at: datetime | None
    acked_by: str | None
    snoozed_until: datetime | None
    resolved_at: datetime | None
    severity: Severity
    external_id: str | None
    told: bool
    in_maintenance: bool
    maintenance_until: datetime | None


async def enqueue(conn: Connection, events: Sequence[Event], now: datetime) -> None:
    """Write one row for each event and each channel that wants it, and ring ``outbox``.

    What opens in maintenance is marked, whether a channel wants it or not.
    """
    await maintenance.mark(conn, [e.alert_id for e in events if e.happened == "opened"], now)
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


async def enqueue_again(
    conn: Connection, event: Happened, news: Mapping[int, Mapping[str, Any]], now: datetime
) -> None:
    """Tell whoever was told of these incidents (``news`` by alert id) what is new, and ring ``outbox``.

    A channel that was never told of an incident does not hear of its end either.
    """
    routes = channels.routes(await channels.load(conn))
    if not news or not routes:
        return
    cursor = await conn.execute(
        _SQL["enqueue_again"],
        {
            "event": event,
            "ids": list(news),
            "news": [Jsonb(dict(what)) for what in news.values()],
            "channels": [channel.name for channel in routes],
            "now": now,
        },
    )
    if await cursor.fetchall():
        await ring(conn, "outbox", ["again"])


async def enqueue_repeats(conn: Connection, now: datetime) -> int:
    """Remind of incidents that nobody acknowledged: after the repeat interval, and when a snooze has ended."""
    after_s = (await channels.load(conn)).repeat_after_s
    repeat_before = None if after_s is None else now - timedelta(seconds=after_s)
    cursor = await conn.execute(_SQL["to_repeat"], {"now": now, "repeat_before": repeat_before})
    ids = [row["id"] for row in await cursor.fetchall()]
    await enqueue_again(conn, "repeat", {alert_id: {} for alert_id in ids}, now)
    return len(ids)


async def due_channels(conn: Connection, now: datetime) -> dict[str, int]:
    """Channels with something to deliver now, and how many new incidents are among it."""
    cursor = await conn.execute(_SQL["due_channels"], {"now": now})
    return {row["channel"]: row["opened"] for row in await cursor.fetchall()}


async def claim(conn: Connection, channel: str, now: datetime, group_from: int = GROUP_FROM) -> list[Parcel]:
    """Take the next row of a channel, or ``group_from`` and more openings together.

    Nobody else has them until the lease ends.
    """
    cursor = await conn.execute(
        _SQL["claim"],
        {"channel": channel, "now": now, "until": now + LEASE, "group_from": group_from, "group_most": _GROUP_MOST},
    )  # fmt: skip
    return [Parcel(**row) for row in await cursor.fetchall()]


async def mark_delivered(
    conn: Connection, parcels: Sequence[Parcel], external_id: str | None, now: datetime
) -> None:
    """These went out as (or into) the message ``external_id``."""
    await conn.execute(_SQL["delivered"], {"ids": _ids(parcels), "external_id": external_id, "now": now})


async def postpone(
    conn: Connection, channel: str, parcels: Sequence[Parcel], error: str, at: datetime, now: datetime
) -> None:
    """The service did not take these: they and what waits behind them are due at ``at``."""
    await conn.execute(_SQL["postpone"], {"ids": _ids(parcels), "error": error, "at": at})
    await conn.execute(_SQL["postpone_channel"], {"channel": channel, "at": at, "now": now})


async def hold(conn: Connection, parcels: Sequence[Parcel], reason: str | None, at: datetime) -> None:
    """Give these back untried; they do not go out before ``at``.

    With a ``reason`` (quiet hours, snooze, maintenance) they let others of their plant pass meanwhile.
    """
    values = {"ids": _ids(parcels), "error": reason, "at": at, "held": reason is not None}
    await conn.execute(_SQL["hold"], values)


async def drop(conn: Connection, parcels: Sequence[Parcel], reason: str) -> None:
    """These are never sent, and the row says why."""
    await conn.execute(_SQL["drop"], {"ids": _ids(parcels), "error": reason})


async def park(conn: Connection, channel: str) -> None:
    """The channel is out of use: what waits for it waits until it is enabled again."""
    await conn.execute(_SQL["park_channel"], {"channel": channel, "parked": _PARKED})


async def revive(conn: Connection, enabled: Sequence[str], now: datetime) -> None:
    """These channels are in use: what was parked in the last 24 h is due now."""
    await conn.execute(
        _SQL["revive_channels"],
        {"channels": list(enabled), "parked": _PARKED, "now": now, "since": now - _REVIVE_FOR},
    )
    await ring(conn, "outbox", ["revived"])


async def clock_set_back(conn: Connection, now: datetime) -> None:
    """Our clock was set back to ``now``: what was about to go out does not wait until it has caught up."""
    await conn.execute(_SQL["clock_set_back"], {"now": now, "leased": now + LEASE})
    await ring(conn, "outbox", ["clock"])


async def group_members(conn: Connection, channel: str, external_id: str) -> list[dict[str, Any]]:
    """Payloads and present state of all incidents that a grouped message tells of."""
    cursor = await conn.execute(_SQL["group_members"], {"channel": channel, "external_id": external_id})
    return await cursor.fetchall()


def _ids(parcels: Sequence[Parcel]) -> list[int]:
    return [parcel.id for parcel in parcels]


def _payload(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "severity": event.severity,
        "plant_id": event.plant_id,
        **event.facts.model_dump(mode="json", exclude_none=True),
    }
