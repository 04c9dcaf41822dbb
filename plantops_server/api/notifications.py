"""Doors for the notification settings: what is told where, and whether it really arrives."""

from __future__ import annotations

from fastapi import APIRouter

from plantops_api.wire import (
    NotificationSettings,
    NotificationSettingsBody,
    NotificationTest,
    NotificationTestBody,
)
from plantops_server import channel_changes
from plantops_server.entrance.auth import Admin, HouseDep
from plantops_server.incidents import channels

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
    await channel_changes.check(body)
    hosts = house.settings.webhook_hosts
    async with house.db.transaction() as conn:
        return await channel_changes.replace(conn, body, house.vault, hosts, house.clock())


@router.post("/test", response_model=NotificationTest)
async def send_test_notification(
    house: HouseDep, _caller: Admin, body: NotificationTestBody | None = None
) -> NotificationTest:
    """Send a labelled test message now and call the watchdog; what each service really said."""
    name = body.channel if body else None
    return NotificationTest(results=await channel_changes.tested(house.db, house.courier(), name))
