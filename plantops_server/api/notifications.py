"""Doors for the notification settings: what is told where, and whether it really arrives."""

from __future__ import annotations

from fastapi import APIRouter

from plantops_api.wire import (
    NotificationSettings,
    NotificationSettingsBody,
    NotificationTest,
    NotificationTestBody,
)
from plantops_server.delivery import Courier
from plantops_server.entrance.auth import Admin, HouseDep
from plantops_server.entrance.house import House
from plantops_server.errors import ChannelNotFound, InvalidInput, NoChannel
from plantops_server.incidents import channels, outbox
from plantops_server.incidents.channels import Stored, StoredChannel
from plantops_server.notify import apprise_urls

router = APIRouter(prefix="/api/settings/notifications", tags=["notifications"])


@router.get("", response_model=NotificationSettings)
async def get_notifications(house: HouseDep, _caller: Admin) -> NotificationSettings:
    """Where incidents are sent. URLs are masked; `disabled_reason` says why the server stopped using a channel."""
    async with house.db.connection() as conn:
        return (await channels.load(conn)).shown()


@router.put("", response_model=NotificationSettings)
async def put_notifications(
    body: NotificationSettingsBody, house: HouseDep, _caller: Admin
) -> NotificationSettings:
    """Replace all of it. A `url` that is still masked keeps its secret, so GET's answer may be sent back."""
    await _check_apprise(body)
    async with house.db.transaction() as conn:
        stored = await channels.replace(conn, body, house.vault, house.settings.webhook_hosts)
        await outbox.revive(conn, [channel.name for channel in channels.routes(stored)], house.clock())
    return stored.shown()


@router.post("/test", response_model=NotificationTest)
async def send_test_notification(
    house: HouseDep, _caller: Admin, body: NotificationTestBody | None = None
) -> NotificationTest:
    """Send a labelled test message now, and answer what each service really said."""
    async with house.db.connection() as conn:
        chosen = _chosen(await channels.load(conn), body.channel if body else None)
    courier = courier_of(house)
    return NotificationTest(results=[await courier.test(channel) for channel in chosen])


def courier_of(house: House) -> Courier:
    """The courier on this process's open resources."""
    return Courier(
        house.db, house.vault, house.http, clock=house.clock, allow_hosts=house.settings.webhook_hosts
    )


async def _check_apprise(body: NotificationSettingsBody) -> None:
    for channel in body.channels:
        if channel.type == "apprise" and not channels.is_masked(channel.url):
            problem = await apprise_urls.problem_with(channel.url)
            if problem is not None:
                raise InvalidInput(problem=f"Channel {channel.name!r}: {problem}")


def _chosen(stored: Stored, name: str | None) -> list[StoredChannel]:
    if not stored.channels:
        raise NoChannel
    chosen = [channel for channel in stored.channels if name in (None, channel.name)]
    if not chosen:
        raise ChannelNotFound(id=name)
    return chosen
