"""Handing over a token that is shown once: alone on stdout, so that ``$(...)`` takes it, or into a 0600 file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Protocol

import typer

from plantops_cli import diagnostics
from plantops_cli.enrolling import write_secret_file
from plantops_cli.invocation import Invocation
from plantops_cli.output import Column, Format

Out = Annotated[
    str | None, typer.Option("--out", metavar="FILE", help="Write it to a file that only you can read.")
]


class HasToken(Protocol):
    """Anything whose answer carries a token once."""

    token: str


def hand_over(call: Invocation, made: HasToken, columns: Sequence[Column], out: str | None) -> None:
    """The bare token as a table, the whole record in other formats; into ``out`` goes the token alone."""
    writer = call.writer()
    if out is not None:
        write_secret_file(Path(out), made.token + "\n")
        diagnostics.say(f"Wrote the token to {out}; only you can read it.")
    elif writer.format is Format.TABLE:
        writer.text(made.token)
        diagnostics.say("The token is shown this once; PlantOps keeps only its hash.")
    else:
        writer.one(made, [Column("token", lambda item: item.token), *columns])
