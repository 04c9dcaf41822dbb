"""``limit``, ``cursor`` and ``q``: how every list is asked for, and how a page of it is answered."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query

from plantops_server.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class PageQuery:
    """What page a client wants; ``after`` is the key of the last item that it has."""

    limit: int
    after: str | None
    q: str | None

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than asked says whether there is a next page."""
        return self.limit + 1

    @property
    def after_number(self) -> int | None:
        """``after`` of lists whose key is a number; raises InvalidInput for a cursor of another list."""
        if self.after is None:
            return None
        if not (self.after.isascii() and self.after.isdigit() and len(self.after) < 19):
            raise _not_ours()
        return int(self.after)

    def page(self, rows: Sequence[dict[str, Any]], key: str) -> dict[str, Any]:
        """Items and the cursor of the next page; ``rows`` are up to ``fetch``, ordered by ``key``."""
        items = list(rows[: self.limit])
        more = len(rows) > self.limit
        return {"items": items, "next_cursor": _encode(str(items[-1][key])) if more else None}


def page_query(
    limit: Annotated[int, Query(ge=1, le=500, description="Most items in the answer")] = 100,
    cursor: Annotated[
        str | None, Query(max_length=1000, description="`next_cursor` of the page before")
    ] = None,
    q: Annotated[str | None, Query(max_length=120, description="Only items that contain this text")] = None,
) -> PageQuery:
    """Dependency: the page that the query string asks for. Raises InvalidInput for a cursor that is not ours."""
    return PageQuery(limit, None if cursor is None else _decode(cursor), q or None)


PageDep = Annotated[PageQuery, Depends(page_query)]


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decode(cursor: str) -> str:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise _not_ours() from None
    if not key or "\0" in key:
        raise _not_ours()
    return key


def _not_ours() -> InvalidInput:
    return InvalidInput(
        problem="cursor is not one that this server gave. Ask for the first page, without cursor."
    )
