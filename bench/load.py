"""Publishers that cost next to nothing, in a process of their own, so that the server is measured and not they.

One JSON job on stdin, one JSON result on stdout. MQTT 3.1.1 over plain sockets, QoS 1, a bounded number of messages
under way per connection; a message counts as published when its PUBACK has come.
"""

from __future__ import annotations

import asyncio
import json
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.ground import ROOT, Pot

WINDOW = 50


def start(
    port: int, pots: Sequence[Pot], *, readings: int, rate: float | None = None
) -> subprocess.Popen[str]:
    """Begin to publish ``readings`` in all, as fast as they are taken or at ``rate`` a second over all connections."""
    job = {"port": port, "pots": [asdict(pot) for pot in pots], "readings": readings, "rate": rate}
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.load"],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None  # noqa: S101
    process.stdin.write(json.dumps(job))
    process.stdin.close()
    process.stdin = None
    return process


def finish(process: subprocess.Popen[str]) -> dict[str, float]:
    """Wait for the end: published (PUBACKs), began and ended in epoch seconds."""
    out, _ = process.communicate(timeout=300)
    return dict(json.loads(out))


class _Voice(asyncio.Protocol):
    """One connection of one device."""

    def __init__(self, pot: dict[str, Any], readings: int) -> None:
        self._pot, self._readings = pot, readings
        self._topic = _text(pot["topic"])
        self._mid = 0
        self.sent = self.acknowledged = 0
        self._buffer = b""
        self.accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport
        self.paced = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self._transport = transport
        fields = _text(self._pot["client_id"]) + _text(self._pot["username"]) + _text(self._pot["password"])
        transport.write(_packet(0x10, _text("MQTT") + bytes([4, 0xC2, 0, 60]) + fields))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.accepted.done():
            if len(self._buffer) < 4:
                return
            if self._buffer[3]:
                self.accepted.set_exception(ConnectionRefusedError(f"CONNACK {self._buffer[3]}"))
                return
            self._buffer = self._buffer[4:]
            self.accepted.set_result(None)
        whole = len(self._buffer) // 4  # every PUBACK has four bytes
        self._buffer = self._buffer[4 * whole :]
        self.acknowledged += whole
        if self.acknowledged == self._readings and not self.done.done():
            self.done.set_result(None)
        if not self.paced:
            self.fill()

    def fill(self) -> None:
        """Send until the window or the job is full."""
        count = min(WINDOW - (self.sent - self.acknowledged), self._readings - self.sent)
        if count > 0:
            self._transport.write(b"".join(self._publish() for _ in range(count)))

    def send_one(self) -> None:
        """Send one more, if one is left."""
        if self.sent < self._readings:
            self._transport.write(self._publish())

    def _publish(self) -> bytes:
        self._mid = self._mid % 65_535 + 1
        self.sent += 1
        body = self._topic + struct.pack(">H", self._mid) + _reading(self.sent)
        return _packet(0x32, body)

    def close(self) -> None:
        self._transport.write(b"\xe0\x00")
        self._transport.close()


_last = datetime.now(UTC)


def _reading(number: int) -> bytes:
    """A payload of 165 bytes with the time of its sending; no two have the same time."""
    global _last
    _last = max(datetime.now(UTC), _last + timedelta(microseconds=1))
    return (
        f'{{"ts": "{_last.isoformat()}", "soil_moisture": {40 + number % 100 / 50:.2f}, "temperature": 21.45,'
        f' "humidity": 48.5, "light_level": 1204, "battery": 87, "rssi": -61, "next_in_s": 600}}'
    ).encode()


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack(">H", len(raw)) + raw


def _packet(kind: int, body: bytes) -> bytes:
    length, size = len(body), b""
    while True:
        length, digit = length >> 7, length & 127
        size += bytes([digit | (128 if length else 0)])
        if not length:
            return bytes([kind]) + size + body


async def _run(job: dict[str, Any]) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    share = job["readings"] // len(job["pots"])
    voices = []
    for pot in job["pots"]:
        _, voice = await loop.create_connection(lambda p=pot: _Voice(p, share), "127.0.0.1", job["port"])  # type: ignore[misc]
        voice.paced = job["rate"] is not None
        await voice.accepted
        voices.append(voice)
    began = time.time()
    if job["rate"] is None:
        for voice in voices:
            voice.fill()
    else:
        await _pace(voices, share, job["rate"])
    await asyncio.gather(*(voice.done for voice in voices))
    ended = time.time()
    for voice in voices:
        voice.close()
    return {"published": sum(voice.acknowledged for voice in voices), "began": began, "ended": ended}


async def _pace(voices: list[_Voice], share: int, rate: float) -> None:
    began = time.monotonic()
    for number in range(share * len(voices)):
        wait = began + number / rate - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        voices[number % len(voices)].send_one()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(_run(json.load(sys.stdin)))))
