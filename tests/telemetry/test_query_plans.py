"""The hot queries touch their index and not the whole history, asked of the planner on two weeks of 20 plants."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import sql

from plantops_server.store.database import Connection, Database
from plantops_server.telemetry import flags, rollups
from plantops_server.telemetry.statements import SQL

END = datetime.now(UTC)
RANGE = {"plant_id": "plt_3", "start": END - timedelta(days=1), "end": END}


@pytest.fixture
async def fortnight(db: Database) -> AsyncIterator[Connection]:
    """20 plants, two weeks, a reading every 10 minutes; received as they were measured; rolled up."""
    async with db.transaction() as conn:
        await conn.execute(
            "INSERT INTO telemetry (time, device_id, plant_id, soil_moisture, temperature, received_at)"
            " SELECT t, 'dev_' || p, 'plt_' || p, p, 20, t"
            " FROM generate_series(%s, %s, interval '10 minutes') AS t, generate_series(1, 20) AS p ORDER BY t",
            (END - timedelta(days=14), END),
        )
        await rollups.roll_up(conn)
    async with db.connection() as conn:
        await conn.execute("VACUUM ANALYZE telemetry, telemetry_half_hourly, telemetry_hourly")
        yield conn


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


async def explain(conn: Connection, name: str, values: Any) -> list[dict[str, Any]]:
    query = (
        sql.SQL(SQL[name]).format(columns=sql.SQL("1")) if "{columns}" in SQL[name] else sql.SQL(SQL[name])
    )
    explained = sql.SQL("EXPLAIN (ANALYZE, FORMAT JSON) ") + query
    async with conn.transaction(force_rollback=True):
        row = await (await conn.execute(explained, values)).fetchone()
    assert row is not None
    plan = row["QUERY PLAN"]
    return list(nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))


BUCKETS = [END.replace(minute=0, second=0, microsecond=0) - timedelta(hours=n) for n in range(1, 4)]


HOT: dict[str, Any] = {
    "count_up_to": {**RANGE, "limit": 500},
    "raw_points": RANGE,
    "raw_buckets": {**RANGE, "step": timedelta(minutes=30), "untrusted": flags.UNTRUSTED},
    "hourly_buckets": {**RANGE, "step": timedelta(hours=2)},
    "sparklines": {**RANGE, "plant_ids": ["plt_3", "plt_4"]},
    "export_readings": {**RANGE, "start": END - timedelta(hours=6)},
    "roll_half_hours": {"plant_ids": ["plt_3"] * 3, "buckets": BUCKETS, "untrusted": flags.UNTRUSTED},
    "roll_hours": {"plant_ids": ["plt_3"] * 3, "buckets": BUCKETS},
    "touched_half_hours": {
        "since": END - timedelta(minutes=2), "overlap": timedelta(minutes=2), "untrusted": flags.UNTRUSTED,
    },
    "stored_readings": {
        "times": [END, END - timedelta(days=13)], "device_ids": ["dev_3", "dev_4"],
        "first": END - timedelta(days=13), "last": END,
    },
    "complete_readings": [
        [END], ["dev_3"], ["plt_3"], *[[None]] * 8, [None], [None], [0], END - timedelta(minutes=1), END,
    ],
}  # fmt: skip


async def test_no_hot_query_reads_a_table_from_end_to_end(fortnight: Connection) -> None:
    scans = {}
    indexes = {}
    for name, values in HOT.items():
        plan = await explain(fortnight, name, values)
        scans[name] = [
            node["Relation Name"]
            for node in plan
            if node["Node Type"] == "Seq Scan" and node["Actual Loops"] and node["Actual Rows"] > 100
        ]
        indexes[name] = {node["Index Name"] for node in plan if "Index Name" in node}
    assert {name: tables for name, tables in scans.items() if tables} == {}
    assert any("received_at" in index for index in indexes["touched_half_hours"]), "not by the BRIN index"


async def test_roll_ups_look_each_bucket_up_even_where_nothing_was_analysed_yet(
    db: Database, make_row: Any, keep: Any
) -> None:
    """A join of buckets and readings by plant alone once took a hundred times as long after a back-fill."""
    times = [END - timedelta(minutes=10 * n) for n in range(2000)]
    await keep([make_row(at, soil_moisture=1.0) for at in times])
    buckets = {"plant_ids": ["plt_a"] * 300, "buckets": [END - timedelta(minutes=30 * n) for n in range(300)]}
    async with db.connection() as conn:
        for name in ("roll_half_hours", "roll_hours"):
            plan = await explain(conn, name, {**buckets, "untrusted": flags.UNTRUSTED})
            read = sum(node["Actual Rows"] * node["Actual Loops"] for node in plan if "Relation Name" in node)
            thrown_away = sum(node.get("Rows Removed by Join Filter", 0) for node in plan)
            assert (read <= 5000, thrown_away) == (True, 0), name
