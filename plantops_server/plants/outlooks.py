"""The forecasts that the worker keeps, one row a plant, so that cards read them and compute nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from plantops_server.plants.forecast import Outlook
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__ or "", "knowledge.sql")

AGAIN_AFTER = timedelta(hours=6)
"""A forecast without news is made again so often: time alone may make it abstain."""


async def ask(conn: Connection, plant_ids: Sequence[str], now: datetime, *, at_once: bool = False) -> None:
    """Have the forecasts of these plants made anew: ``at_once`` after a watering or new limits, else when due."""
    if plant_ids:
        await conn.execute(_SQL["ask_forecasts"], {"ids": list(plant_ids), "now": now, "at_once": at_once})


async def next_due(conn: Connection, now: datetime) -> str | None:
    """The plant whose forecast should have been made longest ago; None when none is due."""
    row = await (await conn.execute(_SQL["next_due_forecast"], (now,))).fetchone()
    return None if row is None else str(row["plant_id"])


async def keep(conn: Connection, plant_id: str, outlook: Outlook, now: datetime) -> bool:
    """Keep a forecast; whether it says something new."""
    values: dict[str, Any] = {
        "plant_id": plant_id, "now": now, "due_at": now + AGAIN_AFTER, **outlook._asdict(),
    }  # fmt: skip
    changed = await (await conn.execute(_SQL["keep_forecast"], values)).fetchone()
    if changed is None:
        await conn.execute(_SQL["forecast_made"], values)
    return changed is not None


async def outlooks(conn: Connection, plant_ids: Sequence[str]) -> dict[str, Outlook]:
    """The kept forecasts of these plants."""
    rows = await (await conn.execute(_SQL["forecasts_of"], (list(plant_ids),))).fetchall()
    return {row["plant_id"]: Outlook(row["at"], row["plus_minus_h"], row["reason"]) for row in rows}
