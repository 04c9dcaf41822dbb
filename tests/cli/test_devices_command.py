"""Devices over the command line, on a whole server: the credentials that it prints work, and then no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from plantops_cli import broker_probe
from plantops_cli.broker_probe import Broker, Login
from tests.cli.conftest import Ran, run_cli
from tests.running_server import Running

MAC = "24:6F:28:AE:52:7C"


@pytest.fixture
def on_server(server: Running) -> Callable[..., Ran]:
    """Run a command as the local admin of a whole server."""
    environ = {
        "PLANTOPS_URL": server.url,
        "PLANTOPS_TOKEN_FILE": str(server.token_file),
        "PLANTOPS_DATA_DIR": str(server.settings.data_dir),
    }
    return lambda *argv, **more: run_cli(argv, environ, **more)


def lets_in(credentials: dict[str, object]) -> bool:
    mqtt = credentials["mqtt"]
    assert isinstance(mqtt, dict)
    return broker_probe.lets_in(
        Broker(mqtt["host"], mqtt["port"]), Login(mqtt["client_id"], mqtt["username"], mqtt["password"])
    )


def test_the_life_of_a_device(on_server: Callable[..., Ran], tmp_path: Path) -> None:
    on_server("plants", "add", "Basil")

    registered = on_server(
        "devices", "register", "--mac", MAC, "--plant", "basil", "--name", "Sill", "--json"
    )
    assert registered.code == 0, registered.err
    first = json.loads(registered.out)
    assert lets_in(first)
    assert first["mqtt"]["password"] not in on_server("devices", "show", "Sill", "--json").out

    known = on_server("devices", "register", "--mac", MAC)
    assert known.code == 6
    assert "allow-reenrolment" in known.err
    assert on_server("enrolment-tokens", "list", "--json").out == "[]\n"  # the tokens made for it are gone

    file = tmp_path / "sill.json"
    assert on_server("devices", "rotate", "Sill", "--yes", "--out", str(file)).code == 0
    second = json.loads(file.read_text())
    assert (lets_in(first), lets_in(second)) == (False, True)

    shown = on_server("devices", "edit", "Sill", "--name", "Kitchen sill", "--interval", "5m")
    assert "every 5 min" in shown.err
    calibrated = on_server(
        "devices", "calibrate", MAC.lower().replace(":", "-"), "--dry", "3200", "--wet", "1300", "--json"
    )
    assert json.loads(calibrated.out)["calibration"] == {"dry": 3200, "wet": 1300}
    assert on_server("devices", "provision", "Kitchen sill", "--untie", "--json").code == 0

    assert on_server("devices", "remove", "Kitchen sill").code == 2
    assert lets_in(second)
    assert on_server("devices", "remove", "Kitchen sill", "--yes").code == 0
    assert not lets_in(second)


def test_a_command_reaches_the_broker_and_a_drastic_one_asks(on_server: Callable[..., Ran]) -> None:
    on_server("devices", "register", "--mac", MAC, "--name", "Sill")

    assert (
        json.loads(on_server("devices", "command", "Sill", "identify", "--json").out)["command"] == "identify"
    )
    assert on_server("devices", "command", "Sill", "reboot").code == 2
    assert on_server("devices", "command", "Sill", "reboot", "--yes").code == 0
    assert on_server("devices", "command", "Sill", "explode").code == 2


def test_registering_for_a_plant_that_is_not_there_registers_nothing(on_server: Callable[..., Ran]) -> None:
    assert on_server("devices", "register", "--mac", MAC, "--plant", "nope").code == 3
    assert on_server("devices", "list", "--json").out == "[]\n"


def test_an_enrolment_token_from_stdin_is_used_and_counted(on_server: Callable[..., Ran]) -> None:
    token = on_server("enrolment-tokens", "add", "sill", "--uses", "2").out

    ran = on_server("devices", "register", "--mac", MAC, "--enrolment-token-file", "-", stdin=token)

    assert ran.code == 0, ran.err
    (left,) = json.loads(on_server("enrolment-tokens", "list", "--json").out)
    assert left["uses_left"] == 1


def test_the_pairing_window_lets_a_device_in_and_closes(on_server: Callable[..., Ran]) -> None:
    assert json.loads(on_server("pairing", "open", "--json").out)["open"] is True
    assert on_server("pairing", "close").code == 0
    assert json.loads(on_server("pairing", "show", "--json").out)["open"] is False
