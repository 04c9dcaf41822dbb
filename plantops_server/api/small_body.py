"""Routes whose bodies are small by nature: what is longer is refused before anybody parses it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message

from plantops_server.errors import BodyTooLarge

LIMIT = 4096
"""Bytes of a body that a stranger may send."""


class SmallBodyRoute(APIRoute):
    """A route that answers 413 to bodies longer than LIMIT, announced or not."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with the guard around it."""
        handler = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            body = await _read(request)

            async def replay() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            return await handler(Request(request.scope, replay))

        return guarded


async def _read(request: Request) -> bytes:
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > LIMIT:
        raise BodyTooLarge(limit=LIMIT)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LIMIT:
            raise BodyTooLarge(limit=LIMIT)
    return body
