"""``plantops up`` as a child of ours, which ends when we do, however we end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from plantops_api import errors, places
from plantops_api.client import PlantOpsClient
from plantops_cli.exit_codes import ExitCode, Stop

if TYPE_CHECKING:
    from plantops_server.settings import Settings

START_WITHIN_S = 120.0
"""A first start makes a database cluster; on a slow disk that alone may take half a minute."""

STOP_WITHIN_S = 10.0

_LOOK_EVERY_S = 0.1


class StackProcess:
    """The running child; ``log`` is where it writes when that is not our own stderr."""

    def __init__(self, process: subprocess.Popen[bytes], data_dir: Path, log: Path | None) -> None:
        self._process = process
        self._data_dir = data_dir
        self._log = log

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    async def ready(self) -> tuple[str, str]:
        """Its URL and the local admin's token, once it answers as ready.

        Raises:
            Stop: it ended, or took too long; with its own last words when those went to a log.
        """
        async with asyncio.timeout(START_WITHIN_S) as limit:
            try:
                place = await self._announced()
                async with PlantOpsClient(*place) as client:
                    while not await _is_ready(client):
                        self.check()
                        await asyncio.sleep(_LOOK_EVERY_S)
                return place
            except asyncio.CancelledError:
                if limit.expired():
                    raise Stop(
                        ExitCode.FAILURE, f"PlantOps was not ready after {START_WITHIN_S:.0f} s."
                    ) from None
                raise

    def check(self) -> None:
        """Raises Stop when it has ended by itself, with its exit status."""
        status = self._process.poll()
        if status is None:
            return
        code = ExitCode(status) if status in set(ExitCode) - {ExitCode.OK} else ExitCode.FAILURE
        raise Stop(
            code,
            self._last_words() or "PlantOps ended by itself.",
            "" if self._log is None else f"Its log: {self._log}",
        )

    def stop(self) -> None:
        """Ask it to stop, and end it when it does not within 10 s."""
        if not self.running:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    async def _announced(self) -> tuple[str, str]:
        """The address in stack.json, once this very process has written it, and the token beside it."""
        while True:
            self.check()
            stack = places.local_stack(self._data_dir)
            token = self._data_dir / "admin.token"
            if stack.get("pid") == self._process.pid and token.is_file():
                return str(stack["url"]), places.read_token(token)
            await asyncio.sleep(_LOOK_EVERY_S)

    def _last_words(self) -> str:
        """The error that it ended with, when it went to the log."""
        if self._log is None:
            return ""
        lines = self._log.read_text("utf-8", "replace").splitlines()
        said = [place for place, line in enumerate(lines) if line.startswith("Error: ")]
        return "\n".join(lines[said[-1] :]).removeprefix("Error: ") if said else ""


async def _is_ready(client: PlantOpsClient) -> bool:
    try:
        return (await client.get_ready()).ready
    except errors.ApiError:
        return False


@contextmanager
def started(settings: Settings, log: Path | None, *, ssh: bool = False) -> Iterator[StackProcess]:
    """Start it with these settings, with an SSH door if wished, and stop it at the end of the block.

    It has a session of its own, so that Ctrl-C reaches us alone and we stop everything in order; should we be killed,
    the kernel tells it to stop.
    """
    from plantops_server.stack.identity import SAME, launch_command

    argv = [sys.executable, "-m", "plantops_cli", "up", *_flags(settings), *(["--ssh"] if ssh else [])]
    with _output(log) as output:
        process = subprocess.Popen(
            launch_command(signal.SIGTERM, SAME, argv),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            # People came to see plants, not a log: what is wrong still shows.
            env={"PLANTOPS_LOG_LEVEL": "WARNING", **os.environ},
        )
    child = StackProcess(process, settings.data_dir, log)
    try:
        yield child
    finally:
        child.stop()


def _flags(settings: Settings) -> list[str]:
    """What differs from the environment, which the child inherits."""
    values = {
        "--data-dir": settings.data_dir,
        "--host": settings.host,
        "--port": settings.port,
        "--mqtt-host": settings.mqtt_host,
        "--mqtt-port": settings.mqtt_port if "mqtt_port" in settings.model_fields_set else None,
    }
    return [word for flag, value in values.items() if value is not None for word in (flag, str(value))]


@contextmanager
def _output(log: Path | None) -> Iterator[IO[bytes] | None]:
    if log is None:
        yield None
        return
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with log.open("wb") as file:
        yield file
