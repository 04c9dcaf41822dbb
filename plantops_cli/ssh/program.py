"""The process of one session: on a terminal of its own or on pipes, in a process group of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress
from fcntl import ioctl
from typing import NamedTuple

_HANG_UP_WITHIN_S = 6.0
"""A little more than a session gives itself (hangup.py); then it is killed."""
_LARGEST_SIDE = 1000
"""Cells; whatever a client says, nothing larger is drawn."""


class Size(NamedTuple):
    """Of a terminal, in cells."""

    width: int
    height: int

    @classmethod
    def of(cls, width: int, height: int) -> Size:
        """What a client says, within reason; 80x24 when it says nothing."""
        return cls(min(width or 80, _LARGEST_SIDE), min(height or 24, _LARGEST_SIDE))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


class Program:
    """A running child. ``outputs`` are read to their end; ``stdin`` is None on pipes: commands read nothing."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        stdin: asyncio.WriteTransport | None,
        terminal: int | None,
        stdout: asyncio.StreamReader,
        stderr: asyncio.StreamReader | None,
    ) -> None:
        self._process, self._terminal = process, terminal
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr

    async def wait(self) -> int:
        """The exit status, as a shell would tell it."""
        status = await self._process.wait()
        return status if status >= 0 else 128 - status

    def resize(self, size: Size) -> None:
        """Tell the terminal; the kernel tells the program."""
        if self._terminal is not None:
            _set_size(self._terminal, size)

    def interrupt(self) -> None:
        """As Ctrl-C would."""
        self._signal(signal.SIGINT)

    async def end(self) -> int:
        """Hang up, and kill the whole group when it does not leave; the exit status."""
        self._signal(signal.SIGHUP)
        try:
            async with asyncio.timeout(_HANG_UP_WITHIN_S):
                return await self.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)
            return await self.wait()

    def close(self) -> None:
        """Let go of the terminal: it is hung up, whoever still has it open."""
        if self.stdin is not None:
            self.stdin.close()
        if self._terminal is not None:
            os.close(self._terminal)
            self._terminal = None

    def _signal(self, number: int) -> None:
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


async def on_terminal(argv: Sequence[str], environ: Mapping[str, str], size: Size) -> Program:
    """Start it on a new pseudo-terminal. It makes that its controlling one itself (``--of-door``)."""
    master, slave = os.openpty()
    try:
        _set_size(slave, size)
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=slave, stdout=slave, stderr=slave, env=environ, cwd="/", start_new_session=True
        )
    except BaseException:
        os.close(master)
        raise
    finally:
        os.close(slave)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(master), "rb", buffering=0)
    )
    writer, _ = await loop.connect_write_pipe(
        asyncio.BaseProtocol, os.fdopen(os.dup(master), "wb", buffering=0)
    )
    return Program(process, writer, master, reader, None)


async def on_pipes(argv: Sequence[str], environ: Mapping[str, str]) -> Program:
    """Start it with stdout and stderr apart, and nothing to read."""
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env=environ, cwd="/", start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None  # noqa: S101 - asked for above
    return Program(process, None, None, process.stdout, process.stderr)


def _set_size(terminal: int, size: Size) -> None:
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size.height, size.width, 0, 0))
