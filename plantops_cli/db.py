"""``plantops db``: the database itself, on the machine where it lives."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plantops_cli import broker_state, configuration, database_dump, diagnostics, prompts
from plantops_cli.enrolling import write_secret_file
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import invocation, run
from plantops_cli.noun import noun
from plantops_cli.output import Column

if TYPE_CHECKING:
    from plantops_server.settings import Settings

app = noun(
    "The database itself: migrate, status, backup, restore, another key. Run it where the database is."
)

_STATUS_COLUMNS = (
    Column("schema", lambda status: status["schema"]),
    Column("schema_known", lambda status: status["schema_known"], title="THIS VERSION KNOWS"),
    Column("up_to_date", lambda status: status["up_to_date"]),
    Column("postgresql", lambda status: status["postgresql"]),
    Column("timescaledb", lambda status: status["timescaledb"]),
    Column("size_bytes", lambda status: status["size_bytes"], lambda status: _megabytes(status["size_bytes"]), "SIZE"),
    Column("plants", lambda status: status["plants"]),
    Column("devices", lambda status: status["devices"]),
    Column("readings_estimate", lambda status: status["readings_estimate"], title="READINGS (ABOUT)"),
    Column("embedded", lambda status: status["embedded"]),
)  # fmt: skip


def _megabytes(size: float) -> str:
    return f"{size / 1e6:.1f} MB"


@app.command("status")
def status(context: typer.Context) -> None:
    """Show schema version, size and counts.

    \b
    Examples:
      plantops db status
      plantops db status --json | jq .up_to_date
    """
    call = invocation(context)
    settings = configuration.server_settings(call.environ)
    with _database(settings) as dsn:
        found = run(database_dump.status(dsn))
    record = {**found, "embedded": not settings.database_url.get_secret_value()}
    call.writer().one(record, _STATUS_COLUMNS)
    if not record["up_to_date"]:
        diagnostics.say('The schema is not the one of this version: "plantops db migrate" brings it there.')


@app.command("migrate")
def migrate(context: typer.Context) -> None:
    """Bring the schema to this version.

    "serve" and "up" do it at start.

    \b
    Examples:
      plantops db migrate
    """
    call = invocation(context)
    from plantops_server.store.migrate import migrate as apply

    with _database(configuration.server_settings(call.environ)) as dsn:
        applied = run(apply(dsn))
    if applied:
        diagnostics.say(f"Applied {len(applied)} migration(s), up to {applied[-1]:04}.")
    else:
        diagnostics.say("The schema is up to date.")


@app.command("backup")
def backup(
    context: typer.Context,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Where to; default: plantops-DATE.dump here.")
    ] = None,
) -> None:
    """Write the whole database into one file.

    It is a dump in PostgreSQL's custom format; the server may run meanwhile.

    \b
    Examples:
      plantops db backup
      plantops db backup --to /mnt/backup/plantops.dump
    """
    call = invocation(context)
    settings = configuration.server_settings(call.environ)
    file = to or Path(f"plantops-{call.now():%Y%m%d-%H%M%S}.dump")
    if file.exists():
        raise Stop(ExitCode.CONFLICT, f"{file} exists already.", "Name another file, or remove it first.")
    with _database(settings) as dsn:
        database_dump.dump(dsn, file, database_dump.programs(settings))
    call.writer().text(str(file))
    diagnostics.say(
        f"Wrote {_megabytes(file.stat().st_size)}. Secrets in it are sealed with {settings.key_file}: "
        "keep a copy of that file too, in another place."
    )


@app.command("restore")
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help='A file that "plantops db backup" wrote.')],
    yes: prompts.Yes = False,
) -> None:
    """Replace the whole database with a backup. All or nothing: if anything fails, it stays as it was.

    The server must not run meanwhile.

    \b
    Examples:
      plantops db restore plantops-20261124-080000.dump
    """
    call = invocation(context)
    settings = configuration.server_settings(call.environ)
    if not file.is_file():
        raise Stop(ExitCode.USAGE, f"There is no file {file}.")
    _refuse_while_running(settings)
    programs = database_dump.programs(settings)
    database_dump.check(file, programs)
    prompts.confirm(call, f"Replace the whole database with {file}", yes=yes)
    with _database(settings) as dsn:
        if run(database_dump.status(dsn))["timescaledb"]:
            raise Stop(
                ExitCode.FAILURE,
                "This database uses TimescaleDB, which needs its own way of restoring. Nothing was changed.",
                "See docs/deployment.md, backup and restore.",
            )
        database_dump.restore(dsn, file, programs)
    diagnostics.say(f"Restored {file}. Start PlantOps again; it brings the schema to this version.")


@app.command("broker-state")
def broker_state_command(
    context: typer.Context,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where to.")] = Path(
        "dynamic-security.json"
    ),
) -> None:
    """Write the MQTT broker's accounts from the database.

    For a broker that lost its dynamic-security.json: with the file in its place every device gets in with the password
    that it has. Stop the broker first, start it afterwards. "plantops up" does all of this by itself.

    \b
    Examples:
      plantops db broker-state --to /var/lib/mosquitto/dynamic-security.json
    """
    call = invocation(context)
    settings = configuration.server_settings(call.environ)
    with _database(settings) as dsn:
        text = broker_state.built(settings, dsn)
    write_secret_file(to, text + "\n")
    call.writer().text(str(to))
    diagnostics.say(
        "Only you can read it: make the broker's user its owner (chown mosquitto), and start the broker."
    )


@app.command("rotate-key")
def rotate_key(context: typer.Context, yes: prompts.Yes = False) -> None:
    """Seal all stored secrets with a new key.

    These are API keys, webhook addresses and the server's own broker passwords. No PlantOps process may run meanwhile.
    The old key is kept beside the new one, for backups made until now.

    \b
    Examples:
      plantops db rotate-key
    """
    call = invocation(context)
    settings = configuration.server_settings(call.environ)
    _refuse_while_running(settings)
    if not settings.key_file.is_file():
        raise Stop(
            ExitCode.NOT_FOUND,
            f"There is no key in {settings.key_file}.",
            "PLANTOPS_SECRET_KEY_FILE names another.",
        )
    prompts.confirm(
        call, f"Replace the key in {settings.key_file}; is every PlantOps process stopped", yes=yes
    )
    from plantops_server.store.rotation import rotate

    kept = settings.key_file.with_name(f"{settings.key_file.name}.before-{call.now():%Y%m%d-%H%M%S}")
    with _database(settings) as dsn:
        count = run(rotate(dsn, settings.key_file, kept))
    call.writer().text(str(kept))
    diagnostics.say(
        f"{count} secrets are sealed with a new key. Secrets in backups made until now need the old one, which is in "
        f"{kept}: remove it when you keep no such backup, or at once if it leaked (then change the secrets, too)."
    )


@contextlib.contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """The address of the configured database, else of the embedded one, started for the block if it does not run."""
    dsn = settings.database_url.get_secret_value()
    if dsn:
        yield dsn
        return
    from plantops_server.stack.supervise import embedded_database

    if not (settings.data_dir / "postgres" / "data").exists():
        raise Stop(
            ExitCode.NOT_FOUND,
            f"There is no database in {settings.data_dir}.",
            '"plantops up" makes one; PLANTOPS_DATABASE_URL or PLANTOPS_DATA_DIR names another.',
        )
    with embedded_database(settings) as postgres:
        yield postgres.dsn


def _refuse_while_running(settings: Settings) -> None:
    from plantops_server.stack import datadir

    if not settings.database_url.get_secret_value() and datadir.is_claimed(settings.data_dir):
        raise Stop(
            ExitCode.CONFLICT,
            f"PlantOps is running on {settings.data_dir}. Nothing was changed.",
            "Stop it (Ctrl-C, or SIGTERM), then try again.",
        )
