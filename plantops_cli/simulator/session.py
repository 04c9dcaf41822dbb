"""One device's MQTT connection: its own credentials, last will, retained status, QoS 1, and a wait for each PUBACK.

paho runs the connection in its own thread and connects again by itself; what was not acknowledged goes out once more.
MQTT 5, because only there the broker says when it refuses a message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Literal, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from plantops_api.wire import DeviceTopics, MqttCredentials
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.simulator.messages import Fields, arrays, encode

Status = Literal["online", "offline", "sleeping"]

KEEPALIVE_S = 30
CONNECT_TIMEOUT_S = 10.0
ACK_TIMEOUT_S = 60.0
"""A broker restart takes a few seconds; after a minute something is wrong."""

_FIRST_RETRY_S, _LONGEST_RETRY_S = 1, 30


class BrokerUnreachable(Stop):
    """No connection to the broker that the server named."""

    def __init__(self, credentials: MqttCredentials, why: str) -> None:
        super().__init__(
            ExitCode.UNREACHABLE,
            f"The MQTT broker at {credentials.host}:{credentials.port} cannot be reached: {why}.",
            'The server tells devices this address (PLANTOPS_MQTT_PUBLIC_URL); "plantops doctor" looks closer.',
        )


class BrokerRefused(Stop):
    """The broker answered and does not let this device in, or not publish."""

    def __init__(self, credentials: MqttCredentials, why: str) -> None:
        super().__init__(
            ExitCode.NOT_ALLOWED,
            f"The MQTT broker refused device {credentials.username}: {why}.",
            'New credentials: "plantops devices rotate"; "plantops doctor" looks at the broker\'s accounts.',
        )


class DeviceSession:
    """The connection of one device. Use as ``async with``: online inside, ``offline`` said on the way out."""

    def __init__(self, credentials: MqttCredentials, topics: DeviceTopics) -> None:
        self.credentials, self.topics = credentials, topics
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connected: asyncio.Future[None] | None = None
        self._status: Status | None = None
        self._refusal: BrokerRefused | None = None
        self._unanswered: dict[int, asyncio.Future[ReasonCode]] = {}
        self._client = self._build()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def connect(self) -> None:
        """Connect and say ``online``.

        Raises:
            BrokerUnreachable, BrokerRefused: there is no connection; nothing runs on.
        """
        self._loop = asyncio.get_running_loop()
        self._connected = self._loop.create_future()
        await asyncio.to_thread(self._dial)
        try:
            await asyncio.wait_for(self._connected, CONNECT_TIMEOUT_S)
            await self.say("online")
        except TimeoutError:
            await self._hang_up()
            raise BrokerUnreachable(self.credentials, "no answer") from None
        except BaseException:
            await self._hang_up()
            raise

    async def say(self, status: Status) -> None:
        """Publish the retained status; it is repeated after every loss of the connection."""
        self._status = status
        await self._publish(self.topics.status, status.encode(), retain=True)

    async def send(self, readings: Sequence[Fields]) -> None:
        """Publish readings, in arrays where there are many, and wait until the broker has taken all of them.

        Raises:
            BrokerRefused: it does not take them. BrokerUnreachable: no answer in a minute.
        """
        parts = [self._publish(self.topics.telemetry, encode(part)) for part in arrays(readings)]
        await asyncio.gather(*parts)

    async def send_bytes(self, payload: bytes) -> None:
        """Publish a payload as it is on the telemetry topic."""
        await self._publish(self.topics.telemetry, payload)

    async def close(self, last_words: Status = "offline") -> None:
        """Say the last status, if there still is a connection, and disconnect."""
        try:
            if self._client.is_connected():
                await asyncio.wait_for(self.say(last_words), 5)
        except (Stop, TimeoutError):
            pass  # the last will says it for us
        finally:
            await self._hang_up()

    async def lose(self) -> None:
        """Lose the connection without a word, as a device out of reach does: the broker speaks the last will.

        ``DeviceSession`` is not used again after this; a device that comes back opens a new one.
        """
        await asyncio.to_thread(self._client.loop_stop)
        if (line := self._client.socket()) is not None:
            line.close()

    def _build(self) -> mqtt.Client:
        credentials = self.credentials
        client = mqtt.Client(CallbackAPIVersion.VERSION2, credentials.client_id, protocol=mqtt.MQTTv5)
        client.username_pw_set(credentials.username, credentials.password)
        client.will_set(self.topics.status, b"offline", qos=1, retain=True)
        client.reconnect_delay_set(_FIRST_RETRY_S, _LONGEST_RETRY_S)
        if credentials.tls:
            client.tls_set()
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        return client

    def _dial(self) -> None:
        """The first connection, in a worker thread: paho resolves and connects without yielding."""
        try:
            self._client.connect(self.credentials.host, self.credentials.port, KEEPALIVE_S)
        except OSError as problem:
            raise BrokerUnreachable(self.credentials, problem.strerror or str(problem)) from None
        self._client.loop_start()

    async def _hang_up(self) -> None:
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    async def _publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        assert self._loop is not None  # noqa: S101 - connect() comes first
        if self._refusal is not None:
            raise self._refusal
        answer: asyncio.Future[ReasonCode] = self._loop.create_future()
        # No lock: paho calls on_publish with its own locks held, so one of ours would deadlock with publish(). The
        # answer is looked up in this loop, which cannot run before these two lines are done.
        sent = self._client.publish(topic, payload, qos=1, retain=retain)
        self._unanswered[sent.mid] = answer
        if sent.rc not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN):
            raise BrokerUnreachable(self.credentials, mqtt.error_string(sent.rc).rstrip("."))
        try:
            reason = await asyncio.wait_for(answer, ACK_TIMEOUT_S)
        except TimeoutError:
            raise BrokerUnreachable(self.credentials, "it does not acknowledge") from None
        finally:
            self._unanswered.pop(sent.mid, None)
        if reason.is_failure:
            raise BrokerRefused(self.credentials, str(reason))

    def _on_connect(
        self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        if not reason.is_failure:
            if (
                self._status is not None
            ):  # connected again: the last will has spoken, and only we can take it back
                self._client.publish(self.topics.status, self._status.encode(), qos=1, retain=True)
            self._later(self._settle_connected)
            return
        self._client.disconnect()  # wrong credentials do not become right by trying again
        self._later(self._give_up, BrokerRefused(self.credentials, str(reason)))

    def _on_publish(self, _client: Any, _data: Any, mid: int, reason: ReasonCode, _properties: Any) -> None:
        self._later(self._answered, mid, reason)

    def _answered(self, mid: int, reason: ReasonCode) -> None:
        answer = self._unanswered.get(mid)
        if answer is not None and not answer.done():
            answer.set_result(reason)

    def _settle_connected(self) -> None:
        if self._connected is not None and not self._connected.done():
            self._connected.set_result(None)

    def _give_up(self, refusal: BrokerRefused) -> None:
        """The broker does not let us in (any more): whoever waits hears it now, whoever sends later at once."""
        self._refusal = refusal
        for future in [*self._unanswered.values(), self._connected]:
            if future is not None and not future.done():
                future.set_exception(refusal)

    def _later(self, call: Any, *args: Any) -> None:
        """Call in the event loop; nothing when that is gone."""
        assert self._loop is not None  # noqa: S101 - connect() comes first
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *args)
