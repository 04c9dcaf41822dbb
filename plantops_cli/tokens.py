"""``plantops tokens``: API tokens."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from plantops_api import wire
from plantops_cli import diagnostics, prompts, secret_output, times
from plantops_cli.invocation import invocation
from plantops_cli.lookup import find_token
from plantops_cli.noun import noun
from plantops_cli.output import Column

app = noun("API tokens, for scripts and for the TUI on another machine.")

_COLUMNS = (
    Column("name", lambda token: token.name),
    Column("username", lambda token: token.username, title="USER"),
    Column("role", lambda token: token.role),
    Column("expires_at", lambda token: token.expires_at),
    Column("last_used_at", lambda token: token.last_used_at),
    Column("id", lambda token: token.id),
)


@app.command("list")
def list_tokens(context: typer.Context) -> None:
    """List API tokens; never their secrets.

    \b
    Examples:
      plantops tokens list
    """
    call = invocation(context)
    found = call.ask(lambda client: client.list_tokens())
    call.writer().many(found, _COLUMNS)
    if not found:
        diagnostics.say("There are no API tokens. Make one: plantops tokens add NAME")


@app.command("add")
def add_token(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What it is for.")],
    role: Annotated[
        Literal["viewer", "operator", "admin"] | None,
        typer.Option(help="At most your own; default: your own."),
    ] = None,
    user: Annotated[str | None, typer.Option(help="Whose token (admins only); default: yours.")] = None,
    expires_in: Annotated[
        str | None, typer.Option(metavar="DURATION", help="How long it is valid; default: until revoked.")
    ] = None,
    out: secret_output.Out = None,
) -> None:
    """Make an API token; it is printed this once.

    \b
    Examples:
      plantops tokens add laptop --role operator --out ~/plantops.token
      plantops tokens add grafana --role viewer --expires-in 90d
    """
    call = invocation(context)
    seconds = times.parse_duration(expires_in) if expires_in else None
    body = wire.TokenBody(name=name, role=role, expires_in_s=seconds, username=user)
    made = call.ask(lambda client: client.create_token(body))
    secret_output.hand_over(call, made, _COLUMNS, out)
    until = f"until {times.local(made.expires_at)}" if made.expires_at else "until it is revoked"
    diagnostics.say(f"{made.name!r} acts as {made.username!r} with role {made.role}, {until}.")


@app.command("remove")
def remove_token(
    context: typer.Context,
    token: Annotated[str, typer.Argument(help="Its id, or its name when only one has it.")],
    yes: prompts.Yes = False,
) -> None:
    """Revoke an API token; its next request is refused.

    \b
    Examples:
      plantops tokens remove laptop
    """
    call = invocation(context)
    found = call.ask(lambda client: find_token(client, token))
    prompts.confirm(call, f"Revoke token {found.name!r} of {found.username!r}", yes=yes)
    call.ask(lambda client: client.delete_token(found.id))
    diagnostics.say(f"Revoked token {found.name!r}.")
