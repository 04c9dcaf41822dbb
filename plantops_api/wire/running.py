"""Whether the server is ready, and what it tells of changes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from plantops_api.wire.bodies import Response


class Check(Response):
    """One line of /readyz."""

    ok: bool
    detail: str


class Ready(Response):
    """GET /readyz; 503 when ``ready`` is false."""

    ready: bool
    version: str
    checks: dict[str, Check]


class Event(Response):
    """One event of GET /api/stream: it carries ids, not data; read the card again."""

    id: str
    event: Literal["plant", "device", "alert", "care_plan", "reset"]
    ids: list[str] = Field([], description="Ids of what changed; empty for reset: read everything again")
