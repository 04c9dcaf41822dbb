"""Door to the event stream: server-sent events that carry ids, not data."""

from __future__ import annotations

from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated

import msgspec
import psycopg
from fastapi import APIRouter, Header, Request
from starlette.responses import StreamingResponse

from plantops_server.entrance.auth import HouseDep, Viewer, authenticate
from plantops_server.entrance.house import House
from plantops_server.errors import PlantOpsError, Unavailable
from plantops_server.live import LiveEvent

HEARTBEAT_S = 15.0
"""Silence after which a comment is sent: shorter than the idle limit of any proxy, and when a revoked token ends."""
RETRY_MS = 2_000
RECHECK_S = 1.0
"""A revoked token hears nothing that happens later than this after its revocation."""
MOST_STREAMS = 500

router = APIRouter(prefix="/api", tags=["live"])

_EXAMPLE = 'retry: 2000\nid: 6f1c9a52-41\n\nid: 6f1c9a52-42\nevent: plant\ndata: {"ids":["plt_…"]}\n\n'


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={200: {
        "description": "A stream of events `plant`, `device`, `alert`, `care_plan`, `reset`; data is `{\"ids\": […]}`",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }},
)  # fmt: skip
async def stream(
    request: Request,
    house: HouseDep,
    _caller: Viewer,
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
) -> StreamingResponse:
    """What changed, as it changes. After `reset` read everything again. `Last-Event-ID` resumes; a comment comes at
    least every 15 s."""
    if house.live.subscribers >= MOST_STREAMS:
        raise Unavailable(what="The event stream (too many listeners)")
    return StreamingResponse(
        _events(request, house, last_event_id), media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )  # fmt: skip


async def _events(request: Request, house: House, last_event_id: str | None) -> AsyncIterator[bytes]:
    """Ends when the server stops, or the caller is no longer let in; a client that leaves cancels it."""
    live = house.live
    position = live.position_of(last_event_id)
    known = position if position >= 0 else live.position_of(None)
    checked_at = monotonic()
    live.subscribers += 1
    try:
        yield f"retry: {RETRY_MS}\nid: {live.id_at(known)}\n\n".encode()
        while not live.closed:
            events, position = await live.after(position, HEARTBEAT_S)
            if monotonic() - checked_at > RECHECK_S:
                if not await _still_welcome(request):
                    return
                checked_at = monotonic()
            yield b"".join(map(_encode, events)) or b": still here\n\n"
    finally:
        live.subscribers -= 1


async def _still_welcome(request: Request) -> bool:
    """Whether the token or session still lets its holder in; without a database nobody knows."""
    try:
        return (await authenticate(request)).may("viewer")
    except (PlantOpsError, psycopg.Error):
        return False


def _encode(event: LiveEvent) -> bytes:
    data = msgspec.json.encode({"ids": event.ids})
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (event.id.encode(), event.kind.encode(), data)
