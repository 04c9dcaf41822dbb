"""What changing a plant means for other subjects: new limits are judged at once, an archived plant is left alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from plantops_api.wire import PlantBody, WateringBody
from plantops_server import cards, standing
from plantops_server.devices import registry as devices
from plantops_server.errors import InvalidInput
from plantops_server.incidents import judge, lifecycle
from plantops_server.incidents.judge import Observation, PlantContext
from plantops_server.plants import outlooks, registry, state, watering_log
from plantops_server.store import bell
from plantops_server.store.database import Connection
from plantops_server.telemetry.recent import recent

LOOK_BACK = timedelta(hours=24)
"""How much of the past new limits are judged by: what held longer is critical anyway."""
_AN_INCIDENT = timedelta(days=60)
"""How far back another watering may lie that has to do with the same dry incident."""
_CLOCKS_DIFFER = timedelta(minutes=5)


async def replace_plant(conn: Connection, plant_id: str, body: PlantBody, now: datetime, who: str) -> None:
    """Replace what ``who`` may set; opens and resolves incidents when the limits changed.

    Raises PlantNotFound and InvalidInput.
    """
    await state.lock(conn, [plant_id])  # as ingest does: no reading is judged by the old limits meanwhile
    row, limits_changed = await registry.replace_plant(conn, plant_id, body, now, who)
    if limits_changed:
        await judge_anew(conn, row, now)
        await outlooks.ask(conn, [plant_id], now, at_once=True)
    await bell.ring(conn, "plant", [plant_id])


async def log_watering(
    conn: Connection, plant_id: str, body: WateringBody, who: str, now: datetime
) -> dict[str, Any]:
    """Write a watering down: it ends what is too dry, and the next one is forecast anew.

    ``body.at`` is aware. Raises PlantNotFound, and InvalidInput for a watering that is still to come.
    """
    if body.at is not None and body.at > now + _CLOCKS_DIFFER:
        raise InvalidInput(
            problem=f"at: {body.at:%Y-%m-%d %H:%M} UTC lies in the future. Log a watering when it is done."
        )
    await state.lock(conn, [plant_id])
    row = await registry.log_watering(conn, plant_id, body, now)
    if await lifecycle.resolve_dry(conn, plant_id, row["at"], who) is not None:
        await standing.refresh(conn, [plant_id], now)
    await outlooks.ask(conn, [plant_id], now, at_once=True)
    await bell.ring(conn, "plant", [plant_id])
    return row


async def take_watering_back(
    conn: Connection, plant_id: str, watering_id: str, who: str, now: datetime
) -> None:
    """A watering was none: what it ended goes on if the soil is dry, and the next one is forecast anew.

    Raises PlantNotFound and WateringNotFound.
    """
    await state.lock(conn, [plant_id])
    at = await registry.take_watering_back(conn, plant_id, watering_id, who, now)
    others = await watering_log.watering_times(conn, plant_id, at - _AN_INCIDENT, at + LOOK_BACK)
    if await lifecycle.dry_again(conn, plant_id, at, others):
        await _judge_soil(conn, plant_id, now)
        await standing.refresh(conn, [plant_id], now)
    await outlooks.ask(conn, [plant_id], now, at_once=True)
    await bell.ring(conn, "plant", [plant_id])


async def archive_plant(conn: Connection, plant_id: str, who: str, now: datetime) -> None:
    """Take a plant off the dashboard: untie its devices, resolve what is open, keep the history.

    Raises PlantNotFound. Archiving an archived plant changes nothing.
    """
    await registry.get_plant(conn, plant_id)
    for device in await cards.devices_of_plant(
        conn, plant_id, now
    ):  # devices before plants, as ingest locks them
        await devices.tie(conn, device["id"], None, now)
    await state.lock(conn, [plant_id])
    await registry.archive_plant(conn, plant_id, now)
    for alert in (await judge.open_by_plant(conn, [plant_id])).get(plant_id, []):
        await lifecycle.resolve(conn, alert["id"], who, "the plant was archived", now)
    await standing.refresh(conn, [plant_id], now)
    await bell.ring(conn, "plant", [plant_id])


async def restore_plant(conn: Connection, plant_id: str, now: datetime) -> None:
    """Take archiving back; its devices stay untied. Raises PlantNotFound. Restoring a plant in use changes nothing."""
    await state.lock(conn, [plant_id])
    await registry.restore_plant(conn, plant_id)
    await standing.refresh(conn, [plant_id], now)
    await bell.ring(conn, "plant", [plant_id])


async def judge_anew(conn: Connection, row: dict[str, Any], now: datetime) -> None:
    """Open and resolve incidents of a plant as its last readings and its limits say by now."""
    plant_id = row["id"]
    context = PlantContext(plant_id, row["name"], row["species"], row["location"], registry.limits_of(row))
    readings = await recent(conn, plant_id, now - LOOK_BACK)
    observed = [Observation(plant_id, r.time, r.values, fresh=not r.backfill) for r in readings]
    await judge.rejudge(conn, context, observed, now)
    await standing.refresh(conn, [plant_id], now)


async def _judge_soil(conn: Connection, plant_id: str, now: datetime) -> None:
    """Let the newest soil reading say whether what was over goes on; those before it say since when it is dry."""
    contexts = await standing.contexts_of(conn, [plant_id])
    soil = [r for r in await recent(conn, plant_id, now - LOOK_BACK) if "soil_moisture" in r.values]
    observed = [
        Observation(
            plant_id, r.time, {"soil_moisture": r.values["soil_moisture"]}, not r.backfill and r is soil[-1]
        )
        for r in soil
    ]
    await judge.judge(conn, observed, contexts, now)
