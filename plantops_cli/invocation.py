"""One call of ``plantops``: what the options that every command shares say, and the way to the server."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from plantops_cli import configuration
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.output import Format, Output

if TYPE_CHECKING:
    import httpx2
    import typer

    from plantops_api.client import PlantOpsClient
    from plantops_api.places import Place

Answer = TypeVar("Answer")


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Invocation:
    """The shared options as given on the command line, and what the process brings: environment, clock, network."""

    url: str | None = None
    token_file: Path | None = None
    timeout: float = 10.0
    output: Format | None = None
    json: bool = False
    no_color: bool = False
    no_input: bool = False
    debug: bool = False
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    transport: httpx2.AsyncBaseTransport | None = None
    """Replaces the network; tests put the server app in process here."""

    place: Place | None = None
    """The server and token to use whatever options, environment and files say: a session over SSH has its own."""

    clock: Callable[[], datetime] = _utc_now

    def now(self) -> datetime:
        """The present moment, UTC."""
        return self.clock()

    @property
    def format(self) -> Format:
        """The output format; ``--json`` and ``-o`` may both be given when they agree."""
        if self.json and self.output not in (None, Format.JSON):
            raise Stop(
                ExitCode.USAGE, f"--json and -o {self.output} contradict each other.", "Give one of them."
            )
        return Format.JSON if self.json else (self.output or Format.TABLE)

    def writer(self, stream_default: Format | None = None) -> Output:
        """The writer of stdout. ``stream_default`` is the format when stdout is no terminal and none was asked for."""
        terminal = sys.stdout.isatty()
        wanted = self.format
        if stream_default and not terminal and self.output is None and not self.json:
            wanted = stream_default
        width = shutil.get_terminal_size().columns if terminal else None
        return Output(wanted, colour=self.coloured(terminal), width=width)

    def coloured(self, terminal: bool) -> bool:
        """Whether to colour: --no-color, NO_COLOR and TERM=dumb say no; FORCE_COLOR says yes; else on a terminal."""
        if self.no_color or self.environ.get("NO_COLOR"):
            return False
        if self.environ.get("FORCE_COLOR", "0") != "0" or self.environ.get("CLICOLOR_FORCE", "0") != "0":
            return True
        return terminal and self.environ.get("TERM") != "dumb"

    @property
    def interactive(self) -> bool:
        """Whether somebody can be asked."""
        return sys.stdin.isatty() and not self.no_input

    def client(self) -> PlantOpsClient:
        """A client for that server; raises as :meth:`server` does."""
        from plantops_api.client import PlantOpsClient

        place = self.server()
        return PlantOpsClient(place.url, place.token, self.transport, self.timeout)

    def server(self) -> Place:
        """The server and token that flags, environment, configuration files or the local stack name.

        Raises:
            TokenFileUnreadable, Stop: what was configured cannot be used.
        """
        if self.place is not None:
            return self.place
        return configuration.server_place(self.environ, url=self.url, token_file=self.token_file)

    def ask(self, talk: Callable[[PlantOpsClient], Awaitable[Answer]]) -> Answer:
        """Run one conversation with the server to its end.

        Raises:
            Stop: the options contradict each other; nothing was sent.
        """
        _ = self.format

        async def conversation() -> Answer:
            async with self.client() as client:
                return await talk(client)

        return run(conversation())


def invocation(context: typer.Context) -> Invocation:
    """The invocation that a command belongs to."""
    found = context.obj
    assert isinstance(found, Invocation)  # noqa: S101 - main.run puts it there
    return found


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run to the end; Ctrl-C cancels, cleans up and is raised as KeyboardInterrupt."""
    return asyncio.run(work)
