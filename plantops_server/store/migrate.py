"""Ordered migrations, run at start under an advisory lock; a database newer than the code is refused untouched."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from importlib.resources import files
from typing import LiteralString, NamedTuple

import psycopg

from plantops_server.errors import DatabaseDiffers, DatabaseTooNew, DatabaseTooOld
from plantops_server.store import partitions
from plantops_server.store.database import Connection, connect

_LOCK = 0x504C_4E54_0001  # "PLNT": one migrator at a time, in the whole database cluster
_OLDEST_SERVER = 150_000


class Migration(NamedTuple):
    """One file ``NNNN_name.sql``."""

    version: int
    name: str
    sql: LiteralString

    @property
    def checksum(self) -> str:
        """SHA-256 of the file: what was applied must not change afterwards."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


class SchemaStatus(NamedTuple):
    """Which version the database has and which this code wants."""

    found: int
    known: int
    timescaledb: bool


def migrations() -> list[Migration]:
    """All migrations in order; raises ValueError on a gap or a repeated number."""
    folder = files("plantops_server.store") / "migrations"
    found = [
        Migration(int(match[1]), match[2], entry.read_text(encoding="utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda e: e.name)
        if (match := re.fullmatch(r"(\d{4})_(\w+)\.sql", entry.name))
    ]
    if [m.version for m in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"migrations are not numbered 1, 2, 3, …: {[m.version for m in found]}")
    return found


async def migrate(dsn: str, now: datetime | None = None) -> list[int]:
    """Bring the database to this code's schema; the versions that were applied.

    Raises DatabaseTooNew and DatabaseDiffers (nothing is touched), and DatabaseTooOld.
    """
    conn = await connect(dsn)
    async with conn:
        await _check_server(conn)
        await conn.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        try:
            applied = await _apply_pending(conn)
            moment = now or datetime.now(UTC)
            await partitions.ensure_partitions(conn, moment - partitions.BACK, moment + partitions.AHEAD)
        finally:
            await conn.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))
    return applied


async def schema_status(conn: Connection) -> SchemaStatus:
    """Compare the database's version with the code's; reads only."""
    row = await (await conn.execute("SELECT to_regclass('schema_migrations') AS t")).fetchone()
    found = 0
    if row is not None and row["t"] is not None:
        newest = await (await conn.execute("SELECT max(version) AS v FROM schema_migrations")).fetchone()
        found = (newest and newest["v"]) or 0
    extension = await (
        await conn.execute("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'")
    ).fetchone()
    return SchemaStatus(found, len(migrations()), extension is not None)


async def _check_server(conn: Connection) -> None:
    if conn.info.server_version < _OLDEST_SERVER:
        raise DatabaseTooOld(found=conn.info.server_version // 10_000)


async def _apply_pending(conn: Connection) -> list[int]:
    known = migrations()
    found = (await schema_status(conn)).found
    if found > len(known):
        raise DatabaseTooNew(found=found, known=len(known))
    if found == 0:
        await _try_timescaledb(conn)
    else:
        await _check_applied(conn, known[:found])
    applied = []
    for migration in known[found:]:
        async with conn.transaction():
            if migration.version == 1:
                await conn.execute(
                    "CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL,"
                    " checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
                )
            await conn.execute(migration.sql)
            await conn.execute(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES (%s, %s, %s)",
                (migration.version, migration.name, migration.checksum),
            )
        applied.append(migration.version)
    return applied


async def _check_applied(conn: Connection, expected: list[Migration]) -> None:
    """Raises DatabaseDiffers when this database was made by another edition of the same migrations."""
    try:
        rows = await (await conn.execute("SELECT version, checksum FROM schema_migrations")).fetchall()
    except psycopg.errors.UndefinedColumn:  # made before checksums were kept
        rows = []
    applied = {row["version"]: row["checksum"] for row in rows}
    for migration in expected:
        if applied.get(migration.version) != migration.checksum:
            raise DatabaseDiffers(version=migration.version, name=migration.name)


async def _try_timescaledb(conn: Connection) -> None:
    """Use the extension where the server offers it and lets us; the product is whole without it."""
    await conn.execute(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') THEN"
        " CREATE EXTENSION IF NOT EXISTS timescaledb; END IF;"
        " EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file THEN NULL; END $$"
    )
