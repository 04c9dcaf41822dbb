"""Builders of rows, so that a test names only what it is about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from plantops_server.store.database import Database
from plantops_server.telemetry import store
from plantops_server.telemetry.store import Row

Keep = Callable[[Sequence[Row]], Awaitable[list[Row]]]


def row(time: datetime, *, device_id: str = "dev_a", plant_id: str | None = "plt_a", **values: Any) -> Row:
    blank = dict.fromkeys(Row._fields)
    return Row(**{**blank, "time": time, "device_id": device_id, "plant_id": plant_id, "flags": 0, **values})  # type: ignore[arg-type]


@pytest.fixture
def make_row() -> Callable[..., Row]:
    return row


@pytest.fixture
def keep(db: Database) -> Keep:
    """Store rows in a transaction of their own; the new ones."""

    async def _keep(rows: Sequence[Row]) -> list[Row]:
        async with db.transaction() as conn:
            return list((await store.insert(conn, rows)).values())

    return _keep
