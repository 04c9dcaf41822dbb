"""NOTIFY through the bell: heard after commit, never after a roll-back."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from plantops_server.store.bell import listen, ring
from plantops_server.store.database import Database


async def test_a_ring_is_heard_once_a_transaction_and_never_after_a_roll_back(db: Database) -> None:
    async with aclosing(listen(db.dsn)) as rings:
        assert await anext(rings) == ("listening", "")
        try:
            async with db.transaction() as conn:
                await ring(conn, "plant", ["lost"])
                raise RuntimeError("rolled back")
        except RuntimeError:
            pass
        async with db.transaction() as conn:
            await ring(conn, "plant", ["p1", "p1"])
            await ring(conn, "plant", ["p1"])
            await ring(conn, "alert", ["7"])
        heard = [await asyncio.wait_for(anext(rings), 5) for _ in range(2)]
    assert heard == [("plant", "p1"), ("alert", "7")]
