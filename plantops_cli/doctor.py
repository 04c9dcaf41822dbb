"""``plantops doctor``: is everything up, and are the locks locked."""

from __future__ import annotations

from typing import Annotated

import typer

from plantops_cli import checkup, diagnostics
from plantops_cli.exit_codes import ExitCode
from plantops_cli.invocation import invocation, run
from plantops_cli.noun import program
from plantops_cli.output import Column

app = program()

_COLUMNS = (
    Column("check", lambda finding: finding["check"]),
    Column("result", lambda finding: finding["result"]),
    Column("detail", lambda finding: finding["detail"]),
    Column("fix", lambda finding: finding["fix"], in_table=False),
)


@app.command()
def doctor(
    context: typer.Context,
    broker: Annotated[
        str | None,
        typer.Option(metavar="mqtt://HOST:PORT", help="The broker; default: what sensors are told."),
    ] = None,
    probe: Annotated[
        bool,
        typer.Option(
            "--probe/--no-probe", help="Register a device for a moment and try what it must not do."
        ),
    ] = True,
) -> None:
    """Check server, database, broker and their locks; says how to mend what is wrong.

    Exit status 0 when nothing failed, 5 when the server does not answer, else 1.

    \b
    Examples:
      plantops doctor
      plantops doctor --json | jq '.[] | select(.result != "ok")'
    """
    call = invocation(context)
    findings = run(checkup.examine(call, checkup.typed_broker(broker), probe=probe))
    records = [finding._asdict() for finding in findings]
    call.writer().many(records, _COLUMNS)
    for finding in findings:
        if finding.result != "ok" and finding.fix:
            diagnostics.say(f"{finding.check}: {finding.fix}")
    failed = [finding.check for finding in findings if finding.result == "fail"]
    if "server" in failed:
        raise typer.Exit(ExitCode.UNREACHABLE)
    if failed:
        raise typer.Exit(ExitCode.FAILURE)
