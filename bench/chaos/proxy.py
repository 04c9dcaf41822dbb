"""A TCP connection that can be made bad: slow, narrow, torn, or down. It stands before the database or the broker."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from dataclasses import dataclass

_CHUNK = 16_384


@dataclass
class Toxics:
    """What is wrong with the line now; all of it may change at any time. ``latency_s`` ± ``jitter_s`` is one way."""

    latency_s: float = 0.0
    jitter_s: float = 0.0
    bandwidth: float | None = None
    """Bytes a second in each direction of each connection; None is unlimited."""


class FaultProxy:
    """Forwards 127.0.0.1:``port`` to ``target``; the port stays the same through every fault.

    Args:
        target: host and port of the honest server.
        rng: gives the jitter, so that a seed repeats it.
    """

    def __init__(self, target: tuple[str, int], rng: random.Random) -> None:
        self._target, self._rng = target, rng
        self.toxics = Toxics()
        self.port = 0
        self.carried = 0
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self._carriers: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Let connections through, at first or again."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Tear every connection and refuse new ones until :meth:`start`."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset()
        await asyncio.gather(*self._carriers, return_exceptions=True)

    def reset(self) -> None:
        """Tear every connection as a reboot would: RST, and what was on the way is gone."""
        for line in list(self._lines):
            wire = line.get_extra_info("socket")
            if wire is not None and wire.fileno() >= 0:
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.transport.abort()
        self._lines.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, back}
        self._lines |= both
        ways = {
            asyncio.create_task(self._carry(reader, back)),
            asyncio.create_task(self._carry(there, writer)),
        }
        self._carriers |= ways
        try:
            await asyncio.gather(*ways)
        finally:
            self._carriers -= ways
            self._lines -= both
            for line in both:
                line.close()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """One direction. Pieces wait their latency side by side, so that a slow line is not a narrow one."""
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)
        sending = asyncio.create_task(self._deliver(pieces, sink))
        try:
            while data := await source.read(_CHUNK):
                toxics = self.toxics
                late = max(0.0, toxics.latency_s + self._rng.uniform(-toxics.jitter_s, toxics.jitter_s))
                await pieces.put((loop.time() + late, data))
        except OSError:
            pass
        finally:
            await pieces.put((0.0, b""))
            await sending

    async def _deliver(self, pieces: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        broken = False
        while True:
            due, data = await pieces.get()
            if not data:
                break
            await asyncio.sleep(max(0.0, due - loop.time()))
            if broken:
                continue  # the other side goes on reading until its own end
            try:
                sink.write(data)
                await sink.drain()
                self.carried += len(data)
            except OSError:
                broken = True
            if self.toxics.bandwidth:
                await asyncio.sleep(len(data) / self.toxics.bandwidth)
        if not sink.is_closing():
            sink.close()
