"""One MQTT 5 connection in its own thread: connects for ever, subscribes at each connect, publishes with an answer.

paho's own loop thread is not used: when a callback raises there the thread ends and nobody hears of it. Here the
end of the thread is an event, and the delay between attempts has jitter.
"""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from plantops_server.broker.address import Address, Login
from plantops_server.errors import BrokerUnavailable, PublishRefused

log = logging.getLogger(__name__)

_KEEPALIVE_S = 20  # a dead peer is noticed within 1.5 of it
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.2, 15.0
_BAD_LOGIN = {"Not authorized", "Bad user name or password", "Client identifier not valid", "Banned"}


class Receiver(Protocol):
    """What a connection calls, in its thread: must return at once and never raise."""

    def received(self, message: mqtt.MQTTMessage, epoch: int) -> None:
        """A message has come in the connection numbered ``epoch``."""

    def dropped(self) -> None:
        """The connection is lost: unacknowledged messages will come again."""


class _Answer(NamedTuple):
    """The broker's answer to one publish, expected in one connection."""

    epoch: int
    future: asyncio.Future[ReasonCode]


class Connection:
    """A connection that keeps itself up. Start, stop and publish from one event loop.

    ``session_expiry_s`` 0 asks for a clean session, more for one that the broker keeps that long while we are away.
    ``receive_maximum`` bounds the QoS 1 messages that may be on their way to us unacknowledged. A ``passing``
    connection lives for one exchange: that it was made is no news.
    """

    def __init__(
        self, address: Address, login: Login, *, filters: Sequence[str] = (), receiver: Receiver | None = None,
        session_expiry_s: int = 0, receive_maximum: int = 100, passing: bool = False,
        rng: random.Random | None = None,
    ) -> None:  # fmt: skip
        self._filters = tuple(filters)
        self._receiver = receiver
        self._rng = rng or random.Random()  # noqa: S311 - jitter
        self._client = self._build_client(address, login, session_expiry_s, receive_maximum)
        self._address = address
        self._username = login.username
        self._news = logging.DEBUG if passing else logging.INFO
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._ack_lock = threading.Lock()
        self._epoch = 0
        self._attempt = 0
        self._ready = asyncio.Event()
        self._ended = asyncio.Event()
        self._unanswered: dict[int, _Answer] = {}
        self.connected_since: datetime | None = None
        self.problem: str | None = "not connected yet"
        self.refused = False

    def _build_client(
        self, address: Address, login: Login, expiry_s: int, receive_maximum: int
    ) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, login.client_id, protocol=mqtt.MQTTv5, manual_ack=True
        )
        client.username_pw_set(login.username, login.password)
        if address.tls:
            client.tls_set(ca_certs=str(address.ca_file) if address.ca_file else None)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = receive_maximum
        properties.SessionExpiryInterval = expiry_s
        client.connect_async(
            address.host, address.port, _KEEPALIVE_S, clean_start=expiry_s == 0, properties=properties
        )
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_socket_open = _send_at_once
        # Packets queued by other threads are then written by our thread alone, never by the caller's.
        client.on_socket_register_write = _leave_to_our_thread
        return client

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and our subscriptions."""
        return self.connected_since is not None

    @property
    def alive(self) -> bool:
        """Whether the thread still tries; false after ``stop`` or after a defect."""
        return self._thread is not None and not self._ended.is_set()

    async def start(self) -> None:
        """Begin to connect; returns at once. A broker that is away is waited for."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name=f"mqtt-{self._username}", daemon=True)
        self._thread.start()

    async def wait_connected(self, timeout_s: float) -> bool:
        """Wait until connected; False when that took too long or the thread ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._ready.wait()
                while not self.connected:  # somebody took our client id at once: our turn comes again
                    self._ready.clear()
                    await self._ready.wait()
        return self.connected

    async def stop(self) -> None:
        """Send what is queued, say goodbye and end the thread; the broker keeps the session."""
        self._stopping.set()
        if self._thread is not None:
            self._client.disconnect()
            await asyncio.to_thread(self._thread.join, 5)
            self._thread = None

    async def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1, timeout_s: float = 5
    ) -> None:
        """Publish and wait for the broker's answer.

        Raises BrokerUnavailable when there is no connection or no answer in ``timeout_s`` (nothing is sent later
        behind the caller's back), PublishRefused when the broker does not let us.
        """
        if not self.connected or self._loop is None:
            raise BrokerUnavailable(problem=self.problem or "the connection is being made")
        epoch = self._epoch
        info = self._client.publish(topic, payload, qos=qos, retain=retain)
        answer = self._unanswered[info.mid] = _Answer(epoch, self._loop.create_future())
        try:
            async with asyncio.timeout(timeout_s):
                reason = await answer.future
        except TimeoutError:
            raise BrokerUnavailable(problem="no answer in time") from None
        finally:
            self._unanswered.pop(info.mid, None)
        if reason.is_failure:
            raise PublishRefused(topic=topic, reason=reason)

    def acknowledge(self, epoch: int, mids: Sequence[int]) -> None:
        """Acknowledge messages of the connection numbered ``epoch``; those of an earlier one come again anyway."""
        with self._ack_lock:  # the epoch cannot change between the comparison and the last acknowledgement
            if epoch == self._epoch:
                for mid in mids:
                    self._client.ack(mid, 1)

    # --- in the thread -----------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._converse()
                self._stopping.wait(self._next_delay())
        except Exception:
            log.exception("the MQTT thread of %s died", self._username)
            self.problem = "the MQTT thread died; the log says why"
        finally:
            self._tell(self._ended.set)

    def _converse(self) -> None:
        """One connection from its start to its end."""
        try:
            self._client.reconnect()
        except OSError as error:
            self._trouble(f"{self._address}: {error}")
            return
        while self._client.loop(timeout=1.0) == MQTTErrorCode.MQTT_ERR_SUCCESS:
            if self._stopping.is_set():
                self._client.disconnect()
        self._forget_connection("the connection was lost")

    def _next_delay(self) -> float:
        """Exponential, capped, with full jitter: a thousand clients do not come back in the same second."""
        ceiling = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2 ** min(self._attempt, 16))
        self._attempt += 1
        return self._rng.uniform(ceiling / 2, ceiling)

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: mqtt.ConnectFlags, reason: ReasonCode, _props: Any
    ) -> None:
        if reason.is_failure:
            self.refused = reason.getName() in _BAD_LOGIN
            self._trouble(f"{self._address} refused {self._username}: {reason}")
        elif self._filters:
            # Whatever session_present says: after an administrative kick it is true and the subscriptions are gone.
            options = SubscribeOptions(qos=1, retainAsPublished=True)
            client.subscribe([(filter_, options) for filter_ in self._filters])
        else:
            self._is_up()

    def _on_subscribe(
        self, client: mqtt.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _props: Any
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._trouble(f"{self._address} does not let {self._username} subscribe: {reasons[0]}")
            client.disconnect()
        else:
            self._is_up()

    def _is_up(self) -> None:
        self._attempt = 0
        self.problem, self.refused = None, False
        self.connected_since = datetime.now(UTC)
        self._tell(self._ready.set)
        log.log(self._news, "connected to %s as %s", self._address, self._username)

    def _on_disconnect(
        self, _client: mqtt.Client, _data: Any, _flags: mqtt.DisconnectFlags, reason: ReasonCode, _props: Any
    ) -> None:
        self._forget_connection(f"{self._address} ended the connection: {reason}")

    def _forget_connection(self, problem: str) -> None:
        with self._ack_lock:
            ended = self._epoch
            self._epoch += 1
        if self.connected_since is not None:
            self.connected_since = None
            self._trouble(f"{problem} (as {self._username})")
        self._client.drop_out_messages()  # their callers get an error now: never send them later
        if self._receiver is not None:
            self._receiver.dropped()
        self._tell(self._fail_unanswered, ended)

    def _trouble(self, problem: str) -> None:
        """Remember why there is no connection; said once, not at each attempt."""
        if problem != self.problem and not self._stopping.is_set():
            log.warning("%s", problem)
        self.problem = problem

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        if self._receiver is not None:
            self._receiver.received(message, self._epoch)

    def _on_publish(
        self, _client: mqtt.Client, _data: Any, mid: int, reason: ReasonCode, _props: Any
    ) -> None:
        self._tell(self._answered, mid, reason)

    def _tell(self, callback: Callable[..., object], *args: Any) -> None:
        with suppress(RuntimeError):  # the event loop is closed: nobody is left to hear it
            if self._loop is not None:
                self._loop.call_soon_threadsafe(callback, *args)

    # --- in the event loop -------------------------------------------------------------------------

    def _answered(self, mid: int, reason: ReasonCode) -> None:
        answer = self._unanswered.get(mid)
        if answer is not None and not answer.future.done():
            answer.future.set_result(reason)

    def _fail_unanswered(self, ended: int) -> None:
        if not self.connected:
            self._ready.clear()
        for answer in self._unanswered.values():
            if answer.epoch <= ended and not answer.future.done():
                answer.future.set_exception(
                    BrokerUnavailable(problem="the connection was lost before the answer")
                )


def _send_at_once(_client: mqtt.Client, _data: Any, sock: Any) -> None:
    """Without this two small packets in a row wait 40 ms for each other (Nagle's algorithm and delayed ACKs)."""
    with suppress(OSError, AttributeError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _leave_to_our_thread(_client: mqtt.Client, _data: Any, _sock: Any) -> None:
    pass
