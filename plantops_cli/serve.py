"""``plantops serve``: the server beside a database and a broker of your own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer

from plantops_cli import configuration
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import invocation
from plantops_cli.noun import program

if TYPE_CHECKING:
    from plantops_server.service import Part

app = program()

_PARTS = ("api", "ingest", "worker")


@app.command()
def serve(
    context: typer.Context,
    only: Annotated[
        str | None, typer.Option(metavar="api,ingest,worker", help="Run only these parts in this process.")
    ] = None,
    worker: Annotated[
        str | None, typer.Option(metavar="NAME", help="Its name among several ingest processes.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default: 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; default: 8420.")
    ] = None,
) -> None:
    """Run the server on the database and broker that PLANTOPS_DATABASE_URL and PLANTOPS_MQTT_URL name.

    \b
    Examples:
      PLANTOPS_DATABASE_URL=postgresql://plantops@db/plantops PLANTOPS_MQTT_URL=mqtt://broker plantops serve
      plantops serve --only ingest --worker a
    """
    call = invocation(context)
    settings = configuration.server_settings(call.environ, host=host, port=port)
    from plantops_server import service

    service.run(settings, _parts(only), worker)


def _parts(typed: str | None) -> set[Part] | None:
    if typed is None:
        return None
    words = {word.strip() for word in typed.split(",") if word.strip()}
    unknown = sorted(words - set(_PARTS))
    if unknown or not words:
        named = f"There is no part {unknown[0]!r}." if unknown else "--only names no part."
        raise Stop(ExitCode.USAGE, named, f"Parts: {', '.join(_PARTS)}.")
    return cast("set[Part]", words)
