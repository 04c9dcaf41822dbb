"""Keeping something on the screen: follow the event stream, read again what changed, outlive a server restart."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from plantops_api import errors, wire
from plantops_cli import alert_view, diagnostics, plant_view
from plantops_cli.invocation import Invocation
from plantops_cli.output import Format

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0


async def events(
    client: PlantOpsClient, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncGenerator[wire.Event, None]:
    """The event stream without an end: after a loss it connects again, waiting longer each time, up to 30 s.

    Raises:
        ApiError: the server refuses (token, role), or the very first connection fails.
    """
    last_id: str | None = None
    pause = _FIRST_PAUSE_S
    heard = False
    while True:
        try:
            async with aclosing(client.live(last_id)) as stream:
                async for event in stream:
                    heard, last_id, pause = True, event.id or last_id, _FIRST_PAUSE_S
                    yield event
        except (errors.ServerUnreachable, errors.ServerFailed) as loss:
            if not heard:
                raise
            wait = pause * random.uniform(0.8, 1.2)  # noqa: S311 - spreads reconnects, no secret
            diagnostics.say(f"{loss.message} Trying again in {wait:.0f} s.")
            await sleep(wait)
            pause = min(pause * 2, _LONGEST_PAUSE_S)


async def _held(read: Callable[[], Awaitable[None]]) -> None:
    """Read once; a loss in the middle is left to the event stream, which notices it too."""
    try:
        await read()
    except (errors.ServerUnreachable, errors.ServerFailed) as loss:
        diagnostics.say(loss.message)


def plants(call: Invocation, search: str | None) -> None:
    """Draw the list of plants again at each change; piped, write one line a plant that changed."""
    writer = call.writer(stream_default=Format.NDJSON)
    shown: dict[str, wire.PlantCard] = {}

    async def talk(client: PlantOpsClient) -> None:
        async def read() -> None:
            cards = await client.list_plants(search)
            columns = plant_view.columns(call.now())
            if writer.format is Format.TABLE:
                writer.clear()
                writer.many(cards, columns)
            else:
                for card in cards:
                    if shown.get(card.id) != card:
                        writer.next(card, columns)
            shown.update({card.id: card for card in cards})

        async with aclosing(events(client)) as stream:
            async for event in stream:
                if event.event in ("plant", "alert", "reset"):
                    await _held(read)

    call.ask(talk)


def _news(alert: wire.Alert) -> tuple[Any, ...]:
    """What makes a new line: not the value, which moves with every reading."""
    return (alert.severity, alert.acked_at, alert.snoozed_until, alert.resolved_at)


def alerts(call: Invocation, plant_id: str | None = None) -> None:
    """Write a line for each open alert, then one for each change of any; piped, each is one JSON object."""
    writer = call.writer(stream_default=Format.NDJSON)
    known: dict[int, wire.Alert] = {}

    def show(alert: wire.Alert) -> None:
        before = known.get(alert.id)
        if (before is None or _news(before) != _news(alert)) and plant_id in (None, alert.plant_id):
            writer.next(alert, alert_view.event_columns(call.now()))
        known[alert.id] = alert

    async def talk(client: PlantOpsClient) -> None:
        async def read_all() -> None:
            open_now = await client.list_alerts("open", plant_id=plant_id)
            gone = [
                known[id_]
                for id_ in known.keys() - {alert.id for alert in open_now}
                if not known[id_].resolved_at
            ]
            for alert in [*reversed(open_now), *[await client.get_alert(lost.id) for lost in gone]]:
                show(alert)

        async def read_some(ids: list[str]) -> None:
            for id_ in ids:
                show(await client.get_alert(int(id_)))

        async with aclosing(events(client)) as stream:
            async for event in stream:
                if event.event == "reset":
                    await _held(read_all)
                elif event.event == "alert":
                    changed = [id_ for id_ in event.ids if id_.isdigit()]
                    await _held(lambda changed=changed: read_some(changed))  # type: ignore[misc]

    call.ask(talk)
