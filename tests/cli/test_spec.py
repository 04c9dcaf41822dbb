"""The command tree as data, for programs and for the manual: complete, and exactly what the commands take."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from plantops_cli import manual
from tests.cli.conftest import run_cli
from tests.cli.test_help import LEAVES


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    ran = run_cli(("--spec",), {})
    assert (ran.code, ran.err) == (0, "")
    found: dict[str, Any] = json.loads(ran.out)
    return found


def command(told: dict[str, Any], words: str) -> dict[str, Any]:
    (found,) = (entry for entry in told["commands"] if entry["command"] == words)
    return dict(found)


def test_every_command_is_told_once_with_its_sentence(told: dict[str, Any]) -> None:
    assert sorted(entry["command"] for entry in told["commands"]) == sorted(map(" ".join, LEAVES))
    assert all(entry["summary"] for entry in told["commands"])


def test_a_command_is_told_with_types_bounds_and_defaults(told: dict[str, Any]) -> None:
    history = command(told, "plants history")
    (plant,) = history["arguments"]
    options = {option["names"][0]: option for option in history["options"]}

    assert (plant["name"], plant["type"], plant["required"]) == ("PLANT", "text", True)
    assert (options["--range"]["default"], options["--range"]["names"]) == ("24h", ["--range", "-r"])
    assert (options["--points"]["type"], options["--points"]["minimum"]) == ("integer", 2)
    assert options["--plot"]["type"] == "flag"
    assert history["examples"][0] == "plantops plants history basil --range 7d --plot"


def test_choices_are_told_word_for_word(told: dict[str, Any]) -> None:
    (shown,) = (option for option in told["shared_options"] if "--output" in option["names"])
    (action,) = (a for a in command(told, "devices command")["arguments"] if a["type"] == "choice")

    assert shown["choices"] == ["table", "json", "ndjson", "csv", "yaml"]
    assert action["choices"] == ["identify", "reboot", "rotate"]


def test_shared_options_are_told_once_and_named_by_each_command_that_takes_them(told: dict[str, Any]) -> None:
    known = {option["names"][-1] for option in told["shared_options"]}

    assert {name for entry in told["commands"] for name in entry["shared_options"]} == known
    assert "--json" in command(told, "plants list")["shared_options"]
    assert "--json" not in command(told, "up")["shared_options"]


def test_what_is_repeated_is_what_the_program_says(told: dict[str, Any]) -> None:
    refused = run_cli(("plants", "list", "--nonsense"), {})

    assert told["exit_codes"][str(refused.code)] == "usage"
    assert told["version"] in run_cli(("--version",), {}).out


def test_the_manual_explains_every_command_and_every_option(told: dict[str, Any]) -> None:
    page = manual.page(told)

    for entry in told["commands"]:
        assert f'.SS "{manual._text(entry["usage"])}"' in page
        for option in entry["options"]:
            assert manual._text(option["names"][0]) in page


def test_a_text_cannot_become_a_request_of_the_manual(told: dict[str, Any]) -> None:
    evil = ".so /etc/passwd\n'de \"x\\fB\nœuf"
    page = manual.page({**told, "help": evil, "commands": [{**told["commands"][0], "summary": evil}]})

    known = r'\.(?:\\"|TH|SH|SS|TP|PP|EX|EE|B|RI)(?: |$)'
    assert [line for line in page.splitlines() if line[:1] in ".'" and not re.match(known, line)] == [""] * 0
    assert "\\efB" in page
    assert page.isascii()
