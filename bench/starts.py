"""How long a person waits for ``plantops --help`` and for the first screen of the TUI."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from statistics import median
from struct import pack

from bench.ground import ROOT, Ground
from bench.table import Line

_RUNS = 7


def measured(ground: Ground) -> list[Line]:
    """Medians of a few runs; the first, which reads the files from disk, is left out."""
    helps = [_help_s() for _ in range(_RUNS)][1:]
    paints = [_first_paint_s(ground) for _ in range(_RUNS)][1:]
    return [
        Line("plantops --help", "< 400 ms", f"{median(helps) * 1000:.0f} ms", median(helps) < 0.4),
        Line(
            "TUI, start to first paint", "< 1,000 ms", f"{median(paints) * 1000:.0f} ms", median(paints) < 1
        ),
    ]


def _help_s() -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "plantops_cli", "--help"], cwd=ROOT, capture_output=True, check=True
    )
    return time.perf_counter() - began


def _first_paint_s(ground: Ground) -> float:
    """From the start of the process to the first screenful: the title of the app in the alternate screen."""
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.environ |= {"PLANTOPS_URL": ground.url, "PLANTOPS_TOKEN_FILE": str(ground.token_file)}
        os.environ |= {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
        os.execv(sys.executable, [sys.executable, "-m", "plantops_cli", "tui"])  # noqa: S606
    _set_size(terminal)
    try:
        return _until_painted(terminal, began)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def _set_size(terminal: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, pack("HHHH", 30, 100, 0, 0))


def _until_painted(terminal: int, began: float) -> float:
    seen = b""
    while time.perf_counter() - began < 15:
        if select.select([terminal], [], [], 0.05)[0]:
            seen += os.read(terminal, 65_536)
        if b"PlantOps" in seen.rpartition(b"\x1b[?1049h")[2]:
            return time.perf_counter() - began
    return 15.0
