"""Secrets go in by stdin, file or an unseen prompt, come out once where asked for, and show nowhere else."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from plantops_cli import config
from tests.cli.conftest import Garden, run_cli

PASSWORD = "canary horse battery staple"


async def test_a_password_shows_in_no_output_even_with_debug(garden: Garden) -> None:
    for argv in (
        ("users", "add", "ada", "--password-stdin", "--debug"),
        ("users", "add", "ada", "--password-stdin", "--debug"),  # taken
        ("users", "add", "Not A Name", "--password-stdin", "--debug"),
        ("users", "edit", "ada", "--password-stdin", "--debug", "--json"),
    ):
        ran = await garden(*argv, stdin=f"{PASSWORD}\n")
        assert PASSWORD not in ran.out + ran.err


async def test_a_password_that_is_too_short_or_long_is_not_repeated(garden: Garden) -> None:
    for password in ("canary", "canary" * 200):
        ran = await garden("users", "add", "ada", "--password-stdin", "--debug", stdin=f"{password}\n")
        assert ran.code == 2
        assert "canary" not in ran.out + ran.err


async def test_without_a_terminal_a_password_is_not_asked_for(garden: Garden) -> None:
    ran = await garden("users", "add", "ada")

    assert ran.code == 2
    assert "--password-stdin" in ran.err
    assert "ada" not in (await garden("users", "list")).out


async def test_a_new_token_stands_alone_on_stdout_and_works(garden: Garden, tmp_path: Path) -> None:
    ran = await garden("tokens", "add", "laptop", "--role", "viewer")

    (token,) = ran.out.splitlines()
    assert token not in ran.err
    assert token not in (await garden("tokens", "list", "--json")).out
    file = tmp_path / "laptop.token"
    file.write_text(token)
    assert (await garden("plants", "list", "--token-file", str(file))).code == 0
    assert (await garden("plants", "add", "x", "--token-file", str(file))).code == 4


async def test_a_new_token_can_go_into_a_file_for_its_owner_only(garden: Garden, tmp_path: Path) -> None:
    file = tmp_path / "laptop.token"

    ran = await garden("tokens", "add", "laptop", "--out", str(file))

    assert ran.out == ""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().strip() not in ran.err
    assert (await garden("tokens", "add", "again", "--out", str(file))).code == 6


async def test_an_enrolment_token_in_json_carries_its_secret_once(garden: Garden) -> None:
    made = json.loads((await garden("enrolment-tokens", "add", "sill", "--uses", "3", "--json")).out)

    assert made["token"]
    assert made["uses_left"] == 3
    assert made["token"] not in (await garden("enrolment-tokens", "list", "--json")).out


async def test_a_webhook_address_shows_in_no_output(garden: Garden) -> None:
    url = "https://discord.com/api/webhooks/123456/canary-canary-canary\n"
    argv = (
        "settings",
        "notifications",
        "set",
        "--channel",
        "team",
        "--type",
        "discord",
        "--url-stdin",
        "--debug",
    )
    for given in (url, "http://canary.example/\n", "canary\n"):
        ran = await garden(*argv, stdin=given)
        assert "canary-canary" not in ran.out + ran.err


def test_the_token_shows_in_no_error(environ: dict[str, str], free_port: int) -> None:
    ran = run_cli(("plants", "list", "--debug", "--url", f"http://127.0.0.1:{free_port}"), environ)

    assert ran.code == 5
    assert "po_of_the_test" not in ran.err


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("database_url", "postgresql://ada:canary@db/plantops", "postgresql://ada:***@db/plantops"),
        (
            "database_url",
            "postgresql://db/plantops?user=ada&password=canary",
            "postgresql://db/plantops?user=ada&password=***",
        ),
        ("database_url", "host=db password=canary", "***"),
        ("mqtt_url", "mqtt://ada:canary@broker", "mqtt://ada:***@broker"),
        ("url", "http://garden.test", "http://garden.test"),
        ("api_key", "canary", "***"),
        ("secret_key_file", "/etc/key", "/etc/key"),
        ("port", 8420, 8420),
    ],
)
def test_config_show_masks_what_must_not_be_seen(name: str, value: object, shown: object) -> None:
    assert config.masked(name, value) == shown


def test_config_show_masks_in_every_format(environ: dict[str, str]) -> None:
    environ["PLANTOPS_DATABASE_URL"] = "postgresql://ada:canary@db/plantops"
    environ["PLANTOPS_SOME_TOKEN"] = "canary"
    for form in ("table", "json", "csv", "yaml", "ndjson"):
        ran = run_cli(("config", "show", "--origin", "-o", form), environ)
        assert ran.code == 0
        assert "canary" not in ran.out + ran.err
