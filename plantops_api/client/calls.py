"""How every call talks: one answer, or a list that follows its pages, read as a model of the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from plantops_api import errors, wire
from plantops_api.exchange import Exchange

Model = TypeVar("Model", bound=BaseModel)

PAGE = 200
"""Items asked for a page; ``list_*`` follow ``next_cursor`` until ``limit`` items or the end."""

STREAM_SILENCE_S = 45.0
"""Longest silence on an event stream, in s: three of the server's 15-s keep-alives."""


class Calls:
    """What the calls of each subject stand on; ``PlantOpsClient`` brings them together under one exchange."""

    url: str
    _exchange: Exchange

    async def _get(self, model: type[Model], path: str, params: Mapping[str, Any] | None = None) -> Model:
        return read_as(model, await self._exchange.ask("GET", path, params=params))

    async def _send(
        self,
        model: type[Model],
        method: str,
        path: str,
        body: BaseModel | None = None,
        *,
        only_set: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Model:
        sent = None if body is None else body.model_dump(mode="json", exclude_unset=only_set)
        return read_as(model, await self._exchange.ask(method, path, body=sent, headers=headers))

    async def _list(self, model: type[Model], path: str, limit: int | None, **params: Any) -> list[Model]:
        found: list[Model] = []
        cursor: str | None = None
        while True:
            size = PAGE if limit is None else min(PAGE, limit - len(found))
            page = read_as(
                wire.Page[Any],
                await self._exchange.ask("GET", path, params={**params, "limit": size, "cursor": cursor}),
            )
            found += [read_as(model, item) for item in page.items]
            if not page.next_cursor or not page.items or (limit is not None and len(found) >= limit):
                return found[:limit]
            cursor = page.next_cursor


def path_part(value: str) -> str:
    """One path segment: an id that holds ``/`` or ``..`` stays one segment."""
    return quote(value, safe="") if value not in (".", "..") else value.replace(".", "%2E")


def iso(moment: datetime | None) -> str | None:
    """A moment as a query parameter; None stays None."""
    return moment.isoformat() if moment else None


def read_as(model: type[Model], answer: Any) -> Model:
    """The answer as that model.

    Raises:
        NotPlantOps: it is something else; the first field that differs is named.
    """
    try:
        return model.model_validate(answer)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the answer"
        raise errors.NotPlantOps(
            f"The server's answer is not what this version expects ({where}: {first['msg']}).",
            'Client and server may be of different versions; "plantops doctor" compares them.',
        ) from None
