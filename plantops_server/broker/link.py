"""The server's link to the broker: bytes in, acknowledged when the caller says that they are safe.

Nothing is parsed here beyond the topic. At most ``receive_maximum`` QoS 1 messages are unacknowledged at a time, so
that a database that is away fills the broker's queue (which is on disk) and not our memory.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal, NamedTuple, cast

import paho.mqtt.client as mqtt

from plantops_api import topics
from plantops_server.broker.address import Address, Login
from plantops_server.broker.connection import Connection
from plantops_server.errors import LinkDied

log = logging.getLogger(__name__)

PacketKind = Literal["telemetry", "status"]

SESSION_EXPIRY_S = 30 * 86_400
"""How long the broker holds messages for a server that is away (its queue limits may be reached before)."""
RECEIVE_MAXIMUM = 2000
"""Unacknowledged messages on their way to us; the broker's max_inflight_messages must not be lower."""
MOST_RETAINED = 100
"""Topics that are remembered of one device; a sane one retains its status and nothing else."""
_LOOK_AROUND_S = 5.0  # how often a waiting caller checks that the thread lives


class Packet(NamedTuple):
    """One message of a device as it came. ``token`` is for ``acknowledge`` alone."""

    topic: str
    device_id: str
    kind: PacketKind
    payload: bytes
    retain: bool
    dup: bool
    arrived: datetime
    token: object

    @property
    def mid(self) -> int | None:
        """The number under which the broker delivers it, the same when it delivers it again; None for QoS 0."""
        return self.token.mid if isinstance(self.token, _Token) else None


class _Token(NamedTuple):
    epoch: int
    mid: int


