"""The server itself: readiness, clock, live events, the files of a snapshot."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import cast

import httpx2

from plantops_api import errors, text, wire
from plantops_api.client.calls import STREAM_SILENCE_S, Calls, path_part, read_as


class RunningCalls(Calls):
    """The server itself: readiness, clock, live events, the files of a snapshot."""

    async def get_ready(self) -> wire.Ready:
        """What /readyz says, also when the server is not ready."""
        return read_as(wire.Ready, await self._exchange.ask("GET", "/readyz", accept=(503,)))

    async def server_time(self) -> datetime | None:
        """The server's clock by the Date header of /healthz, to the second; None when it sends none."""
        response = await self._exchange.send("GET", "/healthz")
        try:
            return parsedate_to_datetime(response.headers["date"])
        except (KeyError, ValueError):
            return None

    async def live(self, last_event_id: str | None = None) -> AsyncGenerator[wire.Event, None]:
        """Events of /api/stream as they come, over one connection; never ends by itself.

        Whoever leaves it early closes it (``contextlib.aclosing``), so that the connection goes at once.

        An event says what changed, not how: read it again. ``reset`` means: read everything again; it is the
        first event of a fresh connection, and comes later when events were lost. Give the ``id`` of the last
        event seen to continue after it, without a ``reset`` if the server still knows what followed.

        Raises:
            ServerUnreachable: the connection was lost, or nothing (not even a keep-alive) came for 45 s.
        """
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if last_event_id:
            headers["Last-Event-ID"] = last_event_id
        async with self._exchange.stream(
            "/api/stream", headers=headers, silence_s=STREAM_SILENCE_S
        ) as response:
            fresh = not last_event_id
            # It is a generator, whatever its annotation says: closed at once when the reader leaves early.
            source = cast("AsyncGenerator[httpx2.ServerSentEvent, None]", aiter(httpx2.EventSource(response)))
            async with aclosing(source) as arriving:
                async for sent in arriving:
                    event = wire.Event(id=sent.id, event="reset") if fresh else _event(sent)
                    fresh = False
                    if event is not None:
                        yield event
        raise errors.ServerUnreachable(f"The server at {self.url} ended the event stream.")

    async def snapshot_files(self) -> list[str]:
        """The files of which a snapshot of the web view is made."""
        answer = await self._exchange.ask("GET", "/snapshot/files.json")
        found = answer.get("files") if isinstance(answer, dict) else None
        return [str(name) for name in found] if isinstance(found, list) else []

    async def snapshot_file(self, name: str) -> bytes:
        """One file of a snapshot of the web view, as it is now."""
        path = "/".join(path_part(part) for part in name.split("/"))
        async with self._exchange.stream(f"/snapshot/{path}", headers={"Accept": "*/*"}) as response:
            return await response.aread()


def _event(sent: httpx2.ServerSentEvent) -> wire.Event | None:
    """The typed event; None for kinds that this version does not know."""
    try:
        data = text.clean(json.loads(sent.data or "{}"))
        ids = data.get("ids", []) if isinstance(data, dict) else data
        return wire.Event.model_validate({"id": sent.id, "event": sent.event, "ids": ids})
    except (ValueError, RecursionError):
        return None
