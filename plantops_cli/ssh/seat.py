"""One session of a connection: a channel on one side, a process on the other, and when both are over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import asyncssh

from plantops_cli.ssh import allowed, surroundings
from plantops_cli.ssh.program import Program, Size, on_pipes, on_terminal
from plantops_cli.ssh.rules import LONGEST_SESSION_S

_MOST_UNREAD = 65_536
"""Bytes that a person may be ahead of the program."""
_LAST_WORDS_WITHIN_S = 2.0

_NOT_STARTED = 1
_HUNG_UP = 129


class Guest(Protocol):
    """Who sits down."""

    @property
    def username(self) -> str:
        """The user of the key that was proved."""

    @property
    def fingerprint(self) -> str:
        """Of that key."""

    @property
    def address(self) -> str:
        """Where the connection comes from."""

    @property
    def connection(self) -> str:
        """As SSH_CONNECTION has it."""


Report = Callable[["Seat", int], None]


class Seat(asyncssh.SSHServerSession[bytes]):
    """Carries bytes both ways until the program ends, the person goes, or sits there too long.

    Args:
        argv: the program that runs one session of this guest.
        idle_s: an interface in which no key was pressed for so long is closed; None: never.
        over: called once with the exit status, when the process is gone.
    """

    def __init__(
        self, guest: Guest, argv: Sequence[str], environ: dict[str, str], idle_s: float | None, over: Report
    ) -> None:
        self.guest, self.began = guest, time.monotonic()
        self.command, self.term, self.size = "", "", None
        self._argv, self._environ, self._idle_s, self._over = argv, environ, idle_s, over
        self._channel: asyncssh.SSHServerChannel[bytes]
        self._program: Program | None = None
        self._typed_ahead = bytearray()
        self._last_key = self.began
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._life: asyncio.Task[None] | None = None

    size: Size | None

    # --- what the client asks for ----------------------------------------------------------------------

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """The channel is open."""
        self._channel = chan

    def pty_requested(self, term_type: str, term_size: tuple[int, int, int, int], term_modes: object) -> bool:
        """A terminal may be had."""
        self.term, self.size = term_type, Size.of(*term_size[:2])
        return True

    def shell_requested(self) -> bool:
        """Never a shell: the interface."""
        return True

    def exec_requested(self, command: str) -> bool:
        """A command; the session itself decides whether it may be run, so that both doors decide alike."""
        self.command = command
        return len(command) <= allowed.LONGEST

    def subsystem_requested(self, subsystem: str) -> bool:
        """No sftp, nor any other."""
        return False

    def session_started(self) -> None:
        """All was asked for; sit down."""
        self._life = asyncio.create_task(self._sit(), name=f"ssh session of {self.guest.username}")

    # --- what comes over the line ----------------------------------------------------------------------

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Keys, clicks, the terminal's answers."""
        self._last_key = time.monotonic()
        program = self._program
        if program is None:
            self._typed_ahead += data[: _MOST_UNREAD - len(self._typed_ahead)]
        elif program.stdin is not None and program.stdin.get_write_buffer_size() < _MOST_UNREAD:
            program.stdin.write(data)

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        """The window has another size."""
        self.size = Size.of(width, height)
        if self._program is not None:
            self._program.resize(self.size)

    def signal_received(self, signal: str) -> None:
        """INT interrupts; others that end a program hang up."""
        if signal == "INT" and self._program is not None:
            self._program.interrupt()
        elif signal in ("HUP", "TERM", "KILL", "QUIT"):
            self.leave("")

    def eof_received(self) -> bool:
        """No more input; the output goes on."""
        return True

    def pause_writing(self) -> None:
        """The client does not keep up."""
        self._may_write.clear()

    def resume_writing(self) -> None:
        """It does again."""
        self._may_write.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The person is gone, or the session over."""
        self.leave("")

    def leave(self, why: str) -> None:
        """End it; ``why`` is a sentence for the person, empty when nobody is there to read it."""
        if not self._gone.done():
            self._gone.set_result(why)
            self._may_write.set()  # nothing holds the program's last words up any more

    async def left(self) -> None:
        """Wait until its process is gone."""
        if self._life is not None:
            await asyncio.wait({self._life})

    # --- life ------------------------------------------------------------------------------------------

    async def _sit(self) -> None:
        status = _NOT_STARTED
        try:
            program = await self._start()
            try:
                status = await self._accompany(program)
            finally:
                program.close()
        except OSError as problem:  # no process or terminal to be had
            self._send(f"The session could not be started: {problem.strerror}.\r\n".encode(), None)
        finally:
            self._over(self, status)
            with suppress(OSError):
                self._channel.exit(min(status, 255))

    async def _start(self) -> Program:
        environ = self._environ | surroundings.of_client(self._channel.get_environment())
        environ |= {"SSH_ORIGINAL_COMMAND": self.command, "SSH_CONNECTION": self.guest.connection}
        if self.size is None:
            program = await on_pipes(self._argv, environ)
        else:
            environ |= surroundings.of_client({"TERM": self.term})
            program = await on_terminal(self._argv, environ, self.size)
            program.resize(self.size)
        self._program = program
        if program.stdin is not None and self._typed_ahead:
            program.stdin.write(bytes(self._typed_ahead))
        return program

    async def _accompany(self, program: Program) -> int:
        """Until the program ends or has to; its exit status."""
        pumps = [asyncio.create_task(self._pump(program.stdout, None))]
        if program.stderr is not None:
            pumps.append(asyncio.create_task(self._pump(program.stderr, asyncssh.EXTENDED_DATA_STDERR)))
        try:
            why = await self._until_over(program)
            status = await program.end()
            await asyncio.wait(pumps, timeout=_LAST_WORDS_WITHIN_S)
            if why:
                self._send(f"\r\n{why}\r\n".encode(), None)
            return _HUNG_UP if why else status
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _until_over(self, program: Program) -> str:
        """Why it is over before the program ended by itself; empty when it did."""
        ended = asyncio.create_task(program.wait())
        try:
            while True:
                events: tuple[asyncio.Future[Any], ...] = (ended, self._gone)
                await asyncio.wait(events, timeout=self._patience_s(), return_when=asyncio.FIRST_COMPLETED)
                if ended.done():
                    return ""
                if self._gone.done():
                    return self._gone.result()
                if self._patience_s() <= 0:
                    return self._reason()
        finally:
            ended.cancel()

    def _patience_s(self) -> float:
        now = time.monotonic()
        longest = self.began + LONGEST_SESSION_S - now
        if self._idle_s is None or self.size is None:
            return longest
        return min(longest, self._last_key + self._idle_s - now)

    def _reason(self) -> str:
        if time.monotonic() >= self.began + LONGEST_SESSION_S:
            return "This session has lasted a day; connect again."
        return f"Nobody pressed a key for {(self._idle_s or 0) / 60:g} min, so this session was closed."

    async def _pump(self, source: asyncio.StreamReader, datatype: int | None) -> None:
        """Everything that the program writes, at the pace of the client."""
        with suppress(OSError):  # a terminal whose program has gone reads as EIO
            while data := await source.read(_MOST_UNREAD):
                await self._may_write.wait()
                self._send(data, datatype)

    def _send(self, data: bytes, datatype: int | None) -> None:
        with suppress(OSError):  # the person has gone; connection_lost says so too
            self._channel.write(data, datatype)
