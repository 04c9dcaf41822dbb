"""``plantops enrolment-tokens``: tokens with which sensors register."""

from __future__ import annotations

from typing import Annotated

import typer

from plantops_api import wire
from plantops_cli import diagnostics, prompts, secret_output, times
from plantops_cli.invocation import invocation
from plantops_cli.lookup import find_enrolment_token
from plantops_cli.noun import noun
from plantops_cli.output import Column

app = noun("Tokens with which sensors register.")

_COLUMNS = (
    Column("name", lambda token: token.name),
    Column("uses_left", lambda token: token.uses_left),
    Column("expires_at", lambda token: token.expires_at),
    Column("last_used_at", lambda token: token.last_used_at),
    Column("id", lambda token: token.id),
)


@app.command("list")
def list_tokens(context: typer.Context) -> None:
    """List enrolment tokens; never their secrets.

    \b
    Examples:
      plantops enrolment-tokens list
    """
    call = invocation(context)
    found = call.ask(lambda client: client.list_enrolment_tokens())
    call.writer().many(found, _COLUMNS)
    if not found:
        diagnostics.say("There are no enrolment tokens. Make one: plantops enrolment-tokens add NAME")


@app.command("add")
def add_token(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What it is for.")],
    uses: Annotated[int, typer.Option(min=1, max=10_000, help="How many devices may use it.")] = 1,
    expires_in: Annotated[str, typer.Option(metavar="DURATION", help="How long it is valid.")] = "24h",
    out: secret_output.Out = None,
) -> None:
    """Make a token; it is printed this once.

    \b
    Examples:
      plantops enrolment-tokens add "window sill" --uses 3
      TOKEN=$(plantops enrolment-tokens add kitchen)
    """
    call = invocation(context)
    body = wire.EnrolmentTokenBody(name=name, uses=uses, expires_in_s=times.parse_duration(expires_in))
    made = call.ask(lambda client: client.create_enrolment_token(body))
    secret_output.hand_over(call, made, _COLUMNS, out)
    diagnostics.say(f"Good for {made.uses_left} device(s) until {times.local(made.expires_at)}.")


@app.command("remove")
def remove_token(
    context: typer.Context,
    token: Annotated[str, typer.Argument(help="Its id, or its name when only one has it.")],
    yes: prompts.Yes = False,
) -> None:
    """Revoke an enrolment token; devices that used it stay.

    \b
    Examples:
      plantops enrolment-tokens remove kitchen --yes
    """
    call = invocation(context)
    found = call.ask(lambda client: find_enrolment_token(client, token))
    prompts.confirm(call, f"Revoke enrolment token {found.name!r}", yes=yes)
    call.ask(lambda client: client.delete_enrolment_token(found.id))
    diagnostics.say(f"Revoked enrolment token {found.name!r}.")
