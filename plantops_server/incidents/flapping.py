"""Incidents of kind ``flapping``: one a device that loses its connection again and again, however long it goes on.

One that returns within six hours after the device was calm is the same incident, and nobody who was told is told anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from plantops_server.incidents import outbox
from plantops_server.incidents.breach import PlantContext
from plantops_server.store.bell import ring
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__, "flapping.sql")

SAME_WITHIN = timedelta(hours=6)
_CALM = "the connection holds again"
DETAIL = (
    "the connection was lost more than 15 times in a minute (weak radio, failing power, or two devices with the same "
    "credentials)"
)


class Flapper(NamedTuple):
    """A device that flaps, and where it sits."""

    device_id: str
    name: str | None
    plant_id: str | None


async def open_flapping(
    conn: Connection, flappers: Sequence[Flapper], contexts: Mapping[str, PlantContext], now: datetime
) -> list[int]:
    """Open an incident for each of these that has none; the ids of those that are new or go on after all.

    Writes ``alerts`` and the outbox and rings ``alert`` in the caller's transaction, which holds the devices' locks.
    """
    if not flappers:
        return []
    values = {
        "devices": [f.device_id for f in flappers], "plants": [f.plant_id for f in flappers], "now": now,
        "since": now - SAME_WITHIN, "calm": _CALM, "detail": DETAIL,
    }  # fmt: skip
    returned = [row["id"] for row in await (await conn.execute(_SQL["return"], values)).fetchall()]
    news = {alert_id: {"returned": True, "resolved_at": None, "resolution": None} for alert_id in returned}
    await outbox.enqueue_again(conn, "changed", news, now)
    ids = {row["device_id"]: row["id"] for row in await (await conn.execute(_SQL["open"], values)).fetchall()}
    events = [
        _opened(ids[f.device_id], f, contexts.get(f.plant_id or ""), now)
        for f in flappers
        if f.device_id in ids
    ]
    if events:
        await outbox.enqueue(conn, events, now)
    changed = [*returned, *ids.values()]
    await ring(conn, "alert", map(str, changed))
    return changed


async def open_devices(conn: Connection) -> dict[str, str | None]:
    """The devices with an open incident, and the plant that it is about."""
    rows = await (await conn.execute(_SQL["open_devices"])).fetchall()
    return {row["device_id"]: row["plant_id"] for row in rows}


async def resolve_flapping(conn: Connection, device_ids: Collection[str], now: datetime) -> list[int]:
    """Close the incidents of these devices; their ids. Writes as ``open_flapping`` does."""
    values = {"devices": sorted(device_ids), "now": now, "calm": _CALM}
    ids = [row["id"] for row in await (await conn.execute(_SQL["resolve"], values)).fetchall()]
    news = {alert_id: {"resolved_at": now.isoformat(), "resolution": _CALM} for alert_id in ids}
    await outbox.enqueue_again(conn, "resolved", news, now)
    await ring(conn, "alert", map(str, ids))
    return ids


def _opened(alert_id: int, flapper: Flapper, context: PlantContext | None, now: datetime) -> outbox.Event:
    return outbox.Event(
        happened="opened", alert_id=alert_id, kind="flapping", severity="warning", plant_id=flapper.plant_id,
        facts=outbox.Facts(
            plant_name=context.name if context else None, species=context.species if context else None,
            location=context.location if context else None,
            device_id=flapper.device_id, device_name=flapper.name, opened_at=now, text=DETAIL,
        ),
    )  # fmt: skip
