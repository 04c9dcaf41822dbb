"""Doors for incidents: list, look, acknowledge, snooze, resolve."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from plantops_api.wire import Alert, DeliveryAttempt, Page, ResolveBody, SnoozeBody
from plantops_server import triage
from plantops_server.entrance.auth import HouseDep, Operator, Viewer
from plantops_server.entrance.house import House
from plantops_server.entrance.paging import PageDep
from plantops_server.incidents import attempts, lifecycle

router = APIRouter(prefix="/api/alerts", tags=["alerts"])


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
        return await triage.get_alert(conn, triage.number_of(alert_id))


@router.get("/{alert_id}/deliveries", response_model=Page[DeliveryAttempt])
async def list_deliveries(alert_id: str, page: PageDep, house: HouseDep, _caller: Viewer) -> dict[str, Any]:
    """Every attempt of the last 90 days to tell of it, the newest first, and what each service answered."""
    number = triage.number_of(alert_id)
    async with house.db.connection() as conn:
        await lifecycle.get(conn, number)
        rows = await attempts.of_alert(conn, number, page.fetch, page.after_number)
    return page.page(rows, "id")


@router.post("/{alert_id}/ack", response_model=Alert)
async def ack_alert(alert_id: str, house: HouseDep, caller: Operator) -> dict[str, Any]:
    """Acknowledge: somebody cares for it, so no more reminders go out. Who came first stays."""
    return await _do(house, alert_id, triage.ack(caller.username))


@router.post("/{alert_id}/unack", response_model=Alert)
async def unack_alert(alert_id: str, house: HouseDep, _caller: Operator) -> dict[str, Any]:
    """Take the acknowledgement back."""
    return await _do(house, alert_id, triage.unack())


@router.post("/{alert_id}/snooze", response_model=Alert)
async def snooze_alert(alert_id: str, body: SnoozeBody, house: HouseDep, _caller: Operator) -> dict[str, Any]:
    """Say nothing of it for a while; if it is still open and not acknowledged then, one reminder goes out."""
    return await _do(house, alert_id, triage.snooze(body))


@router.post("/{alert_id}/resolve", response_model=Alert)
async def resolve_alert(
    alert_id: str, house: HouseDep, caller: Operator, body: ResolveBody | None = None
) -> dict[str, Any]:
    """Close it by hand. If the breach goes on, two more readings open a new one."""
    note = body.note if body else None
    return await _do(house, alert_id, triage.resolve(caller.username, note))


async def _do(house: House, alert_id: str, act: triage.Act) -> dict[str, Any]:
    async with house.db.transaction() as conn:
        return await triage.act_on(conn, triage.number_of(alert_id), act, house.clock())
