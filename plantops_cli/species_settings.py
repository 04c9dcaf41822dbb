"""``plantops settings species``: the key of OpenPlantbook, from which species come that do not ship."""

from __future__ import annotations

from typing import Annotated

import typer

from plantops_api import wire
from plantops_cli import diagnostics, prompts
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import invocation
from plantops_cli.noun import noun
from plantops_cli.output import Column

app = noun("OpenPlantbook: species that do not ship.")

_COLUMNS = (
    Column("provider", lambda settings: settings.provider),
    Column("installed", lambda settings: settings.installed),
    Column("configured", lambda settings: settings.configured),
    Column("client_id", lambda settings: settings.client_id),
    Column("client_secret_masked", lambda settings: settings.client_secret_masked, title="SECRET"),
    Column("cached", lambda settings: settings.cached, title="SPECIES KEPT"),
)


@app.command("show")
def show(context: typer.Context) -> None:
    """Show whether OpenPlantbook can be asked; its secret is masked.

    \b
    Examples:
      plantops settings species show --json
    """
    call = invocation(context)
    call.writer().one(call.ask(lambda client: client.get_species_settings()), _COLUMNS)


@app.command("set")
def set_(
    context: typer.Context,
    client_id: Annotated[str | None, typer.Option(help="Client id of your account.")] = None,
    secret_stdin: Annotated[
        bool, typer.Option("--secret-stdin", help="Read its secret from stdin instead of asking.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Forget the key.")] = False,
) -> None:
    """Set the key of an OpenPlantbook account. The secret is never an argument.

    \b
    Examples:
      plantops settings species set --client-id W8hRg3
      pass show openplantbook | plantops settings species set --client-id W8hRg3 --secret-stdin
      plantops settings species set --remove
    """
    call = invocation(context)
    if remove == (client_id is not None):
        raise Stop(ExitCode.USAGE, "Give either --client-id or --remove.")
    secret = None
    if client_id is not None:
        secret = prompts.secret(call, "Client secret", "--secret-stdin", from_stdin=secret_stdin).strip()
    body = wire.OpenPlantbookBody(client_id=client_id, client_secret=secret)
    call.writer().one(call.ask(lambda client: client.replace_species_settings(body)), _COLUMNS)
    diagnostics.say("The key is forgotten; what was fetched stays." if remove else "The key is kept, sealed.")


@app.command("test")
def test(context: typer.Context) -> None:
    """Ask OpenPlantbook something cheap and say what really came back.

    \b
    Examples:
      plantops settings species test
    """
    call = invocation(context)
    outcome = call.ask(lambda client: client.check_species_settings())
    call.writer().one(
        outcome,
        (
            Column("ok", lambda result: result.ok),
            Column("latency_ms", lambda result: result.latency_ms),
            Column("error", lambda result: result.error),
        ),
    )
    if not outcome.ok:
        raise Stop(ExitCode.FAILURE, outcome.error or "OpenPlantbook did not answer.")
    diagnostics.say("OpenPlantbook answered.")
