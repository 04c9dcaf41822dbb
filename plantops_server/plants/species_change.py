"""What another species would change about a plant; its own limits are never touched."""

from __future__ import annotations

from typing import Any

import msgspec

from plantops_api.wire import LIMIT_METRICS
from plantops_server.plants import fetched, registry, species, thresholds
from plantops_server.store.database import Connection


async def diff(conn: Connection, plant_id: str, name: str) -> dict[str, Any]:
    """The limits that would change (``wire.SpeciesDiff``); raises PlantNotFound."""
    row = await registry.get_plant(conn, plant_id)
    before = registry.limits_of(row)
    kept = await registry.species_limits(conn, name, row)
    after = thresholds.effective(row["thresholds"], name, kept)
    return {
        "species": name,
        "matched": await find(conn, name),
        "nearest": species.nearest(name) if name and kept is None and species.match(name) is None else [],
        "changes": [
            {"metric": metric, "before": before.get(metric), "after": after.get(metric)}
            for metric in LIMIT_METRICS
            if before.get(metric) != after.get(metric)
        ],
        "kept": [metric for metric in LIMIT_METRICS if metric in row["thresholds"]],
    }


async def find(conn: Connection, name: str) -> dict[str, Any] | None:
    """The species that a person means (``wire.Species``): a shipped one, else one that was fetched."""
    shipped = species.match(name)
    return msgspec.to_builtins(shipped) if shipped else await fetched.named(conn, name)
