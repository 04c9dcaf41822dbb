"""``plantops tui``: the terminal interface."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation, invocation
from plantops_cli.noun import program

app = program()


@app.command()
def tui(
    context: typer.Context,
    plant: Annotated[str | None, typer.Option("--plant", help="Open this plant.")] = None,
    screen: Annotated[
        Literal["plants", "devices", "alerts", "settings"] | None,
        typer.Option("--screen", help="Open this screen."),
    ] = None,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters only.")] = False,
    readonly: Annotated[bool, typer.Option("--readonly", help="Look, change nothing.")] = False,
    wanted: Annotated[
        str, typer.Option("--filter", help="Show only what matches in that screen; !TEXT inverts.")
    ] = "",
    wall: Annotated[
        bool, typer.Option("--wall", help="A display that nobody touches: goes round by itself.")
    ] = False,
) -> None:
    """Open the terminal interface.

    \b
    Examples:
      plantops tui
      plantops tui --plant basil
      plantops tui --filter dry
      ssh -t greenhouse plantops tui --screen alerts
      plantops tui --wall
    """
    call = invocation(context)
    raise typer.Exit(
        open_interface(
            call, plant, screen, ascii_only=ascii_only, readonly=readonly, wanted=wanted, wall=wall
        )
    )


def open_interface(
    call: Invocation,
    plant: str | None = None,
    screen: str | None = None,
    *,
    ascii_only: bool = False,
    readonly: bool = False,
    wanted: str = "",
    wall: bool = False,
) -> int:
    """Run the interface until it is left; the exit status. A plant that is not there is said inside."""
    from plantops_tui.app import run

    place = call.server()
    if place.token is None:
        raise Stop(
            ExitCode.NOT_ALLOWED,
            f"There is no token for {place.url}.",
            "Put one into a file and name it with PLANTOPS_TOKEN_FILE or --token-file.",
        )
    return run(place.url, place.token, plant, screen, ascii_only, readonly, wanted=wanted, wall=wall)
