"""A noun of the command line: a group of verbs whose bare name prints its help."""

from __future__ import annotations

import typer


def noun(sentence: str) -> typer.Typer:
    """An empty group; modules add their verbs to it and offer it as ``app``."""
    return typer.Typer(rich_markup_mode=None, no_args_is_help=True, add_completion=False, help=sentence)


def program() -> typer.Typer:
    """A command without verbs, such as ``doctor``; the module adds the one command to it."""
    return typer.Typer(rich_markup_mode=None, add_completion=False)
