"""Options that every command takes, at any place: written once, added to each command when its module is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from plantops_cli.invocation import Invocation
from plantops_cli.output import Format

if TYPE_CHECKING:
    from typer import _click

RESULT = ("output", "json")
"""What a command that prints records takes."""

CONNECTION = ("url", "token_file", "timeout")
"""What a command that talks to a server takes."""

PROCESS = ("no_color", "no_input", "debug")
"""What every command takes."""


def _declared(
    output: Annotated[
        Format | None, typer.Option("-o", "--output", help="Format of the result; default: table.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as -o json.")] = False,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="Server; default: PLANTOPS_URL, or the local one."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file", metavar="FILE", help="File with the API token; default: PLANTOPS_TOKEN_FILE."
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", metavar="S", min=0.1, help="Seconds to wait for the server; default: 10."),
    ] = None,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours.")] = False,
    no_input: Annotated[bool, typer.Option("--no-input", help="Never ask; fail instead.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Carry the declarations; never called."""


def _options() -> dict[str, TyperOption]:
    """The options by name, as copies: whoever gets them may hide theirs."""
    return {name: copy(option) for name, option in _templates().items()}


@cache
def _templates() -> dict[str, TyperOption]:
    template = typer.Typer(add_completion=False)
    template.command()(_declared)
    options = {
        option.name: option for option in get_command(template).params if isinstance(option, TyperOption)
    }
    for option in options.values():
        option.expose_value = False
        option.callback = _remember
    return options


def _remember(context: Any, option: Any, value: Any) -> None:
    """Write a given value into the invocation; the last one that was typed wins."""
    if value is not None and value is not False and isinstance(context.obj, Invocation):
        setattr(context.obj, option.name, value)


def is_shared(param: _click.Parameter) -> bool:
    """Whether it is one of these options, and not the command's own."""
    return getattr(param, "callback", None) is _remember


def add_to(command: _click.Command, names: tuple[str, ...]) -> None:
    """Let a command, or every command of a group, take the shared options; its own options of that name stay."""
    options = _options()
    for leaf in _leaves(command):
        taken = {spelling for param in leaf.params for spelling in param.opts}
        leaf.params += [options[name] for name in names if not taken.intersection(options[name].opts)]


def hide_in(command: _click.Command) -> None:
    """Let the top level take all of them, unlisted, so that ``plantops --json plants list`` works too."""
    for option in _options().values():
        option.hidden = True
        command.params.append(option)


def _leaves(command: _click.Command) -> Iterator[_click.Command]:
    if isinstance(command, TyperGroup):
        for child in command.commands.values():
            yield from _leaves(child)
    elif isinstance(command, TyperCommand):
        yield command
