"""GET /api/stream of a whole server."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from plantops_server.api import live as door
from tests.running_server import Running


class Stream:
    """Events of one open connection."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def block(self) -> dict[str, str]:
        """The fields of the next block; a comment counts as field ``comment``."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if not line:
                return fields
            name, _, value = line.partition(":")
            fields[name or "comment"] = value.strip()
        raise EOFError

    async def event(self, kind: str) -> dict[str, str]:
        """The next event of that kind."""
        async with asyncio.timeout(10):
            while True:
                fields = await self.block()
                if fields.get("event") == kind:
                    return fields


@asynccontextmanager
async def listening(client: httpx2.AsyncClient, last_event_id: str | None = None) -> AsyncIterator[Stream]:
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    async with client.stream("GET", "/api/stream", headers=headers, timeout=20) as response:
        yield Stream(response)


async def test_a_change_is_heard_within_a_second_and_names_the_plant(server: Running) -> None:
    async with server.client() as client, listening(client) as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert (await stream.block())["retry"] == str(door.RETRY_MS)
        started = time.perf_counter()
        plant = (await client.post("/api/plants", json={"name": "Fern"})).json()
        heard = await stream.event("plant")
        assert json.loads(heard["data"]) == {"ids": [plant["id"]]}
        assert time.perf_counter() - started < 1


async def test_a_client_that_comes_back_hears_what_it_missed(server: Running) -> None:
    async with server.client() as client:
        async with listening(client) as stream:
            await client.post("/api/plants", json={"name": "One"})
            seen = (await stream.event("plant"))["id"]
        missed = (await client.post("/api/plants", json={"name": "Two"})).json()
        async with listening(client, seen) as stream:
            assert json.loads((await stream.event("plant"))["data"]) == {"ids": [missed["id"]]}
        async with listening(client, "another-server-12") as stream:
            await stream.event("reset")


async def test_a_revoked_token_hears_nothing_more(server: Running) -> None:
    async with server.client() as admin:
        made = (await admin.post("/api/tokens", json={"name": "screen", "role": "viewer"})).json()
        async with server.client(made["token"]) as screen, listening(screen) as stream:
            await stream.block()
            await admin.delete(f"/api/tokens/{made['id']}")
            await asyncio.sleep(door.RECHECK_S + 0.1)
            await admin.post("/api/plants", json={"name": "secret plant"})
            with pytest.raises(EOFError):
                await stream.event("plant")


async def test_the_stream_is_closed_to_whoever_may_not_read(server: Running) -> None:
    async with httpx2.AsyncClient(base_url=server.url) as stranger:
        assert (await stranger.get("/api/stream")).status_code == 401
