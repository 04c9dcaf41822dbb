"""The connection to the server, as the screens show it, and the task that keeps it.

The feed asks who we are, then follows the event stream, and beside it knocks once a second, so that a server
that hangs is noticed as fast as one that is gone. It tries again for ever: a wall display must come back
by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from plantops_api import errors, wire
from plantops_api.client import PlantOpsClient

RETRY_S = (0.5, 1.0, 1.5)
"""Pauses between attempts; the last one repeats. Under 2 s, so that the banner goes soon after the server is back."""
KNOCK_S = 1.0
"""Pause between two knocks while nothing comes over the stream."""
PATIENCE_S = 1.9
"""How long a knock may take. Pause and patience together stay under the 3 s in which a loss must be shown."""


@dataclass(frozen=True)
class Link:
    """State of the connection."""

    state: Literal["connecting", "live", "lost"] = "connecting"
    reason: str = ""
    advice: str = ""
    retry_at: datetime | None = None
    last_data_at: datetime | None = None
    me: wire.Me | None = None


class Feed:
    """Keeps :attr:`link` true and passes events on, until it is cancelled."""

    def __init__(
        self,
        client: PlantOpsClient,
        clock: Callable[[], datetime],
        on_link: Callable[[Link], None],
        on_event: Callable[[wire.Event], None],
    ) -> None:
        self.link = Link()
        self._client, self._clock = client, clock
        self._on_link, self._on_event = on_link, on_event
        self._failures = 0
        self._last_event_id: str | None = None

    async def run(self) -> None:
        """Follow the server for ever; ends by cancellation only."""
        while True:
            problem = await self._attempt()
            pause = RETRY_S[min(self._failures, len(RETRY_S) - 1)]
            self._failures += 1
            self._tell(
                replace(
                    self.link,
                    state="lost",
                    reason=problem.message,
                    advice=problem.advice,
                    retry_at=self._clock() + timedelta(seconds=pause),
                )
            )
            await asyncio.sleep(pause)

    def data_arrived(self) -> None:
        """A fresh answer came: remember when, for the banner."""
        self.link = replace(self.link, last_data_at=self._clock())

    async def _attempt(self) -> errors.ApiError:
        """One connection from start to end; returns what ended it."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                me = await self._client.get_me()
            self._failures = 0
            self._tell(Link("live", me=me, last_data_at=self._clock()))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(), name="event stream")
                tasks.create_task(self._knock(), name="heartbeat")
        except errors.ApiError as problem:
            return problem
        except TimeoutError:
            return errors.ServerUnreachable("The server does not answer.")
        except ExceptionGroup as group:
            return _first(group)
        return errors.ServerUnreachable("The event stream ended.")

    async def _listen(self) -> None:
        async for event in self._client.live(self._last_event_id):
            self._last_event_id = event.id or self._last_event_id
            self._on_event(event)

    async def _knock(self) -> None:
        while True:
            await asyncio.sleep(KNOCK_S)
            async with asyncio.timeout(PATIENCE_S):
                await self._client.server_time()

    def _tell(self, link: Link) -> None:
        self.link = link
        self._on_link(link)


def _first(group: ExceptionGroup) -> errors.ApiError:
    """The error that ended a connection; what is no API error (garbage in the stream) becomes one."""
    for problem in group.exceptions:
        if isinstance(problem, errors.ApiError):
            return problem
        if isinstance(problem, TimeoutError):
            return errors.ServerUnreachable("The server does not answer.")
    return errors.NotPlantOps("The event stream of the server makes no sense.")
