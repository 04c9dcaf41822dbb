"""The page of alerts: what is wrong, and what people do about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Path, Query, Request, Response

from plantops_api import text, wording
from plantops_api.wire import Alert, ResolveBody, SnoozeBody
from plantops_server import maintenance_changes, triage
from plantops_server.entrance.auth import HouseDep, Operator, Viewer
from plantops_server.entrance.house import House
from plantops_server.entrance.paging import PageDep
from plantops_server.errors import InvalidInput
from plantops_server.notify import note
from plantops_server.web.acting import acted, back, body_of
from plantops_server.web.forms import Fields, FieldsDep
from plantops_server.web.maintenance import LENGTHS
from plantops_server.web.pages import render

router = APIRouter(prefix="/alerts", include_in_schema=False)

GLYPHS = note.GLYPHS | {"snoozed": "◌"}
AlertId = Annotated[str, Path(max_length=40)]


class Shown(NamedTuple):
    """An alert in words. ``state``: open, acknowledged, snoozed or resolved; ``look`` is what it is drawn as."""

    alert: Alert
    state: str
    look: str
    glyph: str
    subject: str
    what: str
    measured: str


def shown(row: dict[str, Any], now: datetime) -> Shown:
    """How a page tells an alert (``wire.Alert``)."""
    alert = Alert.model_validate(row)
    state = _state(alert, now)
    look = alert.severity if state == "open" else state
    subject = alert.plant_name or alert.device_name or alert.device_id or alert.plant_id or "PlantOps"
    return Shown(alert, state, look, GLYPHS[look], subject, wording.alert_phrase(alert), _measured(alert))


@router.get("")
async def list_alerts(
    request: Request, page: PageDep, house: HouseDep, caller: Viewer, state: Annotated[str, Query()] = "open"
) -> Response:
    """Open alerts or all of them, the newest first."""
    which: Literal["open", "all"] = "all" if state == "all" else "open"
    now = house.clock()
    async with house.db.connection() as conn:
        rows = await triage.list_alerts(conn, which, page.fetch, page.after, page.q)
        quiet = await maintenance_changes.active(conn, now)
    found = page.page(rows, "id")
    return render(
        request, "alerts.html", alerts=[shown(row, now) for row in found["items"]], which=which, q=page.q or "",
        next_cursor=found["next_cursor"], may_act=caller.may("operator"), lengths=LENGTHS, quiet=quiet,
    )  # fmt: skip


@router.post("/{alert_id}/ack")
async def ack(alert_id: AlertId, house: HouseDep, caller: Operator, fields: FieldsDep) -> Response:
    """Somebody cares for it."""
    sentence = "Acknowledged: no more reminders of it."
    return await _do(house, alert_id, fields, triage.ack(caller.username), sentence)


@router.post("/{alert_id}/unack")
async def unack(alert_id: AlertId, house: HouseDep, _caller: Operator, fields: FieldsDep) -> Response:
    """Take the acknowledgement back."""
    return await _do(house, alert_id, fields, triage.unack(), "The acknowledgement is taken back.")


@router.post("/{alert_id}/snooze")
async def snooze(alert_id: AlertId, house: HouseDep, _caller: Operator, fields: FieldsDep) -> Response:
    """Say nothing of it for a while."""
    seconds = fields.number("seconds", "How long")
    if seconds is None:
        raise InvalidInput(problem="Choose how long to be quiet about it; nothing was changed.")
    body = body_of(SnoozeBody, seconds=round(seconds))
    words = dict(LENGTHS).get(body.seconds or 0, "for a while")
    return await _do(house, alert_id, fields, triage.snooze(body), f"Quiet about it {words}.")


@router.post("/{alert_id}/resolve")
async def resolve(alert_id: AlertId, house: HouseDep, caller: Operator, fields: FieldsDep) -> Response:
    """Close it by hand."""
    note_given = body_of(ResolveBody, note=fields.text("note")).note
    sentence = "Resolved. If it goes on, the next readings open a new one."
    return await _do(house, alert_id, fields, triage.resolve(caller.username, note_given), sentence)


async def _do(house: House, alert_id: str, fields: Fields, act: triage.Act, sentence: str) -> Response:
    async def work() -> None:
        async with house.db.transaction() as conn:
            await triage.act_on(conn, triage.number_of(alert_id), act, house.clock())

    return await acted(back(fields, "/alerts"), sentence, work())


def _state(alert: Alert, now: datetime) -> str:
    if alert.resolved_at is not None:
        return "resolved"
    if alert.snoozed_until is not None and alert.snoozed_until > now:
        return "snoozed"
    return "open" if alert.acked_at is None else "acknowledged"


def _measured(alert: Alert) -> str:
    """The value and the limit that it crossed, or what exactly is wrong; empty when neither is known."""
    if alert.detail:
        return text.clean_line(alert.detail, 300)
    if alert.value is None:
        return ""
    limit = wording.alert_limit(alert)
    return wording.alert_value(alert) + (f", limit {limit}" if limit else "")
