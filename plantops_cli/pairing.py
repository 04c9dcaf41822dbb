"""``plantops pairing``: the window in which sensors may register without a token."""

from __future__ import annotations

from typing import Annotated

import typer

from plantops_api import wire
from plantops_cli import diagnostics, times
from plantops_cli.invocation import Invocation, invocation
from plantops_cli.noun import noun
from plantops_cli.output import Column

app = noun("The window in which sensors may register without a token.")

_COLUMNS = (
    Column("open", lambda pairing: pairing.open),
    Column("until", lambda pairing: pairing.until),
    Column("opened_by", lambda pairing: pairing.opened_by),
)


@app.command("open")
def open_pairing(
    context: typer.Context,
    duration: Annotated[
        str, typer.Option("--for", metavar="DURATION", help="How long: 5m, at most 1h.")
    ] = "5m",
) -> None:
    """Open the window; it closes by itself.

    \b
    Examples:
      plantops pairing open
      plantops pairing open --for 15m
    """
    call = invocation(context)
    body = wire.PairingBody(seconds=times.parse_duration(duration))
    pairing = call.ask(lambda client: client.open_pairing(body))
    _show(call, pairing)
    diagnostics.say(f"Sensors may register without a token until {times.local(pairing.until)}.")


@app.command("close")
def close_pairing(context: typer.Context) -> None:
    """Close the window now.

    \b
    Examples:
      plantops pairing close
    """
    invocation(context).ask(lambda client: client.close_pairing())
    diagnostics.say("The pairing window is closed.")


@app.command("show")
def show_pairing(context: typer.Context) -> None:
    """Say whether the window is open, and until when.

    \b
    Examples:
      plantops pairing show --json
    """
    call = invocation(context)
    _show(call, call.ask(lambda client: client.get_pairing()))


def _show(call: Invocation, pairing: wire.Pairing) -> None:
    call.writer().one(pairing, _COLUMNS)
