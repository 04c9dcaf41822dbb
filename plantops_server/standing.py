"""How plants stand after something other than a reading changed: their incidents, or merely the time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from plantops_server.devices import presence
from plantops_server.incidents import judge
from plantops_server.incidents.judge import PlantContext
from plantops_server.plants import registry, state
from plantops_server.store.bell import ring
from plantops_server.store.database import Connection


async def lock(conn: Connection, plant_id: str | None) -> None:
    """Lock the state row of a plant (None: nothing to lock) before its incidents, in the order that ingest keeps."""
    if plant_id is not None:
        await state.lock(conn, [plant_id])


async def contexts_of(conn: Connection, plant_ids: Collection[str]) -> dict[str, PlantContext]:
    """What judging needs to know of these plants, those that are archived left out; ``newest`` is for the caller."""
    rows = await registry.contexts(conn, list(plant_ids)) if plant_ids else []
    return {
        row["id"]: PlantContext(row["id"], row["name"], row["species"], row["location"], row["thresholds"])
        for row in rows
    }


async def refresh(conn: Connection, plant_ids: Iterable[str], now: datetime) -> list[str]:
    """Bring health, trust and the count of open incidents of these plants up to date, and ring those that changed.

    Locks their rows as ingest does, in the caller's transaction. Answers the ids of the plants that changed.
    """
    known = list(await state.lock(conn, plant_ids))
    if not known:
        return []
    expected = await presence.expectations(conn, known)
    news = [
        state.News(plant_id, **(expected[plant_id]._asdict() if plant_id in expected else {}))
        for plant_id in known
    ]
    changed = await state.apply(conn, news, await judge.summary(conn, known), now)
    await ring(conn, "plant", changed)
    return changed
