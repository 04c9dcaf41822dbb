"""What may be asked for over SSH: the list against the command tree, and what people have tried elsewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.main import get_command

from plantops_cli.exit_codes import Stop
from plantops_cli.main import app
from plantops_cli.ssh import allowed
from plantops_cli.ssh.allowed import COMMON, INTERFACE, READS

DECIDED_AGAINST = {
    "up", "demo", "serve", "web export", "doctor", "simulate", "replay", "help", "tui", "config show",
    "ssh serve", "ssh authorized-keys", "ssh session", "db status", "db migrate", "db backup", "db restore",
    "db broker-state",
}  # fmt: skip
"""Run programs, read files of the host, or speak for the machine; tui and help have rules of their own."""

READING_VERBS = {
    "list",
    "show",
    "history",
    "waterings",
    "what-if",
    "export",
    "search",
    "watch",
    "tail",
    "preview",
}

FORBIDDEN = (
    "sh", "bash -i", "id", "plants list; id", "`id`", "$(id)", "plants",
    "plants list\nid", "plants add Fern", "plants import /etc/passwd", "plants export --to /tmp/x",
    "plants export -- --to=/tmp/x --to /tmp/x" + " x" * 3000, "plants export --to=/tmp/x",
    "plants list --url http://127.0.0.1:9", "plants list --token-file /etc/passwd", "plants list --debug",
    "plants list --url=http://127.0.0.1:9", "plants list -wx", "plants list -ojson", "plantops plantops sh",
    "users keys add me /etc/passwd", "users keys add me -", "settings llm set --key-file /etc/passwd",
    "tokens add x --out /tmp/x", "tokens add x", "db backup", "config show", "up", "serve", "demo", "doctor",
    "ssh serve", "ssh session --user admin", "replay /etc/passwd", "simulate", "--url http://127.0.0.1:9 plants list",
    "--debug plants list", "alerts ack 1", "care analyze Fern", "scp -t /tmp", "/usr/lib/openssh/sftp-server",
    "internal-sftp", "plants list 'unclosed", "tui --url http://127.0.0.1:9", "help up", "\x1b]0;owned\x07",
)  # fmt: skip


def tree() -> dict[str, set[str]]:
    """Every command and its options, from the command line itself."""
    found: dict[str, set[str]] = {}

    def walk(command: Any, context: Any, path: tuple[str, ...]) -> None:
        names = getattr(command, "list_commands", None)
        if names is None:
            options = {o for p in command.params for o in (*p.opts, *p.secondary_opts) if o.startswith("-")}
            found[" ".join(path)] = options
            return
        for name in names(context):
            child = command.get_command(context, name)
            walk(child, child.context_class(child, info_name=name, parent=context), (*path, name))

    top = get_command(app)
    walk(top, top.context_class(top, info_name="plantops"), ())
    return found


def test_the_list_names_commands_and_options_that_exist() -> None:
    commands = tree()
    for verb, options in READS.items():
        assert options <= commands[" ".join(verb)], verb
    assert INTERFACE - {"-h", "--help"} <= commands["tui"]
    assert COMMON - {"-h", "--help"} <= commands["plants list"]


def test_every_command_that_reads_is_on_the_list_or_was_decided_against() -> None:
    reading = {path for path in tree() if path.split()[-1] in READING_VERBS}
    listed = {" ".join(verb) for verb in READS}
    assert listed <= reading, "what does not read has no place here"
    assert reading - listed <= DECIDED_AGAINST


@pytest.mark.parametrize("command", FORBIDDEN)
def test_everything_else_is_refused(command: str) -> None:
    with pytest.raises(Stop) as refused:
        allowed.arguments(command)
    assert refused.value.code in (2, 4)
    assert refused.value.message.isprintable()


@pytest.mark.parametrize(
    ("command", "argv"),
    [
        ("", ["tui"]),
        ("plantops", ["tui"]),
        ("tui --plant 'Aunt Ada'", ["tui", "--plant", "Aunt Ada"]),
        ("plants list --json", ["plants", "list", "--json"]),
        ("plantops plants show $HOME", ["plants", "show", "$HOME"]),
        ("plants list && id", ["plants", "list", "&&", "id"]),
        ("plants show -- --url", ["plants", "show", "--", "--url"]),
        ("alerts maintenance show", ["alerts", "maintenance", "show"]),
        ("--version", ["--version"]),
    ],
)
def test_what_reads_is_passed_on_word_by_word_and_no_shell_sees_it(command: str, argv: list[str]) -> None:
    assert allowed.arguments(command) == argv, json.dumps(argv)
