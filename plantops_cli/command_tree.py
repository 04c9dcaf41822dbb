"""The command tree as data: what ``plantops --spec`` prints for programs, and what the manual is made of."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from typer.core import TyperArgument, TyperGroup, TyperOption

from plantops_api import __version__
from plantops_cli import shared_options
from plantops_cli.exit_codes import MEANINGS

if TYPE_CHECKING:
    from typer import _click

PROGRAM = "plantops"

_TYPES = {"str": "text", "int": "integer", "float": "number", "bool": "boolean", "Path": "file"}


def spec(top: TyperGroup) -> dict[str, Any]:
    """Every command with its arguments, options, types and defaults, and what the exit statuses mean.

    ``shared_options`` are written once; a command names those that it takes.
    """
    shared: dict[str, dict[str, Any]] = {}
    context = top.context_class(top, info_name=PROGRAM)
    commands = [_command(leaf, shared) for leaf in _leaves(context)]
    return {
        "program": PROGRAM,
        "version": __version__,
        "help": _paragraphs(top)[0],
        "options": [_option(param) for param in top.params if _listed(param)],
        "shared_options": list(shared.values()),
        "exit_codes": {str(code.value): meaning for code, meaning in MEANINGS.items()},
        "commands": commands,
    }


def _leaves(context: _click.Context) -> Iterator[_click.Context]:
    """The context of every command that does something, in the order of the help."""
    group = context.command
    if not isinstance(group, TyperGroup):
        yield context
        return
    for name in group.list_commands(context):
        child = group.get_command(context, name)
        if child is not None and not child.hidden:
            yield from _leaves(child.context_class(child, info_name=name, parent=context))


def _command(context: _click.Context, shared: dict[str, dict[str, Any]]) -> dict[str, Any]:
    command = context.command
    words = context.command_path.split()[1:]
    own = [param for param in command.params if _listed(param) and not shared_options.is_shared(param)]
    taken = [_option(param) for param in command.params if shared_options.is_shared(param)]
    shared.update((option["names"][-1], option) for option in taken)
    sentence, *more = _paragraphs(command)
    return {
        "command": " ".join(words),
        "usage": " ".join([context.command_path, *command.collect_usage_pieces(context)]),
        "summary": sentence,
        "details": more,
        "examples": _examples(command),
        "arguments": [_argument(param) for param in own if isinstance(param, TyperArgument)],
        "options": [_option(param) for param in own if isinstance(param, TyperOption)],
        "shared_options": [option["names"][-1] for option in taken],
    }


def _listed(param: _click.Parameter) -> bool:
    return not getattr(param, "hidden", False)


def _argument(param: TyperArgument) -> dict[str, Any]:
    # The help writes optional ones in brackets; here `required` says so.
    return {"name": (param.metavar or param.name or "").strip("[].").upper(), **_value(param)}


def _option(param: _click.Parameter) -> dict[str, Any]:
    flag = bool(getattr(param, "is_flag", False))
    found = {"names": param.opts, **_value(param)}
    if param.secondary_opts:
        found["names_for_no"] = param.secondary_opts
    if flag:
        found["type"] = "flag"
    elif param.metavar:
        found["metavar"] = param.metavar
    return found


def _value(param: Any) -> dict[str, Any]:
    """Type, default, bounds and sentence of a parameter; what does not apply is absent."""
    annotation = param.type_descriptor.annotation
    several = get_origin(annotation) is list
    if several:
        (annotation,) = get_args(annotation)
    choices = _choices(annotation)
    given = {
        "choices": choices,
        "minimum": param.min,
        "maximum": param.max,
        "default": _plain(param.default),
        "help": " ".join((param.help or "").split()) or None,
    }
    return {
        "type": "choice" if choices else _TYPES[annotation.__name__],
        "required": param.required,
        "multiple": several,
        **{name: value for name, value in given.items() if value is not None},
    }


def _choices(annotation: Any) -> list[Any] | None:
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [member.value for member in annotation]
    return None


def _plain(default: Any) -> Any:
    if isinstance(default, Enum):
        return default.value
    return str(default) if isinstance(default, PurePath) else default


def _paragraphs(command: _click.Command) -> list[str]:
    """The paragraphs of a help text before its examples, each one line."""
    told = (command.help or "").partition("\b\nExamples:")[0]
    return [" ".join(paragraph.split()) for paragraph in told.split("\n\n") if paragraph.strip()]


def _examples(command: _click.Command) -> list[str]:
    shown = (command.help or "").partition("\b\nExamples:")[2]
    return [line.strip() for line in shown.splitlines() if line.strip()]
