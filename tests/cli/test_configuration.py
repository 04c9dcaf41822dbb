"""Flags before environment before project file before user file before system file, and where each value is from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plantops_cli import configuration
from plantops_cli.exit_codes import Stop
from tests.cli.conftest import run_cli


def shown(environ: dict[str, str], *argv: str) -> dict[str, tuple[object, str]]:
    ran = run_cli(("config", "show", "--origin", "--json", *argv), environ)
    assert ran.code == 0, ran.err
    return {entry["name"]: (entry["value"], entry["origin"]) for entry in json.loads(ran.out)}


@pytest.fixture
def bare(environ: dict[str, str]) -> dict[str, str]:
    """No server named anywhere."""
    return {
        key: value for key, value in environ.items() if key not in ("PLANTOPS_URL", "PLANTOPS_TOKEN_FILE")
    }


def user_file(environ: dict[str, str], content: str) -> None:
    path = configuration.user_file(environ)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def test_each_layer_hides_the_ones_below_it(bare: dict[str, str]) -> None:
    assert shown(bare)["url"] == ("http://127.0.0.1:8420", "default")

    user_file(bare, 'url = "http://user.test"\nport = 1\n')
    assert shown(bare)["url"] == ("http://user.test", f"file {configuration.user_file(bare)}")

    Path("plantops.toml").write_text('url = "http://localhost:2"\n')
    assert shown(bare)["url"] == ("http://localhost:2", "file plantops.toml")
    assert shown(bare)["port"][0] == 1  # the user's file still says what the project's does not

    bare["PLANTOPS_URL"] = "http://environment.test"
    assert shown(bare)["url"] == ("http://environment.test", "environment PLANTOPS_URL")

    assert shown(bare, "--url", "http://flag.test")["url"] == ("http://flag.test", "flag --url")


def test_the_running_stack_is_named_as_an_origin(bare: dict[str, str]) -> None:
    directory = Path(bare["PLANTOPS_DATA_DIR"])
    directory.mkdir()
    (directory / "stack.json").write_text('{"url": "http://127.0.0.1:9999"}')
    (directory / "admin.token").write_text("po_x")

    assert shown(bare)["url"] == ("http://127.0.0.1:9999", "running stack")
    assert shown(bare)["token_file"] == (str(directory / "admin.token"), "local stack")


@pytest.mark.parametrize(
    "line",
    [
        'url = "http://evil.test"',
        'token_file = "x"',
        'pg_bin = "./evil"',
        'mosquitto_bin = "./evil"',
        'database_url = "x"',
    ],
)
def test_a_project_file_may_not_choose_where_tokens_go_or_what_runs(
    environ: dict[str, str], line: str
) -> None:
    Path("plantops.toml").write_text(line)

    ran = run_cli(("plants", "list"), environ)

    assert ran.code == 2
    assert "plantops.toml" in ran.err
    assert line.partition(" ")[0] in ran.err


@pytest.mark.parametrize("content", ["url = ", "[url]\nx = 1", "\xff"])
def test_a_broken_file_is_named(environ: dict[str, str], content: str) -> None:
    path = configuration.user_file(environ)
    path.parent.mkdir(parents=True)
    path.write_bytes(content.encode("latin-1"))

    ran = run_cli(("plants", "list"), environ)

    assert ran.code == 2
    assert str(path) in ran.err


def test_the_server_takes_the_same_order(bare: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PLANTOPS_PORT", "PLANTOPS_HOST", "PLANTOPS_LOG_LEVEL", "PLANTOPS_RETENTION_DAYS"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    user_file(bare, 'port = 1\nhost = "0.0.0.0"\nretention_days = 3\n')
    bare |= {"PLANTOPS_HOST": "127.0.0.2"}

    settings = configuration.server_settings(bare, port=7)

    assert (settings.port, settings.host, settings.retention_days) == (7, "127.0.0.2", 3)


def test_a_wrong_value_is_told_by_the_name_of_its_variable(
    bare: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTOPS_PORT", "many")
    bare["PLANTOPS_PORT"] = "many"

    with pytest.raises(Stop, match="PLANTOPS_PORT") as caught:
        configuration.server_settings(bare)
    assert "config show" in caught.value.advice
