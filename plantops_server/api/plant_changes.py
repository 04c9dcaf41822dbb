"""What changing a plant means for other subjects: new limits are judged at once, an archived plant is left alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from plantops_api.wire import PlantBody
from plantops_server.devices import presence
from plantops_server.incidents import judge
from plantops_server.incidents.judge import Observation, PlantContext
from plantops_server.plants import registry, state
from plantops_server.store import bell
from plantops_server.store.database import Connection
from plantops_server.telemetry.recent import recent

LOOK_BACK = timedelta(hours=24)
"""How much of the past new limits are judged by: what held longer is critical anyway."""


async def replace_plant(conn: Connection, plant_id: str, body: PlantBody, now: datetime) -> None:
    """Replace what a person may set; opens and resolves incidents when the limits changed.

    Raises PlantNotFound and InvalidInput.
    """
    await state.lock(conn, [plant_id])  # as ingest does: no reading is judged by the old limits meanwhile
    row, limits_changed = await registry.replace_plant(conn, plant_id, body)
    if limits_changed:
        await _judge_anew(conn, row, now)
    await bell.ring(conn, "plant", [plant_id])


async def _judge_anew(conn: Connection, row: dict[str, Any], now: datetime) -> None:
    plant_id = row["id"]
    context = PlantContext(plant_id, row["name"], row["species"], row["location"], registry.limits_of(row))
    readings = await recent(conn, plant_id, now - LOOK_BACK)
    observed = [Observation(plant_id, r.time, r.values, fresh=not r.backfill) for r in readings]
    await judge.rejudge(conn, context, observed, now)
    expected = (await presence.expectations(conn, [plant_id])).get(plant_id)
    news = state.News(plant_id, **(expected._asdict() if expected else {}))
    await state.apply(conn, [news], await judge.summary(conn, [plant_id]), now)
