"""Read model of alerts: incidents with the names of their plants and devices, and what people do with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from plantops_api.wire import MaintenanceBody, SnoozeBody
from plantops_server import standing
from plantops_server.errors import AlertNotFound, InvalidInput
from plantops_server.incidents import lifecycle
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__ or "plantops_server", "triage.sql")

Row = dict[str, Any]
Act = Callable[[Connection, int, datetime], Awaitable[dict[str, Any]]]
"""What a person does with the incident of that number, now."""


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


def number_of(alert_id: str) -> int:
    """Ids are numbers; what is none names no alert. Raises AlertNotFound."""
    if not (alert_id.isascii() and alert_id.isdigit() and len(alert_id) < 19):
        raise AlertNotFound(id=alert_id)
    return int(alert_id)


async def act_on(conn: Connection, number: int, act: Act, now: datetime) -> Row:
    """Act on an incident, bring its plant up to date, and give the incident as it then is. Raises AlertNotFound."""
    plant_id = (await lifecycle.get(conn, number))["plant_id"]
    await standing.lock(conn, plant_id)
    await act(conn, number, now)
    await standing.refresh(conn, [plant_id] if plant_id else [], now)
    return await get_alert(conn, number)


def ack(who: str) -> Act:
    """Somebody cares for it: no more reminders. Who came first stays."""
    return lambda conn, number, now: lifecycle.ack(conn, number, who, now)


def unack() -> Act:
    """Take the acknowledgement back."""
    return lifecycle.unack


def snooze(body: SnoozeBody) -> Act:
    """Say nothing of it for a while. Raises InvalidInput as ``end_of`` does."""
    return lambda conn, number, now: lifecycle.snooze(conn, number, end_of(body, now), now)


def resolve(who: str, note: str | None) -> Act:
    """Close it by hand; if the breach goes on, a new one opens."""
    return lambda conn, number, now: lifecycle.resolve(conn, number, who, note, now)


def end_of(body: SnoozeBody | MaintenanceBody, now: datetime) -> datetime:
    """When what a body asks for ends. Raises InvalidInput unless it gives one of the two, with a time zone."""
    if (body.seconds is None) == (body.until is None):
        raise InvalidInput(problem='Give either "seconds" or "until", for example {"seconds": 3600}.')
    if body.until is None:
        return now + timedelta(seconds=body.seconds or 0)
    if body.until.tzinfo is None:
        raise InvalidInput(problem='"until" needs a time zone, for example 2026-11-24T18:00:00Z.')
    return body.until
