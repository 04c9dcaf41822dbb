"""``plantops up`` as a person runs it: the program itself, on a directory of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.stack.stack_builders import ROOT, processes_on, wait_until

_START_TIMEOUT_S = 40  # the bar is 6 s on an idle machine, measured by the bench; tests run beside others


_started: list[subprocess.Popen[str]] = []


class Up:
    """One run of ``plantops up``."""

    def __init__(self, data_dir: Path, *arguments: str, **environ: str) -> None:
        self.data_dir = data_dir
        home = {"HOME": str(data_dir.parent), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "plantops_cli", "up", "--data-dir", str(data_dir), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/", env=home | environ,
        )  # fmt: skip
        _started.append(self.process)

    @property
    def places(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.data_dir / "stack.json").read_text())
        except FileNotFoundError:
            return {}
        return found

    @contextmanager
    def ready(self) -> Iterator[httpx2.Client]:
        """A client with the local admin's token, once the server says that it is ready."""
        pid = self.process.pid  # the addresses of a killed run may still be there
        wait_until(lambda: self.places.get("pid") == pid or self.process.poll() is not None, _START_TIMEOUT_S)
        assert self.process.poll() is None, self.process.communicate()[1]
        token = (self.data_dir / "admin.token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx2.Client(base_url=self.places["url"], headers=headers, timeout=10) as client:
            wait_until(lambda: client.get("/readyz").status_code == 200, _START_TIMEOUT_S)
            yield client

    def end(self, number: int) -> tuple[int, str]:
        """Send the signal; exit status and stderr."""
        self.process.send_signal(number)
        errors = self.process.communicate(timeout=15)[1]
        return self.process.returncode, errors


def on_free_ports(data_dir: Path, **environ: str) -> Up:
    return Up(data_dir, "--port", "0", "--mqtt-port", "0", **environ)


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "plantops"
    left = processes_on(tmp_path / "plantops")
    for started in _started:
        started.kill()  # the kernel ends its servers with it
        started.communicate()
    _started.clear()
    assert left == []


def test_a_first_start_says_where_everything_is_and_sigterm_ends_it_whole(data_dir: Path) -> None:
    up = on_free_ports(data_dir)
    with up.ready() as client:
        assert client.get("/api/auth/me").json()["role"] == "admin"
    assert stat.S_IMODE((data_dir / "admin.token").stat().st_mode) == 0o600
    url, mqtt_port = up.places["url"], up.places["mqtt_port"]
    started = time.monotonic()
    status, said = up.end(signal.SIGTERM)
    assert time.monotonic() - started < 10
    assert status == 0
    assert [part for part in (url, str(data_dir), f":{mqtt_port}") if part not in said] == []
    assert "Traceback" not in said
    assert f"{url}/login?link=" in said
    assert (data_dir / "admin.token").exists()
    assert not (data_dir / "stack.json").exists()


def test_a_killed_parent_leaves_no_process_and_what_was_made_is_there_again(data_dir: Path) -> None:
    up = on_free_ports(data_dir)
    with up.ready() as client:
        plant = client.post("/api/plants", json={"name": "Basil"}).json()["id"]
    up.end(signal.SIGKILL)
    wait_until(lambda: processes_on(data_dir) == [])
    again = on_free_ports(data_dir)
    with again.ready() as client:
        assert client.get(f"/api/plants/{plant}").json()["name"] == "Basil"
    assert again.end(signal.SIGINT)[0] in (0, 130)


def test_a_second_up_on_the_same_directory_says_so_and_exits_6(data_dir: Path) -> None:
    up = on_free_ports(data_dir)
    with up.ready() as client:
        status, said = on_free_ports(data_dir).end(0)
        assert client.get("/readyz").status_code == 200
    assert status == 6
    assert f"already running on {data_dir}" in said
    assert up.places["url"] in said
    assert "Traceback" not in said
    up.end(signal.SIGTERM)


def test_a_newer_data_directory_gets_a_sentence(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "version").write_text("99\n")
    status, said = on_free_ports(data_dir).end(0)
    assert status == 1
    assert "written by a newer PlantOps (layout 99" in said
    assert "Traceback" not in said


def test_a_missing_mosquitto_gets_the_command_that_installs_it(data_dir: Path) -> None:
    status, said = on_free_ports(data_dir, PLANTOPS_MOSQUITTO_BIN="/nowhere/mosquitto").end(0)
    assert status == 1
    assert "Mosquitto is not installed" in said
    assert "mosquitto" in said.partition("Install it with")[2]
    assert "Traceback" not in said


def test_a_taken_mqtt_port_is_said_and_the_next_one_used(data_dir: Path, free_port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port))
        other.listen()
        up = Up(data_dir, "--port", "0", "--mqtt-port", str(free_port))
        with up.ready():
            assert up.places["mqtt_port"] != free_port
        assert f"Port {free_port} is taken" in up.end(signal.SIGTERM)[1]


def test_a_taken_api_port_gets_a_sentence_and_leaves_nothing_running(data_dir: Path, free_port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port))
        other.listen()
        status, said = Up(data_dir, "--port", str(free_port), "--mqtt-port", "0").end(0)
    assert status not in (0, None)
    assert str(free_port) in said
    assert "Traceback" not in said
