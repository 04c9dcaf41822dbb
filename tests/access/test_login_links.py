"""One-time login links."""

from __future__ import annotations

import asyncio

import pytest

from plantops_server.access import sessions, users
from plantops_server.errors import LoginLinkNotAccepted
from tests.running_server import Doors


async def link(doors: Doors) -> tuple[str, str]:
    async with doors.house.db.transaction() as conn:
        user = await users.create_user(conn, "ada", None, "viewer", doors.clock())
        return user["id"], await sessions.make_login_link(conn, user["id"], doors.clock())


async def use(doors: Doors, secret: str) -> str:
    async with doors.house.db.transaction() as conn:
        return await sessions.use_login_link(conn, secret, doors.clock())


async def test_a_link_logs_in_once_even_when_it_is_clicked_twice_at_once(doors: Doors) -> None:
    user_id, secret = await link(doors)
    results = await asyncio.gather(*(use(doors, secret) for _ in range(5)), return_exceptions=True)
    assert [r for r in results if not isinstance(r, LoginLinkNotAccepted)] == [user_id]


async def test_a_link_gets_old(doors: Doors) -> None:
    _, secret = await link(doors)
    doors.clock.advance(seconds=sessions.LINK_LIFE.total_seconds() + 1)
    with pytest.raises(LoginLinkNotAccepted):
        await use(doors, secret)
