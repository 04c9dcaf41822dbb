"""The settings of notifications, for admins: where incidents are told, when it is quiet, and whether it arrives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args

from fastapi import APIRouter, Request, Response

from plantops_api.wire import ChannelTest, IncidentKind, NotificationSettings, NotificationSettingsBody
from plantops_api.wording import kind_phrase
from plantops_server import channel_changes
from plantops_server.entrance.auth import Admin, HouseDep
from plantops_server.entrance.house import House
from plantops_server.errors import ChannelNotFound
from plantops_server.incidents import channels
from plantops_server.web.acting import acted, body_of, plants_to_choose
from plantops_server.web.forms import Fields, FieldsDep
from plantops_server.web.pages import redirect, render

router = APIRouter(prefix="/settings/notifications", include_in_schema=False)

HOME = "/settings/notifications"
KINDS: tuple[str, ...] = get_args(IncidentKind)
Change = Callable[[NotificationSettings], dict[str, Any]]
"""What of the settings becomes different."""


@router.get("")
async def notifications(request: Request, house: HouseDep, _caller: Admin) -> Response:
    """Channels with their masked URLs, quiet hours, repeats, heartbeat."""
    async with house.db.connection() as conn:
        shown = (await channels.load(conn)).shown()
        known = await plants_to_choose(conn)
    return render(
        request,
        "notifications.html",
        settings=shown,
        kinds=[(kind, kind_phrase(kind)) for kind in KINDS],
        plants=known,
        zone=str(house.settings.zone),
    )


@router.post("")
async def save_rules(house: HouseDep, _caller: Admin, fields: FieldsDep) -> Response:
    """When it is told, and the heartbeat."""

    def change(_before: NotificationSettings) -> dict[str, Any]:
        hours = fields.number("repeat_after_h", "Repeat after")
        minutes = fields.number("heartbeat_every_min", "Heartbeat every")
        return {
            "quiet_hours": _quiet_hours(fields), "digest": fields.has("digest"),
            "repeat_after_s": None if hours is None else round(hours * 3600),
            "heartbeat_url": fields.text("heartbeat_url"),
            "heartbeat_every_s": 300 if minutes is None else round(minutes * 60),
        }  # fmt: skip

    return await acted(HOME, "Saved.", _replace(house, change))


@router.post("/channels")
async def add_channel(house: HouseDep, _caller: Admin, fields: FieldsDep) -> Response:
    """One more channel."""

    def change(before: NotificationSettings) -> dict[str, Any]:
        return {"channels": [*_dumped(before), _channel(fields, {})]}

    return await acted(HOME, "Added. Send a test to see whether it arrives.", _replace(house, change))


@router.post("/channels/save")
async def save_channel(house: HouseDep, _caller: Admin, fields: FieldsDep) -> Response:
    """Another name, URL or choice; a masked URL keeps its secret."""
    name = fields.text("channel")

    def change(before: NotificationSettings) -> dict[str, Any]:
        known = _dumped(before)
        if name not in [channel["name"] for channel in known]:
            raise ChannelNotFound(id=name)
        return {"channels": [_channel(fields, c) if c["name"] == name else c for c in known]}

    return await acted(HOME, "Saved.", _replace(house, change))


@router.post("/channels/remove")
async def remove_channel(house: HouseDep, _caller: Admin, fields: FieldsDep) -> Response:
    """Nothing is told there any more."""
    name = fields.text("channel")

    def change(before: NotificationSettings) -> dict[str, Any]:
        return {"channels": [channel for channel in _dumped(before) if channel["name"] != name]}

    return await acted(HOME, "Removed: nothing is told there any more.", _replace(house, change))


@router.post("/test")
async def send_test(house: HouseDep, _caller: Admin, fields: FieldsDep) -> Response:
    """A labelled test message, and what each service really said."""
    results = await channel_changes.tested(house.db, house.courier(), fields.text("channel"))
    return redirect(HOME, _told(results), "ok" if all(result.ok for result in results) else "problem")


async def _replace(house: House, change: Change) -> None:
    """Raises InvalidInput with what is wrong in the form."""
    async with house.db.connection() as conn:
        before = (await channels.load(conn)).shown()
    body = body_of(
        NotificationSettingsBody, **{**before.model_dump(), "channels": _dumped(before), **change(before)}
    )
    await channel_changes.check(body)
    hosts = house.settings.webhook_hosts
    async with house.db.transaction() as conn:
        await channel_changes.replace(conn, body, house.vault, hosts, house.clock())


def _dumped(settings: NotificationSettings) -> list[dict[str, Any]]:
    return [channel.model_dump() for channel in settings.channels]


def _channel(fields: Fields, before: dict[str, Any]) -> dict[str, Any]:
    """A channel as the form has it; without a checked plant it is for all of them."""
    kinds = [kind for kind in KINDS if fields.has(f"kind-{kind}")]
    plants = [name.removeprefix("plant-") for name in fields.as_dict() if name.startswith("plant-")]
    return {
        "name": fields.text("name") or "", "type": fields.text("type") or before.get("type"),
        "url": fields.text("url") or before.get("url", ""), "plants": plants or None,
        "kinds": None if len(kinds) in (0, len(KINDS)) else kinds,
        "min_severity": "critical" if fields.text("min_severity") == "critical" else "warning",
        "enabled": not before or fields.has("enabled"),
    }  # fmt: skip


def _quiet_hours(fields: Fields) -> dict[str, str] | None:
    start, end = fields.text("quiet_start"), fields.text("quiet_end")
    if start is None and end is None:
        return None
    return {"start": start or "", "end": end or "", "timezone": fields.text("quiet_zone") or "UTC"}


def _told(results: Sequence[ChannelTest]) -> str:
    return " ".join(
        f"{result.channel}: " + ("it arrived." if result.ok else result.error or "it did not arrive.")
        for result in results
    )
