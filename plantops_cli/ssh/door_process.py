"""``plantops ssh serve`` beside ``plantops up``: a child that is started anew when it dies, and ends with us."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from plantops_cli import diagnostics

if TYPE_CHECKING:
    from plantops_server.settings import Settings

MISSING = "The SSH door needs a library that is not installed here (asyncssh)."
INSTALL = "Install it: pip install 'plantops[ssh]'"

_STOP_WITHIN_S = 10.0
_LASTED_S = 30.0
"""A door that stood so long is opened again when it dies; one that falls at once would only fall again."""
_LOOK_EVERY_S = 0.2


def installed() -> bool:
    """Whether there is the library that the door needs."""
    return find_spec("asyncssh") is not None


class DoorProcess:
    """The door of one running stack, from ``open`` to ``close``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = threading.Event()

    def open(self, url: str, token_file: Path) -> None:
        """Start it; it says itself where it is."""
        argv = [
            sys.executable, "-m", "plantops_cli", "ssh", "serve", "--local-key", "--url", url,
            "--token-file", str(token_file), "--host", self._settings.ssh_host, "--port", str(self._settings.ssh_port),
        ]  # fmt: skip
        self._start(argv)
        threading.Thread(target=self._attend, args=(argv,), name="ssh door", daemon=True).start()

    def close(self) -> None:
        """Ask it to close, and end it when it does not within 10 s."""
        self._closing.set()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self, argv: list[str]) -> None:
        # In a session of its own Ctrl-C does not reach it: sessions end in order. It dies with the main process
        # (the parent's id tells it), not with the thread that starts it anew.
        environ = {**os.environ, "PLANTOPS_DATA_DIR": str(self._settings.data_dir)}
        self._process = subprocess.Popen(
            [*argv, "--of-stack", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            env=environ,
            start_new_session=True,
        )

    def _attend(self, argv: list[str]) -> None:
        while self._process is not None:
            began = time.monotonic()
            status = self._process.wait()
            if self._closing.is_set():
                return
            again = time.monotonic() - began >= _LASTED_S
            then = "It is opened again." if again else 'Open another with "plantops ssh serve".'
            diagnostics.warn(f"The SSH door ended with status {status}. {then}")
            if not again:
                return
            self._start(argv)


async def login_line(data_dir: Path, within_s: float) -> str | None:
    """The command that logs in at the open door of this data directory; None when none opens in time."""
    notice = data_dir / "ssh" / "door.json"
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            found = json.loads(await asyncio.to_thread(notice.read_text, "utf-8"))
            os.kill(found["pid"], 0)  # what a killed door left behind does not count
            return str(found["login"])
        except (OSError, ValueError, KeyError):
            await asyncio.sleep(_LOOK_EVERY_S)
    return None


def die_with(parent: int) -> None:
    """End, as by SIGTERM, once the process ``parent`` is gone, whichever of its threads started us."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_EVERY_S)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()
