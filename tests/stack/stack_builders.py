"""What the tests of the stack share: who is left running, and a stack in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import plantops_server

ROOT = Path(plantops_server.__file__).parent.parent

PROGRAM = """
import asyncio, json, sys
from pathlib import Path
from plantops_server.errors import PlantOpsError
from plantops_server.settings import Settings
from plantops_server.stack import supervise

async def main() -> None:
    settings = Settings(data_dir=Path(sys.argv[1]), mqtt_port=0)
    async with supervise.running(settings) as stack:
        with stack.announced("http://127.0.0.1:8420"):
            print(json.dumps({"postgres": stack.postgres.child.pid, "mosquitto": stack.mosquitto.child.pid,
                              "mqtt_port": stack.mosquitto.port, "dsn": stack.postgres.dsn}), flush=True)
            await stack.watch()

try:
    asyncio.run(main())
except PlantOpsError as problem:
    sys.exit(f"{problem.status} {problem}")
except KeyboardInterrupt:
    pass
"""


class StackProcess:
    """``plantops up`` without the server: the two parts under a parent that can be killed."""

    def __init__(self, data_dir: Path, python: Sequence[str] = (sys.executable,), **options: Any) -> None:
        path = os.pathsep.join([str(ROOT), *(p for p in sys.path if p.endswith("site-packages"))])
        self.process = subprocess.Popen(
            [*python, "-c", PROGRAM, str(data_dir)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd="/", env={"PYTHONPATH": path, "PATH": os.environ["PATH"], "HOME": "/"}, **options,
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.places: dict[str, Any] = json.loads(line) if line else {}

    @property
    def pids(self) -> list[int]:
        return [self.places["postgres"], self.places["mosquitto"]]

    def end(self, signal_number: int) -> str:
        """Send the signal, wait for the end, and return what was written to stderr."""
        self.process.send_signal(signal_number)
        return self.process.communicate(timeout=15)[1]


def processes_on(folder: Path) -> list[str]:
    """Command lines of running processes that name ``folder``."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in words and int(entry.parent.name) != os.getpid():
            found.append(words)
    return found


def wait_until(condition: Callable[[], object], timeout_s: float = 10) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
