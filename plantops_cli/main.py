"""``plantops``: the command tree, and the one place where errors become sentences and exit statuses."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import Abort, TyperException
from typer.main import get_command

from plantops_api import __version__
from plantops_cli import diagnostics, shared_options
from plantops_cli.exit_codes import MEANINGS, ExitCode, Stop, exit_code_of
from plantops_cli.invocation import Invocation
from plantops_cli.lazy_group import LazyGroup, Noun
from plantops_cli.output import Output, PipeClosed
from plantops_cli.validation import as_usage, why_not

if TYPE_CHECKING:
    from typer import _click

_CONNECTED = (*shared_options.CONNECTION, *shared_options.PROCESS)

NOUNS = {
    "up": Noun("plantops_cli.up", "Run everything on this machine: database, broker, server.", shared_options.PROCESS),
    "demo": Noun("plantops_cli.demo", "The same with six simulated pots, then the TUI.", shared_options.PROCESS),
    "serve": Noun("plantops_cli.serve", "Run the server beside your own database and broker.", shared_options.PROCESS),
    "tui": Noun("plantops_cli.tui", "Open the terminal interface.", _CONNECTED),
    "doctor": Noun("plantops_cli.doctor", "Check server, database, broker and their locks."),
    "plants": Noun("plantops_cli.plants", "Plants: values, history, waterings, import and export."),
    "species": Noun("plantops_cli.species", "The shipped species and what they need."),
    "devices": Noun("plantops_cli.devices", "Sensors: register, tie to a plant, rotate, remove."),
    "pairing": Noun("plantops_cli.pairing", "The window in which sensors may register without a token."),
    "enrolment-tokens": Noun("plantops_cli.enrolment_tokens", "Tokens with which sensors register."),
    "telemetry": Noun("plantops_cli.telemetry", "Readings as they arrive."),
    "alerts": Noun("plantops_cli.alerts", "What is wrong: list, acknowledge, snooze, resolve, watch."),
    "web": Noun("plantops_cli.web", "The web view: log a browser in, or write it as files."),
    "care": Noun("plantops_cli.care", "What a plant needs, and why: plans by a model or by rules."),
    "settings": Noun("plantops_cli.settings", "Notifications, the model of the care advisor, species."),
    "users": Noun("plantops_cli.users", "People and their roles."),
    "tokens": Noun("plantops_cli.tokens", "API tokens."),
    "ssh": Noun("plantops_cli.ssh.commands", "The door for people with SSH keys.", _CONNECTED),
    "db": Noun("plantops_cli.db", "Database: migrate, status, backup, restore."),
    "config": Noun("plantops_cli.config", "Which settings are in force, and where each comes from."),
    "simulate": Noun("plantops_cli.simulate", "Simulated pots over real MQTT.", _CONNECTED),
    "replay": Noun("plantops_cli.replay", "Publish a recording from a CSV file over MQTT.", _CONNECTED),
}  # fmt: skip

SECTIONS = {
    "Start": ("up", "demo", "serve", "tui", "doctor"),
    "Plants": ("plants", "care", "species", "alerts", "telemetry"),
    "Sensors": ("devices", "pairing", "enrolment-tokens", "simulate", "replay"),
    "Running it": ("settings", "users", "tokens", "ssh", "web", "db", "config", "help"),
}

CONCISE = """\
PlantOps watches over plants: sensors, readings, alerts, care.

  plantops demo             see it work, with simulated pots
  plantops up               run it on this machine
  plantops tui              open the terminal interface
  plantops plants list      what your plants need

