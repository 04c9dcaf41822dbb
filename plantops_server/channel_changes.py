"""What changing the notification settings means: Apprise URLs are looked at, and what waited for a channel goes out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from plantops_api.wire import ChannelTest, NotificationSettings, NotificationSettingsBody
from plantops_server.delivery import Courier
from plantops_server.errors import ChannelNotFound, InvalidInput, NoChannel
from plantops_server.incidents import channels, outbox
from plantops_server.incidents.channels import Heartbeat, StoredChannel
from plantops_server.notify import apprise_urls
from plantops_server.plants import registry
from plantops_server.store.database import Connection, Database
from plantops_server.store.vault import Vault

HEARTBEAT = "heartbeat"
"""The name by which a test calls the watchdog, unless a channel has it."""


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
    """Replace all of it; a URL that is still masked keeps its secret.

    Raises InvalidInput, also for a plant that does not exist: a channel for it would tell nothing and look well.
    """
    chosen = {plant_id for channel in body.channels for plant_id in channel.plants or []}
    known = await registry.names(conn, sorted(chosen))
    for channel in body.channels:
        unknown = [plant_id for plant_id in channel.plants or [] if plant_id not in known]
        if unknown:
            raise InvalidInput(
                problem=f"Channel {channel.name!r}: there is no plant with the id {unknown[0]!r}."
            )
    stored = await channels.replace(conn, body, vault, hosts)
    await outbox.revive(conn, [channel.name for channel in channels.routes(stored)], now)
    return stored.shown()


async def chosen(conn: Connection, name: str | None) -> list[StoredChannel]:
    """The channel of that name, or all of them; none where only the heartbeat is meant.

    Raises NoChannel and ChannelNotFound.
    """
    stored = await channels.load(conn)
    if not stored.channels and stored.heartbeat is None:
        raise NoChannel
    found = [channel for channel in stored.channels if name in (None, channel.name)]
    if not found and await heartbeat(conn, name) is None:
        raise ChannelNotFound(id=name)
    return found


async def heartbeat(conn: Connection, name: str | None) -> Heartbeat | None:
    """The watchdog to call in a test of this name, or of everything; None when it is not meant, or there is none."""
    stored = await channels.load(conn)
    taken = any(channel.name == HEARTBEAT for channel in stored.channels)
    return stored.heartbeat if name is None or (name == HEARTBEAT and not taken) else None


async def tested(db: Database, courier: Courier, name: str | None) -> list[ChannelTest]:
    """Send a labelled test now, to one channel or to all and the watchdog; what each service really said.

    Raises NoChannel and ChannelNotFound.
    """
    async with db.connection() as conn:
        channels_chosen = await chosen(conn, name)
        watchdog = await heartbeat(conn, name)
    results = [await courier.test(channel) for channel in channels_chosen]
    if watchdog is not None:
        results.append(await courier.test_heartbeat(HEARTBEAT, watchdog))
    return results