class BrokerLink:
    """A link with a fixed client id and a session that outlives us, made by ``for_ingest`` or ``for_downlink``."""

    def __init__(
        self, address: Address, login: Login, *, filters: Sequence[str], receive_maximum: int = RECEIVE_MAXIMUM,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._inbox = _Inbox(receive_maximum, clock)
        self._connection = Connection(
            address, login, filters=filters, receiver=self._inbox,
            session_expiry_s=SESSION_EXPIRY_S if filters else 0, receive_maximum=receive_maximum,
        )  # fmt: skip
        self._inbox.acknowledge = self._connection.acknowledge

    @classmethod
    def for_ingest(
        cls, address: Address, login: Login, *, shared: bool = False, receive_maximum: int = RECEIVE_MAXIMUM
    ) -> BrokerLink:
        """The link that receives all that devices say; ``shared`` when several workers divide it among them."""
        prefix = "$share/plantops-ingest/" if shared else ""
        return cls(address, login, filters=[prefix + topics.ALL_UPLINKS], receive_maximum=receive_maximum)

    @classmethod
    def for_downlink(cls, address: Address, login: Login) -> BrokerLink:
        """The link that only publishes."""
        return cls(address, login, filters=[])

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and our subscription."""
        return self._connection.connected

    @property
    def connected_since(self) -> datetime | None:
        """When the present connection was made; None when there is none."""
        return self._connection.connected_since

    @property
    def problem(self) -> str | None:
        """Why there is no connection, in words; None while there is one."""
        return self._connection.problem

    @property
    def refused(self) -> bool:
        """Whether the broker does not accept our account: waiting will not help."""
        return self._connection.refused

    @property
    def waiting(self) -> int:
        """Packets that have come and were not yet taken."""
        return len(self._inbox.packets)

    @property
    def discarded(self) -> int:
        """Messages that were no packets of ours, or QoS 0 beyond what we hold."""
        return self._inbox.discarded

    def retained_of(self, device_id: str) -> frozenset[str]:
        """Uplink topics on which this device left something retained, as far as it came by here."""
        return frozenset(self._inbox.retained.get(device_id, ()))

    async def start(self) -> None:
        """Begin to connect; returns at once, and keeps the connection up until ``stop``."""
        self._inbox.loop = asyncio.get_running_loop()
        await self._connection.start()

    async def stop(self) -> None:
        """Send pending acknowledgements and disconnect; the broker keeps what we did not acknowledge."""
        await self._connection.stop()

    async def wait_connected(self, timeout_s: float) -> bool:
        """Wait until connected; False when that took longer."""
        return await self._connection.wait_connected(timeout_s)

    async def next_batch(self, limit: int, gather_s: float) -> list[Packet]:
        """Wait for at least one packet, then up to ``gather_s`` seconds for more; at most ``limit``, oldest first.

        Raises LinkDied when nothing can come any more.
        """
        while not self._inbox.packets:
            if not self._connection.alive:
                raise LinkDied(problem=self.problem)
            self._inbox.filled.clear()
            if self._inbox.packets:  # came between the look and the clear
                break
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes together with a packet.
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AROUND_S):
                    await self._inbox.filled.wait()
        if gather_s > 0 and len(self._inbox.packets) < limit:
            await asyncio.sleep(gather_s)
        return self._inbox.take(limit)

    def acknowledge(self, packets: Sequence[Packet]) -> None:
        """Tell the broker that these are safe. Packets of an earlier connection are passed over: they come again."""
        by_epoch: dict[int, list[int]] = {}
        for packet in packets:
            if isinstance(packet.token, _Token):
                by_epoch.setdefault(packet.token.epoch, []).append(packet.token.mid)
        for epoch, mids in by_epoch.items():
            self._connection.acknowledge(epoch, mids)

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> None:
        """Publish and wait until the broker has it.

        Raises BrokerUnavailable without a connection or an answer, PublishRefused when it is not allowed.
        """
        await self._connection.publish(topic, payload, retain=retain, qos=qos)


class _Inbox:
    """Packets between the MQTT thread, which adds, and the event loop, which takes."""

    def __init__(self, receive_maximum: int, clock: Callable[[], datetime]) -> None:
        self.packets: deque[Packet] = deque()
        self.filled = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.discarded = 0
        self.retained: dict[str, set[str]] = {}
        self.acknowledge: Callable[[int, Sequence[int]], None]
        self._lock = threading.Lock()
        self._most = 2 * receive_maximum  # QoS 1 keeps itself below the half; QoS 0 has no such brake
        self._clock = clock

    def received(self, message: mqtt.MQTTMessage, epoch: int) -> None:
        packet = self._packet(message, epoch)
        if packet is None or (message.qos == 0 and len(self.packets) >= self._most):
            self.discarded += 1
            if message.qos:
                self.acknowledge(epoch, [message.mid])
            return
        with self._lock:
            self.packets.append(packet)
            wake = len(self.packets) == 1
        if wake:
            self._wake()

    def dropped(self) -> None:
        """Forget what will be delivered again; QoS 0 will not."""
        with self._lock:
            kept = [packet for packet in self.packets if packet.token is None]
            self.packets.clear()
            self.packets.extend(kept)

    def take(self, limit: int) -> list[Packet]:
        with self._lock:
            return [self.packets.popleft() for _ in range(min(limit, len(self.packets)))]

    def _packet(self, message: mqtt.MQTTMessage, epoch: int) -> Packet | None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return None
        uplink = topics.parse_uplink(topic)
        if message.retain and (speaker := topics.speaker(topic)):
            self._note_retained(speaker, topic, there=bool(message.payload))
        if uplink is None or uplink.kind not in ("telemetry", "status"):
            return None
        return Packet(
            topic, uplink.device_id, cast(PacketKind, uplink.kind), bytes(message.payload), message.retain,
            message.dup, self._clock(), _Token(epoch, message.mid) if message.qos else None,
        )  # fmt: skip

    def _note_retained(self, device_id: str, topic: str, *, there: bool) -> None:
        """An empty one takes the retained message away; a device may use any topic below its own uplinks."""
        kept = self.retained.setdefault(device_id, set())
        if not there:
            kept.discard(topic)
        elif len(kept) < MOST_RETAINED:
            kept.add(topic)

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the event loop is closed
            if self.loop is not None:
                self.loop.call_soon_threadsafe(self.filled.set)
