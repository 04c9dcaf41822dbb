"""demo as people start it: everything comes up, and however it ends, no process stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import run_cli

ROOT = Path(__file__).parents[2]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A demo that is starting, and its data directory."""
    data_dir = tmp_path / "demo"
    environ = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PLANTOPS_")},
        "PLANTOPS_DATA_DIR": str(data_dir), "PLANTOPS_PORT": "0", "PLANTOPS_MQTT_PORT": "0", "PLANTOPS_SSH_PORT": "0",
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    argv = [sys.executable, "-m", "plantops_cli", "demo", "--no-tui"]
    with (tmp_path / "demo.log").open("wb") as log:
        process = subprocess.Popen(argv, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            yield process, data_dir
        finally:
            process.kill()
            process.wait()


def eventually(holds: Callable[[], bool], within_s: float) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.2)
    return holds()


def processes_of(data_dir: Path) -> list[str]:
    """Command lines of the processes that were started for this directory."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(data_dir) in command:
                found.append(command)
    return found


def cards(data_dir: Path) -> list[dict[str, object]]:
    if not (data_dir / "stack.json").is_file():
        return []
    ran = run_cli(("plants", "list", "--json"), {"PLANTOPS_DATA_DIR": str(data_dir)})
    found: list[dict[str, object]] = json.loads(ran.out) if ran.code == 0 else []
    return found


def assert_a_second_one_says_so(data_dir: Path) -> None:
    environ = {
        **os.environ,
        "PLANTOPS_DATA_DIR": str(data_dir),
        "PLANTOPS_PORT": "0",
        "PYTHONPATH": str(ROOT),
    }
    argv = [sys.executable, "-m", "plantops_cli", "demo", "--no-tui"]
    second = subprocess.run(argv, env=environ, capture_output=True, check=False, timeout=60)
    assert second.returncode == 6
    assert b"already running" in second.stderr


def assert_the_printed_ssh_line_works(data_dir: Path) -> None:
    log = data_dir.with_name("demo.log")
    assert eventually(lambda: "Log in: ssh -p" in log.read_text(), 15), log.read_text()
    line = log.read_text().partition("Log in: ")[2].partition("\n")[0]
    listed = subprocess.run(  # noqa: S602 - through a shell, as people do who copy the line
        f"{line} -- plants list --json", shell=True, capture_output=True, check=False, timeout=30,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert listed.returncode == 0, listed.stderr
    assert len(json.loads(listed.stdout)) == 6


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_six_pots_appear_and_no_process_stays_behind(
    demo: tuple[subprocess.Popen[bytes], Path], ending: signal.Signals
) -> None:
    process, data_dir = demo
    assert eventually(lambda: len(cards(data_dir)) == 6, 60)
    assert any("mosquitto" in command for command in processes_of(data_dir))
    assert_the_printed_ssh_line_works(data_dir)
    if ending is not signal.SIGKILL:
        assert_a_second_one_says_so(data_dir)

    process.send_signal(ending)

    status = process.wait(15)
    assert status == (-signal.SIGKILL if ending is signal.SIGKILL else 0)
    assert eventually(lambda: processes_of(data_dir) == [], 12)
    assert not (data_dir / "stack.json").exists()
