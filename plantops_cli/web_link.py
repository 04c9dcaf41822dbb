"""``plantops web link``: a link that logs a browser in once, so that nobody types a token into one."""

from __future__ import annotations

from typing import Annotated

import typer

from plantops_api import wire
from plantops_cli import diagnostics, times
from plantops_cli.invocation import invocation
from plantops_cli.output import Column, Format

_COLUMNS = (
    Column("url", lambda link: link.url),
    Column("username", lambda link: link.username, title="USER"),
    Column("expires_at", lambda link: link.expires_at),
)


def link(
    context: typer.Context,
    user: Annotated[str | None, typer.Option(help="Whose browser (admins only); default: yours.")] = None,
) -> None:
    """Make a link that logs a browser in once, within 10 minutes.

    \b
    Examples:
      plantops web link
      plantops web link --user ada
    """
    call = invocation(context)
    body = wire.LoginLinkBody(username=user)
    made = call.ask(lambda client: client.make_login_link(body))
    writer = call.writer()
    if writer.format is not Format.TABLE:
        writer.one(made, _COLUMNS)
        return
    writer.text(made.url)
    diagnostics.say(f"It logs a browser in as {made.username!r}, once, until {times.local(made.expires_at)}.")
