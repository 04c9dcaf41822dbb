"""A server process that dies with us, and the traces that one left behind.

The kernel's parent-death signal (Linux) fires when the *thread* that started the child ends, so all children are
started by one thread that lives as long as this process. Elsewhere, and for what slipped through, ``stop_stray``
ends at the next start what the pid file still names.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from plantops_server.errors import StackPartFailed
from plantops_server.stack.identity import Identity, launch_command

_KEEPER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="plantops-children")
_POLL_S = 0.01
_LONGEST_LOG = 10_000_000

Way = Sequence[tuple[signal.Signals, float]]
"""How to end a process: signals in order of rudeness, each with the seconds it is given."""


class Child:
    """One running server. Its output goes to ``log``, which keeps one older generation (``.1``)."""

    def __init__(self, name: str, argv: list[str], *, log: Path, identity: Identity, way: Way) -> None:
        self.name = name
        self.log = log
        self._way = way
        shorten(log)
        with log.open("ab") as output:
            self._process = _KEEPER.submit(
                subprocess.Popen, launch_command(way[0][0], identity, argv), stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, cwd="/", start_new_session=True, env=_environment(),
            ).result()  # fmt: skip

    @property
    def pid(self) -> int:
        """Process id; the launcher's becomes the server's."""
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def wait_until(self, ready: Callable[[], bool], timeout_s: float) -> None:
        """Wait for ``ready``; raises StackPartFailed when the process ends or takes longer, after stopping it."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            if self.exit_status is not None:
                raise StackPartFailed(part=self.name, problem=self._last_words(), log=self.log)
            if time.monotonic() > deadline:
                self.stop()
                problem = f"it was not ready after {timeout_s:.0f} s"
                raise StackPartFailed(part=self.name, problem=problem, log=self.log)
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """End the process, politely first; returns when it is gone."""
        for signal_number, patience_s in self._way:
            if self.exit_status is not None:
                return
            self._process.send_signal(signal_number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(patience_s)

    def kill(self) -> None:
        """End the process at once, as a crash would."""
        self._process.kill()
        self._process.wait()

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return f'it ended with status {self.exit_status} ("{lines[-1][:300] if lines else "no output"}")'


def _environment() -> dict[str, str]:
    """Only what a server needs: no token or key of ours, and no PG* variable that would mislead it."""
    return {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TZ") if name in os.environ} | {
        "LC_ALL": "C"
    }


def shorten(log: Path) -> None:
    """Move a long log to ``.1``; by copying, because the server keeps its file open (for appending)."""
    if log.exists() and log.stat().st_size > _LONGEST_LOG:
        shutil.copyfile(log, log.with_name(log.name + ".1"))
        os.truncate(log, 0)


def stop_stray(pid: int, mark: str, way: Way) -> None:
    """End a server of an earlier run: process ``pid``, if its command line holds ``mark``; returns when it is gone."""
    for signal_number, patience_s in way:
        if not is_ours(pid, mark):
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal_number)
        deadline = time.monotonic() + patience_s
        while is_ours(pid, mark) and time.monotonic() < deadline:
            time.sleep(_POLL_S)


def is_ours(pid: int, mark: str) -> bool:
    """Whether ``pid`` is alive, no zombie, and was started with ``mark`` in its arguments: pids are reused."""
    process = Path("/proc") / str(pid)
    if process.parent.joinpath("self").exists():
        try:
            if process.joinpath("stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return False
            return os.fsencode(mark) in process.joinpath("cmdline").read_bytes()
        except OSError:
            return False
    listing = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, check=False)
    return os.fsencode(mark) in listing.stdout
