"""``python -m bench.tui [--seconds N] [--memory]``: what the terminal interface costs in a pseudo-terminal of 100x30.

The server is the garden of the tests behind a real socket, in a process of its own, so that only the interface is
measured. Prints a table; exits 1 on a miss. ``--memory --seconds 3600`` is the hour of updates and nothing else.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
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
from plantops_server.stack.ports import free_port

ROOT = Path(__file__).parents[1]
_RUNS = 5
_QUIET_S = 0.15
"""A repaint is over when nothing came for so long."""
_KEPT = 2_000_000
"""Bytes of the screen that are kept to look for words in; an hour sends many more."""


class Terminal:
    """The interface in a pseudo-terminal; counts every byte that it sends."""

    def __init__(self, url: str, folder: Path) -> None:
        self.began = time.perf_counter()
        self.seen = b""
        self._sent = 0
        token = folder / "token"
        token.write_text("token")
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.environ |= {"PLANTOPS_URL": url, "PLANTOPS_TOKEN_FILE": str(token)}
            os.environ |= {
                "TERM": "xterm-256color",
                "XDG_STATE_HOME": str(folder),
                "XDG_CONFIG_HOME": str(folder),
            }
            os.execv(sys.executable, [sys.executable, "-m", "plantops_cli", "tui"])  # noqa: S606
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, pack("HHHH", 30, 100, 0, 0))

    def read(self, seconds: float) -> int:
        """Read for so long; how many bytes came."""
        before, end = self._sent, time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if select.select([self._terminal], [], [], left)[0]:
                came = os.read(self._terminal, 65_536)
                self._sent += len(came)
                if len(self.seen) < _KEPT:
                    self.seen += came
        return self._sent - before

    def until(self, words: bytes, seconds: float = 20) -> float:
        """Seconds from the start until these bytes came."""
        while words not in self.seen.rpartition(b"\x1b[?1049h")[2]:
            if time.perf_counter() - self.began > seconds:
                raise SystemExit(f"bench: {words!r} did not come within {seconds} s")
            self.read(0.005)
        return time.perf_counter() - self.began

    def press(self, key: str) -> float:
        """Seconds from a key to the last byte of what it repainted."""
        began = last = time.perf_counter()
        os.write(self._terminal, key.encode())
        while time.perf_counter() - last < _QUIET_S:
            if self.read(0.005):
                last = time.perf_counter()
        return last - began

    def cpu_s(self) -> float:
        """CPU time used so far, s."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self) -> float:
        """Memory resident now, MB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def close(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._terminal)


@contextmanager
def garden(plants: int, updated: int = 0) -> Iterator[str]:
    """A server with so many plants; its URL."""
    port = free_port()
    words = [sys.executable, "-m", "tests.tui.served_garden", str(port), str(plants), str(updated)]
    server = subprocess.Popen(words, cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx2.get(f"{url}/healthz")
                break
            except httpx2.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        server.kill()
        server.wait()


@contextmanager
def running(url: str) -> Iterator[Terminal]:
    """The interface, once its first cards are there."""
    with tempfile.TemporaryDirectory(prefix="plantops-bench-") as folder:
        terminal = Terminal(url, Path(folder))
        try:
            yield terminal
        finally:
            terminal.close()


def starts() -> list[Line]:
    """Medians; the first run, which reads the files from disk, is left out."""
    paints, data, work = [], [], []
    with garden(200) as url:
        for _ in range(_RUNS + 1):
            with running(url) as terminal:
                paints.append(terminal.until(b"PlantOps"))
                work.append(terminal.cpu_s())
                data.append(terminal.until(b"need you"))
    paint, full = median(paints[1:]), median(data[1:])
    return [
        Line("start to first paint", "< 1.0 s", f"{paint:.2f} s", paint < 1),
        Line(
            "start to first paint, CPU time of it",
            "< 0.7 s",
            f"{median(work[1:]):.2f} s",
            median(work[1:]) < 0.7,
        ),
        Line("start to the cards of 200 plants", "< 2.0 s", f"{full:.2f} s", full < 2),
    ]


def filtering() -> list[Line]:
    """Each letter typed into the filter of 500 plants."""
    with garden(500) as url, running(url) as terminal:
        terminal.until(b"need you")
        terminal.read(1)
        terminal.press("/")
        times = [terminal.press(key) for key in "plant 1"]
    worst = max(times) * 1000
    return [Line("filter of 500 plants, slowest letter", "< 100 ms", f"{worst:.0f} ms", worst < 100)]


def updating(seconds: int) -> list[Line]:
    """50 plants with a new reading each second; memory is read each sixth of the time, to see whether it grows."""
    with garden(43, 50) as url, running(url) as terminal:
        terminal.until(b"need you")
        terminal.read(3)
        cpu, sent, memory = terminal.cpu_s(), 0, [terminal.rss_mb()]
        for _ in range(6):
            sent += terminal.read(seconds / 6)
            memory.append(terminal.rss_mb())
        share = (terminal.cpu_s() - cpu) / seconds
    rate = sent / seconds / 1000
    words = " → ".join(f"{rss:.0f}" for rss in memory)
    return [
        Line("50 plants updating each second, on the wire", "< 10 KB/s", f"{rate:.1f} KB/s", rate < 10),
        Line("50 plants updating each second, one core", "< 15 %", f"{share:.1%}", share < 0.15),
        Line(f"memory in {seconds} s of that", "< 120 MB", f"{words} MB", max(memory) < 120),
    ]


def idling(seconds: int) -> list[Line]:
    """Nothing happens at all."""
    with garden(43) as url, running(url) as terminal:
        terminal.until(b"need you")
        terminal.read(3)
        idle = terminal.read(seconds) / seconds
    return [
        Line("idle, on the wire", "< 200 B/s", f"{idle:.0f} B/s", idle < 200),
    ]


def main() -> int:
    """Measure everything; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.tui", description="Measure the terminal interface."
    )
    parser.add_argument("--seconds", type=int, default=20, help="length of each watch (default 20)")
    parser.add_argument(
        "--memory", action="store_true", help="only the plants that update: give --seconds 3600"
    )
    given = parser.parse_args()
    seconds = given.seconds
    lines = updating(seconds)
    if not given.memory:
        lines = [*starts(), *filtering(), *lines, *idling(seconds)]
    load = os.getloadavg()[0]
    sys.stdout.write(
        f"\n{drawn(lines)}\n\nTerminal 100x30, {os.cpu_count()} CPUs, load average {load:.1f}.\n"
    )
    return 1 if any(line.holds is False for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
