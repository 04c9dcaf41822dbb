"""The outermost layer of every application of ours: no endless bodies in, nothing internal out."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog
from fastapi import Request, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 1_000_000
"""No body of ours comes near this; a larger one is refused before it is read."""

log = structlog.get_logger(__name__)


class Guard:
    """Refuses oversized bodies and turns what nobody caught into an answer with an id that the log has, too.

    ``too_large`` and ``unexpected`` (given the sentence for people) make the answers in the words of the application.
    """

    def __init__(
        self,
        app: ASGIApp,
        too_large: Callable[[Request], Response],
        unexpected: Callable[[Request, str], Response],
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self._app = app
        self._too_large, self._unexpected = too_large, unexpected
        self._max = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            if _announced(scope) > self._max:
                await self._too_large(Request(scope))(scope, receive, send)
                return
            await self._app(scope, _limited(receive, self._max), watched_send)
        except Exception as error:
            sentence = _logged(scope, error)
            if started:  # half an answer is out: only closing the connection tells the client so
                raise _AnswerCutShort from None
            await self._unexpected(Request(scope), sentence)(scope, receive, send)


class _AnswerCutShort(Exception):
    """The connection is closed in the middle of an answer; the reason stands in the log line before."""


def _announced(scope: Scope) -> int:
    """The length that the request says it has; 0 when it says none."""
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() and len(length) < 19 else 0


def _limited(receive: Receive, limit: int) -> Receive:
    """``receive`` that stops reading once more than ``limit`` bytes came, whatever was announced."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise HTTPException(413)  # the one exception that FastAPI lets through while it reads a body
        return message

    return counted


def _logged(scope: Scope, error: Exception) -> str:
    """Write the reason into the log; the sentence for people names the line and nothing of the reason."""
    incident = secrets.token_hex(6)
    log.error("request failed unexpectedly", error_id=incident, method=scope["method"],
              path=scope["path"], exc_info=error)  # fmt: skip
    return (
        f"Something went wrong on the server; its log has the reason under error id {incident}. "
        "Nothing half done was kept. Try again, and report that log line if it happens again."
    )
