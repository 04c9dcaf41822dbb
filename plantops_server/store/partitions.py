"""Week-wide partitions of ``telemetry`` on plain PostgreSQL; TimescaleDB, where present, makes its own chunks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from psycopg import sql

from plantops_server.store.database import Connection

WIDTH = timedelta(days=7)
BACK = timedelta(days=36)
"""How far back partitions always exist: readings up to 35 days late are stored at their own time (section 4)."""
AHEAD = timedelta(days=14)
"""How far ahead partitions are made: two missed weeks of upkeep do not stop ingest."""

_EPOCH = datetime(2020, 1, 6, tzinfo=UTC)  # a Monday: weeks start where people expect them to
_LOCK = 0x504C_4E54_0003


async def is_hypertable(conn: Connection) -> bool:
    """Whether ``telemetry`` is a TimescaleDB hypertable rather than a natively partitioned table."""
    row = await (
        await conn.execute("SELECT relkind FROM pg_class WHERE oid = 'telemetry'::regclass")
    ).fetchone()
    return row is not None and row["relkind"] == "r"


async def ensure_partitions(conn: Connection, start: datetime, end: datetime) -> list[str]:
    """Make the partitions that cover [start, end] and do not exist yet; the names of the new ones.

    Safe when several processes do it at once.
    """
    if await is_hypertable(conn):
        return []
    existing = {name for name, _ in await partitions(conn)}
    missing = [week for week in _weeks(start, end) if _name(week) not in existing]
    for week in missing:
        await _create(conn, week)
    return [_name(week) for week in missing]


async def partitions(conn: Connection) -> list[tuple[str, datetime]]:
    """Name and start of every partition, oldest first."""
    cursor = await conn.execute(
        "SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = 'telemetry'::regclass ORDER BY c.relname"
    )
    names = [row["name"] for row in await cursor.fetchall()]
    return [(name, datetime.strptime(name, "telemetry_%Y%m%d").replace(tzinfo=UTC)) for name in names]


async def drop_partitions_before(conn: Connection, cutoff: datetime) -> list[str]:
    """Drop the partitions (or chunks) that lie wholly before ``cutoff``; their names."""
    if await is_hypertable(conn):
        rows = await (
            await conn.execute("SELECT drop_chunks('telemetry', %s::timestamptz) AS name", (cutoff,))
        ).fetchall()
        return [row["name"] for row in rows]
    expired = [name for name, start in await partitions(conn) if start + WIDTH <= cutoff]
    for name in expired:
        await conn.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name)))
    return expired


async def _create(conn: Connection, week: datetime) -> None:
    async with conn.transaction():
        # CREATE TABLE IF NOT EXISTS still races inside the catalogue: one at a time.
        await conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        await conn.execute(
            sql.SQL(
                "CREATE TABLE IF NOT EXISTS {} PARTITION OF telemetry FOR VALUES FROM ({}) TO ({})"
            ).format(
                sql.Identifier(_name(week)),
                sql.Literal(week.isoformat()),
                sql.Literal((week + WIDTH).isoformat()),
            )
        )


def _weeks(start: datetime, end: datetime) -> list[datetime]:
    first = _EPOCH + (start - _EPOCH) // WIDTH * WIDTH
    return [first + n * WIDTH for n in range((end - first) // WIDTH + 1)]


def _name(week: datetime) -> str:
    return f"telemetry_{week:%Y%m%d}"
