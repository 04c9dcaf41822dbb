"""What changing the notification settings means: Apprise URLs are looked at, and what waited for a channel goes out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from plantops_api.wire import NotificationSettings, NotificationSettingsBody
from plantops_server.errors import ChannelNotFound, InvalidInput, NoChannel
from plantops_server.incidents import channels, outbox
from plantops_server.incidents.channels import StoredChannel
from plantops_server.notify import apprise_urls
from plantops_server.store.database import Connection
from plantops_server.store.vault import Vault


async def check(body: NotificationSettingsBody) -> None:
    """Raises InvalidInput for an Apprise URL that Apprise does not know; call it outside of transactions."""
    for channel in body.channels:
        if channel.type == "apprise" and not channels.is_masked(channel.url):
            problem = await apprise_urls.problem_with(channel.url)
            if problem is not None:
                raise InvalidInput(problem=f"Channel {channel.name!r}: {problem}")


async def replace(
    conn: Connection, body: NotificationSettingsBody, vault: Vault, hosts: Sequence[str], now: datetime
) -> NotificationSettings:
    """Replace all of it; a URL that is still masked keeps its secret. Raises InvalidInput."""
    stored = await channels.replace(conn, body, vault, hosts)
    await outbox.revive(conn, [channel.name for channel in channels.routes(stored)], now)
    return stored.shown()


async def chosen(conn: Connection, name: str | None) -> list[StoredChannel]:
    """The channel of that name, or all of them. Raises NoChannel and ChannelNotFound."""
    stored = await channels.load(conn)
    if not stored.channels:
        raise NoChannel
    found = [channel for channel in stored.channels if name in (None, channel.name)]
    if not found:
        raise ChannelNotFound(id=name)
    return found
