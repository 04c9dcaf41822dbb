"""``python -m bench.ssh [--sessions N]``: what sessions over SSH cost, with real clients at a real door.

Runs ``plantops up --ssh`` on a directory of its own with six plants. Each session is the interface in 100x30. Prints
a table; exits 1 on a miss. Linux only: it looks into /proc.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from struct import pack

import httpx2

from bench.table import Line, drawn

_RUNS = 5
_PLANTS = ("Basil", "Fern", "Monstera", "Rosemary", "Sansevieria", "Tomato")
_SETTLE_S = 3.0
"""After the last first screen, until live updates and caches have come to rest."""


class Client:
    """An OpenSSH client in a pseudo-terminal; reads what comes, or its window would fill up."""

    def __init__(self, login: str) -> None:
        self.began = time.perf_counter()
        self.painted_s: float | None = None
        self._seen = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-256color"
            argv = shlex.split(login)
            os.execvp(argv[0], argv)  # noqa: S606 - the line that was printed
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, pack("HHHH", 30, 100, 0, 0))

    def read(self) -> None:
        """Take what is there; note when a plant is on the screen."""
        try:
            self._seen = self._seen[-100_000:] + os.read(self.terminal, 65_536)
        except OSError:
            return
        if self.painted_s is None and b"Monstera" in self._seen:
            self.painted_s = time.perf_counter() - self.began

    def kill(self) -> None:
        """As a machine that lost its power, as far as the door can see."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


def opened(login: str, count: int) -> list[Client]:
    """That many sessions, started at once, all with their plants on the screen."""
    clients = [Client(login) for _ in range(count)]
    settled = time.perf_counter() + 120
    while time.perf_counter() < settled:
        for ready in select.select([client.terminal for client in clients], [], [], 0.05)[0]:
            next(client for client in clients if client.terminal == ready).read()
        if all(client.painted_s is not None for client in clients):
            settled = min(settled, time.perf_counter() + _SETTLE_S)
    return clients


def memory(words: str) -> list[tuple[int, int]]:
    """(RSS, PSS) in kB of each process with these words in its command line."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if (
                entry.name.isdigit()
                and words in (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            ):
                text = (entry / "smaps_rollup").read_text()
                found.append(
                    tuple(int(re.search(rf"^{kind}: +(\d+)", text, re.M)[1]) for kind in ("Rss", "Pss"))
                )  # type: ignore[index]
        except (OSError, UnicodeDecodeError):
            continue
    return found  # type: ignore[return-value]


def measured(login: str, data_dir: Path, sessions: int) -> list[Line]:
    """First screen of one session after the other, then many at once, then all clients killed."""
    ours = f"--data-dir {data_dir}"
    alone, command = [], []
    for _ in range(_RUNS):
        (client,) = opened(login, 1)
        alone.append(client.painted_s or 120)
        client.kill()
        began = time.perf_counter()
        subprocess.run([*shlex.split(login), "--", "plants", "list"], check=True, capture_output=True)
        command.append(time.perf_counter() - began)
    clients = opened(login, sessions)
    paints = [client.painted_s or 120 for client in clients]
    inside, door = memory(ours), memory("ssh serve")
    for client in clients:
        client.kill()
    began = time.perf_counter()
    while memory(ours) and time.perf_counter() - began < 30:
        time.sleep(0.05)
    gone = time.perf_counter() - began
    most = max(rss for rss, _ in inside) / 1000
    return [
        Line(
            "ssh to the first plant on the screen",
            "< 2 s",
            f"{median(alone) * 1000:.0f} ms",
            median(alone) < 2,
        ),
        Line("ssh -- plants list", "", f"{median(command) * 1000:.0f} ms"),
        Line(f"{sessions} at once, the last one's first screen", "", f"{max(paints):.1f} s"),
        Line("memory of a session (RSS), the largest", "< 60 MB", f"{most:.1f} MB", most < 60),
        Line("of it its own (PSS)", "", f"{max(pss for _, pss in inside) / 1000:.1f} MB"),
        Line("memory of the door (RSS)", "", f"{max(rss for rss, _ in door) / 1000:.1f} MB"),
        Line(f"{sessions} clients killed, the last process gone", "< 10 s", f"{gone:.1f} s", gone < 10),
    ]


@contextmanager
def stack(data_dir: Path) -> Iterator[str]:
    """A running ``up --ssh`` with plants; the line that logs in."""
    environ = {**os.environ, "PLANTOPS_DATA_DIR": str(data_dir), "PLANTOPS_LOG_LEVEL": "WARNING"}
    environ |= {"PLANTOPS_PORT": "0", "PLANTOPS_MQTT_PORT": "0", "PLANTOPS_SSH_PORT": "0"}
    argv = [sys.executable, "-m", "plantops_cli", "up", "--ssh"]
    process = subprocess.Popen(argv, env=environ, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        notice = data_dir / "ssh" / "door.json"
        while not notice.exists():
            if process.poll() is not None:
                raise SystemExit('bench: it did not start; "plantops up --ssh" says why')
            time.sleep(0.1)
        url = json.loads((data_dir / "stack.json").read_text())["url"]
        headers = {"Authorization": f"Bearer {(data_dir / 'admin.token').read_text().strip()}"}
        with httpx2.Client(base_url=url, headers=headers) as admin:
            for name in _PLANTS:
                admin.post("/api/plants", json={"name": name}).raise_for_status()
        yield json.loads(notice.read_text())["login"]
    finally:
        process.terminate()
        process.wait(30)


def main() -> None:
    """Measure, print, and exit 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=20)
    sessions = parser.parse_args().sessions
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "plantops"
        with stack(data_dir) as login:
            lines = measured(login, data_dir, sessions)
    sys.stdout.write(drawn(lines) + "\n")
    sys.exit(any(line.holds is False for line in lines))


if __name__ == "__main__":
    main()
