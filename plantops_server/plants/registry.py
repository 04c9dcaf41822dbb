"""Plants as people manage them: add, change, archive, and the waterings that they log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from plantops_api.wire import PlantBody, WateringBody
from plantops_server.errors import PlantNotFound, WateringNotFound
from plantops_server.plants import fetched, species, thresholds, watering_log
from plantops_server.store.database import Connection
from plantops_server.store.ids import new_id
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__)

Row = dict[str, Any]


async def create_plant(conn: Connection, body: PlantBody, now: datetime, who: str) -> Row:
    """Add a plant; ``who`` set its limits. Raises InvalidInput for limits that make no sense."""
    values = {"id": new_id("plt"), "now": now, **await _columns(conn, body, {}, now, who)}
    row = await (await conn.execute(_SQL["insert_plant"], values)).fetchone()
    await conn.execute(_SQL["insert_plant_state"], {"id": values["id"], "now": now})
    assert row is not None, "INSERT .. RETURNING gives a row"  # noqa: S101
    return row


async def get_plant(conn: Connection, plant_id: str) -> Row:
    """One plant, archived or not; raises PlantNotFound."""
    row = await (await conn.execute(_SQL["plant_by_id"], {"id": plant_id})).fetchone()
    if row is None:
        raise PlantNotFound(id=plant_id)
    return row


async def replace_plant(
    conn: Connection, plant_id: str, body: PlantBody, now: datetime, who: str
) -> tuple[Row, bool]:
    """Replace all that a person may set; the plant, and whether the limits by which it is judged changed.

    Raises PlantNotFound (also when it is archived) and InvalidInput.
    """
    before = await (await conn.execute(_SQL["lock_plant"], {"id": plant_id})).fetchone()
    if before is None:
        raise PlantNotFound(id=plant_id)
    values = {"id": plant_id, **await _columns(conn, body, before, now, who)}
    after = await (await conn.execute(_SQL["replace_plant"], values)).fetchone()
    assert after is not None, "its row is locked"  # noqa: S101
    return after, limits_of(before) != limits_of(after)


async def archive_plant(conn: Connection, plant_id: str, now: datetime) -> Row:
    """Take a plant off the dashboard; its history stays. Raises PlantNotFound."""
    row = await (await conn.execute(_SQL["archive_plant"], {"id": plant_id, "now": now})).fetchone()
    if row is None:
        raise PlantNotFound(id=plant_id)
    return row


async def restore_plant(conn: Connection, plant_id: str) -> Row:
    """Put an archived plant back on the dashboard. Raises PlantNotFound."""
    row = await (await conn.execute(_SQL["restore_plant"], {"id": plant_id})).fetchone()
    if row is None:
        raise PlantNotFound(id=plant_id)
    return row


async def names(conn: Connection, plant_ids: Sequence[str]) -> dict[str, str]:
    """The names of these plants, by id."""
    cursor = await conn.execute("SELECT id, name FROM plants WHERE id = ANY(%s)", (list(plant_ids),))
    return {row["id"]: row["name"] for row in await cursor.fetchall()}


async def ids(conn: Connection) -> list[str]:
    """The ids of all plants that are not archived."""
    cursor = await conn.execute("SELECT id FROM plants WHERE archived_at IS NULL ORDER BY id")
    return [row["id"] for row in await cursor.fetchall()]


def limits_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The effective limits of a row of ``plants``."""
    return thresholds.effective(row["thresholds"], row["species"], row["species_limits"])


async def contexts(conn: Connection, plant_ids: Sequence[str]) -> list[Row]:
    """What judging needs: id, name, species, location and effective ``thresholds`` of plants that are not archived."""
    rows = await (await conn.execute(_SQL["plant_contexts"], {"ids": list(plant_ids)})).fetchall()
    return [{**row, "thresholds": limits_of(row)} for row in rows]


async def log_watering(conn: Connection, plant_id: str, body: WateringBody, now: datetime) -> Row:
    """Write a watering down; one that was found in the readings already becomes this one. Raises PlantNotFound."""
    await get_plant(conn, plant_id)
    at = body.at or now
    values = {"plant_id": plant_id, "at": at, "amount_ml": body.amount_ml, "note": body.note}
    found = await watering_log.detected_near(conn, plant_id, at)
    await watering_log.believe_again(conn, plant_id, at)
    if found is None:
        row = await (await conn.execute(_SQL["insert_watering"], values)).fetchone()
    else:
        row = await (await conn.execute(_SQL["adopt_watering"], {"id": found["id"], **values})).fetchone()
    assert row is not None, "INSERT .. RETURNING gives a row"  # noqa: S101
    return row


async def take_watering_back(
    conn: Connection, plant_id: str, watering_id: str, who: str, now: datetime
) -> datetime:
    """A watering was none; answers its time. Raises PlantNotFound, and WateringNotFound for what is no number, too."""
    await get_plant(conn, plant_id)
    at = None
    if watering_id.isascii() and watering_id.isdigit() and len(watering_id) < 19:
        at = await watering_log.take_back(conn, plant_id, int(watering_id), who, now)
    if at is None:
        raise WateringNotFound(id=watering_id, plant=plant_id)
    return at


async def list_waterings(
    conn: Connection, plant_id: str, limit: int, before: int | None, q: str | None
) -> list[Row]:
    """Waterings of a plant, newest first, before the watering ``before``; raises PlantNotFound."""
    await get_plant(conn, plant_id)
    values = {"plant_id": plant_id, "limit": limit, "before": before, "q": q}
    return await (await conn.execute(_SQL["list_waterings"], values)).fetchall()


async def _columns(
    conn: Connection, body: PlantBody, before: Mapping[str, Any], now: datetime, who: str
) -> dict[str, Any]:
    own = thresholds.checked(body.thresholds, before.get("thresholds", {}), now, who)
    limits = await species_limits(conn, body.species, before)
    return {
        "name": body.name, "species": body.species or None, "location": body.location or None,
        "notes": body.notes or None, "thresholds": Jsonb(own),
        "species_limits": None if limits is None else Jsonb(limits),
    }  # fmt: skip


async def species_limits(
    conn: Connection, name: str | None, before: Mapping[str, Any]
) -> dict[str, Any] | None:
    """What a plant keeps of a species that does not ship; the same species stays as it was given to the plant."""
    if species.match(name) is not None:
        return None
    if before.get("species_limits") and before["species"] == name:
        kept: dict[str, Any] = before["species_limits"]
        return kept
    return await fetched.limits_for(conn, name)
