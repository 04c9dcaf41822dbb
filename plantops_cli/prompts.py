"""Questions to a person: only when there is one, and every question has an option that answers it."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import Annotated

import typer

from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def confirm(call: Invocation, deed: str, *, yes: bool) -> None:
    """Ask before something that is hard to take back; ``deed`` names the object: ``Remove plant 'Fern'``.

    Raises:
        Stop: nobody can be asked and --yes is missing (exit 2), or the answer was no (exit 1). Nothing has changed.
    """
    if yes:
        return
    if not call.interactive:
        raise Stop(
            ExitCode.USAGE,
            f"{deed}: this needs a yes, and nobody can be asked. Nothing was changed.",
            "Add --yes.",
        )
    sys.stderr.write(f"{deed}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Stop(ExitCode.FAILURE, "Nothing was changed.")


def secret(call: Invocation, what: str, option: str, *, from_stdin: bool) -> str:
    """A secret, from stdin (one line) or typed without echo; never from an argument, which others could see.

    Raises:
        Stop: it is empty, or nobody can be asked and ``option`` is missing (exit 2).
    """
    if from_stdin:
        value = sys.stdin.readline().rstrip("\r\n")
    elif call.interactive:
        value = getpass(f"{what}: ", stream=sys.stderr)
    else:
        raise Stop(ExitCode.USAGE, f"{what}: nobody can be asked.", f"Pipe it in and add {option}.")
    if not value:
        raise Stop(ExitCode.USAGE, f"{what} is empty. Nothing was changed.")
    return value
