"""Backup and restore by PostgreSQL's own programs, and a look at the state of a database.

Passwords go to the programs in their environment, never in their arguments.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

from plantops_cli.exit_codes import ExitCode, Stop

if TYPE_CHECKING:
    from plantops_server.settings import Settings

_EMPTY = "DROP SCHEMA IF EXISTS public CASCADE;\nCREATE SCHEMA public;\n"
_CHECK_VERSION = """
DO $$ BEGIN
  IF (SELECT max(version) FROM public.schema_migrations) > {known} THEN
    RAISE EXCEPTION 'the backup comes from a newer PlantOps than this one';
  END IF;
END $$;
"""


def programs(settings: Settings) -> Path:
    """The folder with pg_dump, pg_restore and psql: of the embedded PostgreSQL, or the system's.

    Raises:
        PostgresMissing, PostgresMajorDiffers: there is none that fits.
    """
    from plantops_server.stack.binaries import find_binaries

    return find_binaries(settings.data_dir / "postgres" / "data", settings.pg_bin).folder


def dump(dsn: str, file: Path, folder: Path) -> None:
    """Write a dump; the file takes its name only when it is complete, readable by its owner only."""
    part = file.with_name(file.name + ".part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as problem:
        raise Stop(ExitCode.FAILURE, f"{part.parent} cannot be written to: {problem.strerror}.") from None
    try:
        with os.fdopen(descriptor, "wb") as target:
            argv = [str(folder / "pg_dump"), "--format=custom", "--no-owner", "--no-privileges"]
            done = subprocess.run(
                argv, env=connection_environment(dsn), stdout=target, stderr=subprocess.PIPE, check=False
            )
        _succeeded(done, "The backup")
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)


def check(file: Path, folder: Path) -> None:
    """Raises Stop when a file is no dump of a PlantOps database (exit 2)."""
    listed = subprocess.run(
        [folder / "pg_restore", "--list", file], capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        raise Stop(ExitCode.USAGE, f"{file} is no backup that pg_restore can read. Nothing was changed.")
    if "schema_migrations" not in listed.stdout:
        raise Stop(ExitCode.USAGE, f"{file} is a dump of some other database. Nothing was changed.")


def restore(dsn: str, file: Path, folder: Path) -> None:
    """Replace everything by the dump, in one transaction.

    Raises:
        Stop: it did not work, and the database is as it was.
    """
    from plantops_server.store.migrate import migrations

    script = subprocess.run(
        [folder / "pg_restore", "--no-owner", "--no-privileges", "--file=-", file],
        capture_output=True,
        check=False,
    )
    _succeeded(script, "Reading the backup")
    content = _EMPTY.encode() + script.stdout + _CHECK_VERSION.format(known=len(migrations())).encode()
    argv = [str(folder / "psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    done = subprocess.run(
        argv,
        env=connection_environment(dsn),
        input=content,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    _succeeded(done, "The restore")


def _succeeded(done: subprocess.CompletedProcess[bytes], what: str) -> None:
    if done.returncode != 0:
        lines = [
            line for line in (done.stderr or b"").decode("utf-8", "replace").splitlines() if line.strip()
        ]
        why = next(
            (line for line in lines if "error" in line.lower()), lines[-1] if lines else "no reason given"
        )
        raise Stop(ExitCode.FAILURE, f"{what} failed: {why.strip()[:300]}. Nothing was changed.")


def connection_environment(dsn: str) -> dict[str, str]:
    """The connection as libpq's environment variables, so that ``ps`` shows none of it."""
    from psycopg.conninfo import conninfo_to_dict

    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
             "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "passfile": "PGPASSFILE"}  # fmt: skip
    parts = conninfo_to_dict(dsn)
    given = {names[key]: str(value) for key, value in parts.items() if key in names and value is not None}
    return {"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", "/"), **given}


async def status(dsn: str) -> dict[str, Any]:
    """Schema version, server, size and counts; counts are None while there is no schema."""
    from plantops_server.store.database import connect
    from plantops_server.store.migrate import schema_status

    async with await connect(dsn) as conn:
        schema = await schema_status(conn)
        found: dict[str, Any] = {
            "schema": schema.found,
            "schema_known": schema.known,
            "up_to_date": schema.found == schema.known,
            "timescaledb": schema.timescaledb,
        }
        row = await (await conn.execute(_SERVER)).fetchone()
        found |= row or {}
        counted = await (await conn.execute(_COUNTS)).fetchone() if schema.found else None
        return found | (counted or dict.fromkeys(("plants", "devices", "readings_estimate")))


_SERVER: LiteralString = """
    SELECT current_setting('server_version') AS postgresql, pg_database_size(current_database()) AS size_bytes
"""
_COUNTS: LiteralString = """
    SELECT (SELECT count(*) FROM plants WHERE archived_at IS NULL) AS plants,
           (SELECT count(*) FROM devices WHERE decommissioned_at IS NULL) AS devices,
           -- the planner's estimate: counting every reading of a year would take seconds
           (SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint
              FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE i.inhparent = 'telemetry'::regclass) AS readings_estimate
"""
