"""``plantops tui``: the terminal interface."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from plantops_cli import configuration
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation, invocation
from plantops_cli.lookup import find_plant
from plantops_cli.noun import program

app = program()


@app.command()
def tui(
    context: typer.Context,
    plant: Annotated[str | None, typer.Option("--plant", help="Open this plant.")] = None,
    screen: Annotated[
        Literal["plants", "alerts"] | None, typer.Option("--screen", help="Open this screen.")
    ] = None,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters only.")] = False,
    readonly: Annotated[bool, typer.Option("--readonly", help="Look, change nothing.")] = False,
) -> None:
    """Open the terminal interface.

    \b
    Examples:
      plantops tui
      plantops tui --plant basil
      ssh -t greenhouse plantops tui --screen alerts
    """
    call = invocation(context)
    raise typer.Exit(open_interface(call, plant, screen, ascii_only=ascii_only, readonly=readonly))


def open_interface(
    call: Invocation,
    plant: str | None = None,
    screen: str | None = None,
    *,
    ascii_only: bool = False,
    readonly: bool = False,
) -> int:
    """Run the interface until it is left; the exit status.

    A plant may be named as everywhere; one that is not there stops before the screen changes.
    """
    from plantops_tui.app import run

    place = configuration.server_place(call.environ, url=call.url, token_file=call.token_file)
    plant_id = call.ask(lambda client: find_plant(client, plant)).id if plant else None
    if place.token is None:
        raise Stop(
            ExitCode.NOT_ALLOWED,
            f"There is no token for {place.url}.",
            "Put one into a file and name it with PLANTOPS_TOKEN_FILE or --token-file.",
        )
    return run(place.url, place.token, plant_id, screen, ascii_only, readonly)
