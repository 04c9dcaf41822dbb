"""What was refused is counted with its reason, and the table cannot be filled from outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from plantops_server.store.database import Database
from plantops_server.telemetry import rejects
from plantops_server.telemetry.packets import Reject

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


async def test_refusals_are_counted_by_reason_with_the_newest_sample(db: Database) -> None:
    async with db.connection() as conn:
        await rejects.record(conn, [("dev_a", Reject("packet: not JSON", str(n))) for n in range(3)], NOW)
        later = NOW + timedelta(minutes=1)
        await rejects.record(conn, [("dev_a", Reject("packet: not JSON", "new"))], later)
        await rejects.record(conn, [("dev_b", Reject("soil_moisture: not finite", "x"))], later)
        assert await rejects.of_device(conn, "dev_a") == [
            {"reason": "packet: not JSON", "count": 4, "sample": "new", "last_at": later}
        ]


async def test_a_flood_of_made_up_devices_stops_at_the_limit_and_known_ones_are_counted_on(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejects, "MAX_ROWS", 10)
    reject = Reject("packet: unknown device", "x")
    async with db.connection() as conn:
        for n in range(30):
            await rejects.record(conn, [(f"dev_{n}" * 50, reject)], NOW)
        await rejects.record(conn, [("dev_0" * 50, reject)], NOW)
        rows = await (await conn.execute("SELECT device_id, count FROM rejected_packets")).fetchall()
    assert len(rows) == 10
    assert {len(row["device_id"]) for row in rows} == {64}
    assert sorted(row["count"] for row in rows)[-1] == 2