"plantops --help" lists every command, "plantops help plants add" explains one."""


class Commands(LazyGroup):
    """The top level of ``plantops``."""

    nouns = NOUNS
    sections = SECTIONS


app = typer.Typer(
    cls=Commands,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=(
        "Every command takes -o table|json|ndjson|csv|yaml (or --json), --url, --token-file, --timeout, --no-color, "
        "--no-input and --debug where they make sense. Exit status: "
        + ", ".join(f"{code} {MEANINGS[code]}" for code in ExitCode if code is not ExitCode.PIPE_CLOSED)
        + "."
    ),
)


def _print_version(wanted: bool) -> None:
    if wanted:
        Output().text(f"plantops {__version__}")
        raise typer.Exit


def _print_spec(context: typer.Context, wanted: bool) -> None:
    if wanted:
        import json

        from plantops_cli.command_tree import spec

        Output().text(json.dumps(spec(_tree(context)), ensure_ascii=False, indent=1))
        raise typer.Exit


def _print_man(context: typer.Context, wanted: bool) -> None:
    if wanted:
        from plantops_cli import command_tree, manual

        Output().text(manual.page(command_tree.spec(_tree(context))).rstrip("\n"))
        raise typer.Exit


def _tree(context: typer.Context) -> TyperGroup:
    assert isinstance(context.command, TyperGroup)  # noqa: S101 - the top level is one
    return context.command


@app.callback(invoke_without_command=True)
def _top(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    spec: Annotated[
        bool,
        typer.Option(
            "--spec", callback=_print_spec, is_eager=True, help="Print this help as JSON, for programs."
        ),
    ] = False,
    man: Annotated[
        bool, typer.Option("--generate-man", callback=_print_man, is_eager=True, hidden=True)
    ] = False,
) -> None:
    """PlantOps watches over plants: sensors, readings, alerts, care.

    \b
    Examples:
      plantops demo
      plantops plants list
      plantops plants history monstera --range 7d --plot
      plantops alerts list --json | jq .
    """
    if context.invoked_subcommand is None:
        Output().text(CONCISE)


@app.command("help", context_settings={"ignore_unknown_options": True})
def _help(
    context: typer.Context,
    words: Annotated[list[str] | None, typer.Argument(metavar="[COMMAND]...")] = None,
) -> None:
    """Explain a command: plantops help plants add."""
    top = context.parent
    assert top is not None  # noqa: S101 - a command of the top level
    Output().text(_explained(top, words or []).get_help())


def _explained(context: _click.Context, words: list[str]) -> _click.Context:
    """The context of the command that the words name, as its own ``--help`` would see it."""
    for word in words:
        find = getattr(context.command, "get_command", None)
        command = find(context, word) if find else None
        if command is None:
            path = f"{context.command_path} {word}"
            raise Stop(
                ExitCode.USAGE, f"There is no command {path!r}.", '"plantops --help" lists the commands.'
            )
        context = command.context_class(command, info_name=word, parent=context)
    return context


def run(argv: Sequence[str] | None = None, invocation: Invocation | None = None) -> None:
    """Entry point: runs one command and exits with its status; never shows a traceback unless --debug was given."""
    call = invocation or Invocation()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(
            stream, io.TextIOWrapper
        ):  # a locale that lacks a character must not end in a traceback
            stream.reconfigure(errors="replace")
    sys.exit(status_of(list(sys.argv[1:] if argv is None else argv), call))


def status_of(argv: list[str], call: Invocation) -> int:
    """Run one command; its exit status, with whatever went wrong said on stderr."""
    call.debug = "--debug" in argv  # before anything can fail, parsing included
    try:
        command = get_command(app)
        shared_options.hide_in(command)
        result: Any = command.main(argv, "plantops", standalone_mode=False, obj=call)
        return result if isinstance(result, int) else ExitCode.OK
    except (KeyboardInterrupt, Abort):
        return ExitCode.INTERRUPTED
    except PipeClosed:
        _silence_stdout()
        return ExitCode.PIPE_CLOSED
    except TyperException as problem:
        return _usage(problem)
    except Exception as problem:
        error = as_usage(problem)
        diagnostics.report(error, debug=call.debug)
        return exit_code_of(error)


def _usage(problem: TyperException) -> int:
    problem.message = why_not(problem.__cause__) or problem.message
    context = getattr(problem, "ctx", None)
    if type(problem).__name__ == "NoArgsIsHelpError":
        Output().text(problem.format_message())
        return ExitCode.OK
    hint = f'"{context.command_path} --help" explains it.' if context else ""
    diagnostics.report(Stop(ExitCode.USAGE, problem.format_message(), hint))
    return ExitCode.USAGE


def _silence_stdout() -> None:
    """Let the interpreter's last flush of stdout go nowhere instead of complaining about the closed pipe."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return
