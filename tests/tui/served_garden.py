"""The garden behind a real socket: ``python -m tests.tui.served_garden PORT [PLANTS [UPDATED A SECOND]]``."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import uvicorn

from plantops_api import wire
from tests.tui.fake_garden import FakeServer, card
from tests.tui.hostile import HOSTILE


class Served:
    """An ASGI application that asks the fake server."""

    def __init__(self, server: FakeServer) -> None:
        self._transport = server.transport()

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            return
        body = (await receive()).get("body", b"")
        url = f"http://garden{scope['path']}?{scope['query_string'].decode()}"
        request = httpx2.Request(scope["method"], url, content=body)
        response = await self._transport.handle_async_request(request)
        headers = [(b"content-type", response.headers["content-type"].encode())]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        async for chunk in response.aiter_bytes():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def garden_with_a_forged_name(plants: int = 0) -> FakeServer:
    """Six honest plants, one whose name is an attack, and as many more as are asked for."""
    server = FakeServer()
    server.cards.append(card("plt_forged", HOSTILE["osc title"] + HOSTILE["clear screen"]))
    server.cards += [card(f"plt_{i}", f"Plant {i}") for i in range(plants)]
    return server


async def live(server: FakeServer, updated: int) -> None:
    """Every second so many plants have a new reading."""
    for second in itertools.count():
        await asyncio.sleep(1)
        for place in range(-updated, 0):
            old = server.cards[place]
            state = {
                metric: wire.MetricState(value=value.value + (second + place) % 3 - 1, time=value.time)
                for metric, value in old.state.items()
            }
            server.cards[place] = old.model_copy(update={"state": state})
            server.ring("plant", old.id)


async def serve(port: int, plants: int, updated: int) -> None:
    """Until it is stopped."""
    garden = garden_with_a_forged_name(plants)
    app: Any = Served(garden)
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", timeout_graceful_shutdown=1)
    moving = asyncio.create_task(live(garden, updated)) if updated else None
    await uvicorn.Server(config).serve()
    if moving is not None:
        moving.cancel()


if __name__ == "__main__":
    port, plants, updated = (int(word) for word in (*sys.argv[1:4], "0", "0")[:3])
    asyncio.run(serve(port, plants, updated))
