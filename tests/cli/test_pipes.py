"""The program itself, as a process: quick, quiet in pipelines, and no more loaded than needed."""

from __future__ import annotations

import http.server
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def process_environ(environ: dict[str, str]) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": environ["PLANTOPS_DATA_DIR"],
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm",
        **environ,
    }


class Plants(http.server.BaseHTTPRequestHandler):
    """Many plants for /api/plants, silence for everything else."""

    def do_GET(self) -> None:
        if not self.path.startswith("/api/plants"):
            time.sleep(30)
            return
        plant = {"name": "Basil " * 10, "health": "ok", "trust": "fresh", "state": {}, "thresholds": {}}
        body = json.dumps({"items": [{"id": f"plt_{n}", **plant} for n in range(1500)]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def many_plants(process_environ: dict[str, str]) -> Iterator[dict[str, str]]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Plants)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield {**process_environ, "PLANTOPS_URL": f"http://127.0.0.1:{server.server_port}"}
    server.shutdown()
    server.server_close()
    thread.join()


def plantops(environ: dict[str, str], *argv: str, **more: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "plantops_cli", *argv],
        env=environ,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        **more,
    )  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("form", ["table", "json", "ndjson", "csv", "yaml"])
def test_a_reader_that_leaves_early_is_no_error(many_plants: dict[str, str], form: str) -> None:
    process = plantops(many_plants, "plants", "list", "-o", form)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(100)
    process.stdout.close()

    assert process.wait(30) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


def test_ctrl_c_ends_a_waiting_command_with_130(many_plants: dict[str, str]) -> None:
    process = plantops(many_plants, "alerts", "list")
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)

    assert process.returncode == 130
    assert b"Traceback" not in err


def test_a_locale_without_the_characters_does_not_end_in_a_traceback(many_plants: dict[str, str]) -> None:
    process = plantops({**many_plants, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}, "plants", "list")
    out, err = process.communicate(timeout=30)

    assert process.returncode == 0, err
    assert out.decode("ascii")


def test_piped_output_has_no_escape_sequence_unless_colour_is_forced(many_plants: dict[str, str]) -> None:
    plain, _ = plantops(many_plants, "plants", "list").communicate(timeout=30)
    forced, _ = plantops({**many_plants, "FORCE_COLOR": "1"}, "plants", "list").communicate(timeout=30)
    refused, _ = plantops({**many_plants, "FORCE_COLOR": "1", "NO_COLOR": "1"}, "plants", "list").communicate(
        timeout=30
    )

    assert b"\x1b" not in plain
    assert b"\x1b[32mok\x1b[0m" in forced
    assert b"\x1b" not in refused


def loaded_by(environ: dict[str, str], *argv: str) -> set[str]:
    program = (
        f"import sys; sys.argv = ['plantops', *{argv!r}]\nfrom plantops_cli.main import run\n"
        "try: run()\nexcept SystemExit: pass\n"
        "print('\\nLOADED', *{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize(
    ("argv", "never"),
    [
        ((), "httpx2 textual fastapi anthropic openai psycopg paho yaml rich plantops_server plantops_tui"),
        (("--help",), "pydantic httpx2 textual fastapi anthropic openai psycopg paho yaml rich plantops_server"),
        (("--version",), "pydantic httpx2 textual fastapi anthropic openai plantops_server plantops_tui"),
        (("plants", "--help"), "httpx2 textual fastapi anthropic openai psycopg paho plantops_server plantops_tui"),
        (("up", "--help"), "httpx2 textual fastapi psycopg plantops_server plantops_tui"),
        (("tui", "--help"), "httpx2 textual fastapi plantops_server plantops_tui"),
    ],
)  # fmt: skip
def test_help_loads_little(process_environ: dict[str, str], argv: tuple[str, ...], never: str) -> None:
    assert loaded_by(process_environ, *argv) & set(never.split()) == set()


def test_help_takes_less_than_four_tenths_of_a_second(process_environ: dict[str, str]) -> None:
    """Of processor time, the best of a few tries: what else the machine does is not what is measured."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        plantops(process_environ, "--help").communicate(timeout=30)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(once() for _ in range(3)) < 0.4


def test_the_interface_without_a_terminal_says_so_and_sends_no_escape(
    process_environ: dict[str, str],
) -> None:
    process = plantops(process_environ, "tui", stdin=subprocess.DEVNULL)
    out, err = process.communicate(timeout=30)

    assert process.returncode == 2
    assert out == b""
    assert b"\x1b" not in err
    assert b"plantops plants list" in err
