"""Doors for incidents: list, look, acknowledge, snooze, resolve."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from plantops_api.wire import Alert, DeliveryAttempt, MaintenanceBody, Page, ResolveBody, SnoozeBody
from plantops_server import standing, triage
from plantops_server.api.paging import PageDep
from plantops_server.entrance.auth import HouseDep, Operator, Viewer
from plantops_server.entrance.house import House
from plantops_server.errors import AlertNotFound, InvalidInput
from plantops_server.incidents import attempts, lifecycle
from plantops_server.store.database import Connection

router = APIRouter(prefix="/api/alerts", tags=["alerts"])

Act = Callable[[Connection, int, datetime], Awaitable[dict[str, Any]]]


@router.get("", response_model=Page[Alert])
async def list_alerts(
    page: PageDep,
    house: HouseDep,
    _caller: Viewer,
    state: Annotated[
        Literal["open", "all"], Query(description="Only open ones, or resolved ones too")
    ] = "open",
    plant_id: Annotated[str | None, Query(max_length=64, description="Only those of this plant")] = None,
) -> dict[str, Any]:
    """Incidents, the newest first."""
    async with house.db.connection() as conn:
        rows = await triage.list_alerts(conn, state, page.fetch, page.after, page.q, plant_id)
    return page.page(rows, "id")


@router.get("/{alert_id}", response_model=Alert)
async def get_alert(alert_id: str, house: HouseDep, _caller: Viewer) -> dict[str, Any]:
    """One incident."""
    async with house.db.connection() as conn:
        return await triage.get_alert(conn, _number(alert_id))


@router.get("/{alert_id}/deliveries", response_model=Page[DeliveryAttempt])
async def list_deliveries(alert_id: str, page: PageDep, house: HouseDep, _caller: Viewer) -> dict[str, Any]:
    """Every attempt of the last 90 days to tell of it, the newest first, and what each service answered."""
    number = _number(alert_id)
    async with house.db.connection() as conn:
        await lifecycle.get(conn, number)
        rows = await attempts.of_alert(conn, number, page.fetch, page.after_number)
    return page.page(rows, "id")


@router.post("/{alert_id}/ack", response_model=Alert)
async def ack_alert(alert_id: str, house: HouseDep, caller: Operator) -> dict[str, Any]:
    """Acknowledge: somebody cares for it, so no more reminders go out. Who came first stays."""
    return await _do(house, alert_id, lambda conn, i, now: lifecycle.ack(conn, i, caller.username, now))


@router.post("/{alert_id}/unack", response_model=Alert)
async def unack_alert(alert_id: str, house: HouseDep, _caller: Operator) -> dict[str, Any]:
    """Take the acknowledgement back."""
    return await _do(house, alert_id, lifecycle.unack)


@router.post("/{alert_id}/snooze", response_model=Alert)
async def snooze_alert(alert_id: str, body: SnoozeBody, house: HouseDep, _caller: Operator) -> dict[str, Any]:
    """Say nothing of it for a while; if it is still open and not acknowledged then, one reminder goes out."""
    until = end_of(body, house.clock())
    return await _do(house, alert_id, lambda conn, i, now: lifecycle.snooze(conn, i, until, now))


@router.post("/{alert_id}/resolve", response_model=Alert)
async def resolve_alert(
    alert_id: str, house: HouseDep, caller: Operator, body: ResolveBody | None = None
) -> dict[str, Any]:
    """Close it by hand. If the breach goes on, two more readings open a new one."""
    note = body.note if body else None
    return await _do(
        house, alert_id, lambda conn, i, now: lifecycle.resolve(conn, i, caller.username, note, now)
    )


async def _do(house: House, alert_id: str, act: Act) -> dict[str, Any]:
    """Act on an incident, bring its plant up to date, and answer the incident as it then is."""
    number, now = _number(alert_id), house.clock()
    async with house.db.transaction() as conn:
        plant_id = (await lifecycle.get(conn, number))["plant_id"]
        await standing.lock(conn, plant_id)
        await act(conn, number, now)
        await standing.refresh(conn, [plant_id] if plant_id else [], now)
        return await triage.get_alert(conn, number)


def _number(alert_id: str) -> int:
    """Ids are numbers; what is none names no alert."""
    if not (alert_id.isascii() and alert_id.isdigit() and len(alert_id) < 19):
        raise AlertNotFound(id=alert_id)
    return int(alert_id)


def end_of(body: SnoozeBody | MaintenanceBody, now: datetime) -> datetime:
    """When what a body asks for ends. Raises InvalidInput unless it gives one of the two, with a time zone."""
    if (body.seconds is None) == (body.until is None):
        raise InvalidInput(problem='Give either "seconds" or "until", for example {"seconds": 3600}.')
    if body.until is None:
        return now + timedelta(seconds=body.seconds or 0)
    if body.until.tzinfo is None:
        raise InvalidInput(problem='"until" needs a time zone, for example 2026-11-24T18:00:00Z.')
    return body.until
