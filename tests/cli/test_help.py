"""Every command explains itself: -h, --help, "plantops help ...", examples first, and quickly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from plantops_cli.lazy_group import LazyGroup
from plantops_cli.main import NOUNS, SECTIONS, app
from tests.cli.conftest import run_cli


def commands(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command of the tree with the words that name it."""
    command = command or get_command(app)
    names = (
        command.list_commands(None) if isinstance(command, LazyGroup) else getattr(command, "commands", ())
    )
    for name in names:
        child = command.get_command(None, name)
        yield (*path, name), child
        yield from commands(child, (*path, name))


EVERY = [path for path, _ in commands()]
LEAVES = [path for path, command in commands() if not getattr(command, "commands", None)]


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_command_has_help_in_three_spellings(path: tuple[str, ...]) -> None:
    long, short, spelled = (run_cli(argv, {}) for argv in ((*path, "--help"), (*path, "-h"), ("help", *path)))

    assert long.code == short.code == spelled.code == 0
    assert long.out == short.out == spelled.out
    assert long.err == ""
    assert f"Usage: plantops {' '.join(path)}" in long.out


@pytest.mark.parametrize("path", [path for path in LEAVES if path != ("help",)], ids=" ".join)
def test_every_command_shows_an_example_of_itself_before_its_options(path: tuple[str, ...]) -> None:
    shown = run_cli((*path, "--help"), {}).out
    before_options = shown.partition("Options:")[0]

    assert "Examples:" in before_options
    assert f"plantops {' '.join(path)}" in before_options.split("Examples:")[1]


@pytest.mark.parametrize("path", [path for path in EVERY if path not in LEAVES], ids=" ".join)
def test_a_bare_noun_prints_its_verbs(path: tuple[str, ...]) -> None:
    ran = run_cli(path, {})

    assert ran.code == 0
    assert "Commands:" in ran.out


def test_no_short_help_is_cut_off() -> None:
    for path in [(), *(path for path in EVERY if path not in LEAVES)]:
        listed = run_cli((*path, "--help"), {}).out
        assert not re.search(r"^ .*\.\.\.$", listed, re.MULTILINE), listed


def test_bare_plantops_is_concise_and_names_the_way_on() -> None:
    ran = run_cli((), {})

    assert ran.code == 0
    assert len(ran.out.splitlines()) < 12
    assert "plantops demo" in ran.out
    assert "plantops --help" in ran.out


def test_the_help_lists_every_command_in_one_section() -> None:
    listed = [name for names in SECTIONS.values() for name in names]

    assert sorted(listed) == sorted([*NOUNS, "help"])


def test_the_exit_statuses_are_in_the_help() -> None:
    shown = " ".join(run_cli(("--help",), {}).out.split())

    assert (
        "0 ok, 1 failure, 2 usage, 3 not found, 4 not allowed, 5 server unreachable, 6 conflict, 130" in shown
    )


def test_version() -> None:
    assert run_cli(("--version",), {}).out == "plantops 0.1.0\n"


@pytest.mark.parametrize(
    ("typed", "meant"), [("plant", "plants"), ("device", "devices"), ("doctr", "doctor")]
)
def test_a_mistyped_command_names_the_nearest(typed: str, meant: str) -> None:
    assert f"Did you mean {meant}" in run_cli((typed,), {}).err


def test_a_prefix_is_no_command() -> None:
    assert run_cli(("pla", "list"), {}).code == 2


def test_secrets_are_never_values_of_options() -> None:
    """Arguments are seen by everybody on the machine, and by the shell's history."""
    for path, command in commands():
        for param in command.params:
            name = (param.name or "").replace("-", "_")
            secret = re.search(r"password|secret|token|url|key", name) and name not in (
                "url",
                "base_url",
                "token_file",
                "ask_url",
            )
            takes_value = getattr(param, "opts", [""])[0].startswith("-") and not getattr(
                param, "is_flag", False
            )
            if secret and takes_value:
                assert name.endswith("_file"), f"{' '.join(path)} takes {name}"
