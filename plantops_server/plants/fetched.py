"""Species that do not ship with the product: fetched from OpenPlantbook once, kept with date and origin.

A plant keeps the limits that it was given (``plants.species_limits``): fetching a species anew changes no plant.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from plantops_server.plants.likeness import plain
from plantops_server.plants.species import Species
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__ or "", "fetched.sql")

ORIGIN = "openplantbook"
PREFIX = f"{ORIGIN}:"
"""How the id of a fetched species begins; OpenPlantbook's own id follows."""

Row = dict[str, Any]


async def remember(conn: Connection, species: Species, now: datetime) -> Row:
    """Keep a species, in place of what was fetched before; the row as ``get`` gives it."""
    names = sorted({plain(name) for name in (species.id.removeprefix(PREFIX), *species.names)} - {""})
    values = {"id": species.id, "names": names, "data": Jsonb(msgspec.to_builtins(species)), "now": now}
    await conn.execute(_SQL["remember_species"], values)
    return _row(msgspec.to_builtins(species), now)


async def get(conn: Connection, species_id: str) -> Row | None:
    """A kept species by id (``wire.Species``), None when it was never fetched."""
    row = await (await conn.execute(_SQL["fetched_by_id"], {"id": species_id})).fetchone()
    return None if row is None else _row(row["data"], row["fetched_at"])


async def named(conn: Connection, name: str) -> Row | None:
    """The kept species with that name."""
    row = await (await conn.execute(_SQL["fetched_by_name"], {"name": plain(name)})).fetchone()
    return None if row is None else _row(row["data"], row["fetched_at"])


async def search(conn: Connection, q: str, limit: int) -> list[Row]:
    """Kept species of which a name contains ``q``, by id."""
    rows = await (await conn.execute(_SQL["search_fetched"], {"q": plain(q), "limit": limit})).fetchall()
    return [{**_row(row["data"], row["fetched_at"]), "match": "name"} for row in rows]


async def count(conn: Connection) -> int:
    """How many are kept."""
    row = await (await conn.execute(_SQL["count_fetched"])).fetchone()
    return int(row["n"]) if row else 0


async def limits_for(conn: Connection, name: str | None) -> Row | None:
    """What ``plants.species_limits`` keeps of the kept species with that name: limits, origin, date."""
    found = await named(conn, name) if name else None
    if found is None:
        return None
    limits = {**found["thresholds"], **({"dli": found["dli"]} if found["dli"] else {})}
    return {"limits": limits, "origin": ORIGIN, "fetched_at": found["fetched_at"].isoformat()}


def _row(data: Row, fetched_at: datetime) -> Row:
    return {**data, "origin": ORIGIN, "fetched_at": fetched_at}
