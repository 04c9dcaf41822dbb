"""The pairing window: while an owner holds it open, devices may register without a token."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from plantops_server.devices.sql import SQL
from plantops_server.store.database import Connection


async def open_window(conn: Connection, seconds: int, who: str, now: datetime) -> dict[str, Any]:
    """Open the window, or open it anew, for ``seconds`` from now; its ``until`` and ``opened_by``."""
    await close_window(conn, now)
    await conn.execute(SQL["forget_windows"], {"now": now})
    values = {"now": now, "until": now + timedelta(seconds=seconds), "opened_by": who}
    row = await (await conn.execute(SQL["open_window"], values)).fetchone()
    assert row is not None  # noqa: S101 - INSERT … RETURNING
    return row


async def close_window(conn: Connection, now: datetime) -> None:
    """Close the window; nothing happens when none is open."""
    await conn.execute(SQL["close_windows"], {"now": now})


async def window(conn: Connection, now: datetime) -> dict[str, Any] | None:
    """The open window's ``until`` and ``opened_by``; None when it is closed."""
    return await (await conn.execute(SQL["window_now"], {"now": now})).fetchone()
