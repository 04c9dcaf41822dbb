"""Read model of alerts: incidents with the names of their plants and devices, as people list them."""

from __future__ import annotations

from typing import Any, Literal

from plantops_server.errors import AlertNotFound, InvalidInput
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__ or "plantops_server", "triage.sql")

Row = dict[str, Any]


async def list_alerts(
    conn: Connection,
    state: Literal["open", "all"],
    limit: int,
    after: str | None = None,
    q: str | None = None,
    plant_id: str | None = None,
) -> list[Row]:
    """Incidents, the newest first, after the one with the id ``after``. Raises InvalidInput for a foreign cursor."""
    if after is not None and not (after.isascii() and after.isdigit() and len(after) < 19):
        raise InvalidInput(
            problem="This cursor is not of the list of alerts. Ask for the first page, without cursor."
        )
    values = {
        "open_only": state == "open", "limit": limit, "q": q, "plant_id": plant_id,
        "after": None if after is None else int(after),
    }  # fmt: skip
    return await (await conn.execute(_SQL["list_alerts"], values)).fetchall()


async def get_alert(conn: Connection, alert_id: int) -> Row:
    """One incident with its names. Raises AlertNotFound."""
    row = await (await conn.execute(_SQL["alert"], {"id": alert_id})).fetchone()
    if row is None:
        raise AlertNotFound(id=alert_id)
    return row
