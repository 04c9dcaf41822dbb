"""The top of the command tree: knows every noun by name and sentence, loads its module when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from typer.core import TyperGroup
from typer.main import get_command

from plantops_cli import shared_options
from plantops_cli.exit_codes import ExitCode, Stop

if TYPE_CHECKING:
    from typer import _click


class Noun(NamedTuple):
    """One entry of the top level: where it lives, its sentence in the help, which shared options it takes."""

    module: str
    sentence: str
    takes: tuple[str, ...] = (*shared_options.RESULT, *shared_options.CONNECTION, *shared_options.PROCESS)


class LazyGroup(TyperGroup):
    """A group whose members are imported when used; ``plantops --help`` imports none."""

    nouns: ClassVar[Mapping[str, Noun]] = {}
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def list_commands(self, ctx: _click.Context) -> list[str]:
        """Every name, in the order of the help."""
        return [*self.nouns, *self.commands]

    def get_command(self, ctx: _click.Context, cmd_name: str) -> _click.Command | None:
        """The command of that name, loading its module; None when there is none."""
        noun = self.nouns.get(cmd_name)
        if noun is None:
            return super().get_command(ctx, cmd_name)
        app = import_module(noun.module).app
        command = get_command(app)
        command.name = cmd_name
        shared_options.add_to(command, noun.takes)
        return command

    def resolve_command(
        self, ctx: _click.Context, args: list[str]
    ) -> tuple[str | None, _click.Command | None, list[str]]:
        """The command that the first word names; an unknown one stops with the nearest names."""
        name = args[0]
        if not name.startswith("-") and name not in self.list_commands(ctx):
            near = get_close_matches(name, self.list_commands(ctx))
            hint = f"Did you mean {' or '.join(near)}?" if near else '"plantops --help" lists the commands.'
            raise Stop(ExitCode.USAGE, f"There is no command {name!r}.", hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: _click.Context, formatter: Any) -> None:
        """The list of commands in the help, by section, from the table above."""
        for title, names in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name, self.sentence_of(name)) for name in names])

    def sentence_of(self, name: str) -> str:
        """What the help says of one command."""
        if name in self.nouns:
            return self.nouns[name].sentence
        return self.commands[name].get_short_help_str(60)
