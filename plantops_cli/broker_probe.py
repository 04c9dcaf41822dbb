"""Trying the broker's locks with real MQTT clients: nobody without credentials, nobody on another's topics."""

from __future__ import annotations

import queue
import secrets
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

_PATIENCE_S = 5.0


class Broker(NamedTuple):
    """Where an MQTT broker listens."""

    host: str
    port: int
    tls: bool = False

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


class Login(NamedTuple):
    """One device's credentials; the repr shows no password."""

    client_id: str
    username: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.client_id!r})"


class NoAnswer(Exception):
    """Nothing that speaks MQTT answers there; the text says what happened."""


def lets_in(
    broker: Broker, login: Login | None, *, version: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5
) -> bool:
    """Whether the broker accepts a connection with these credentials, or with none.

    Raises:
        NoAnswer: it cannot be reached, or does not answer in time.
    """
    with _connection(broker, login, version) as connection:
        return connection.accepted


def allows_foreign_topics(broker: Broker, login: Login, foreign_topic: str) -> list[str]:
    """What a device may do that it must not: ``publish`` to another's topic, ``subscribe`` to everything.

    Raises:
        NoAnswer: it cannot be reached, or does not let the device in at all.
    """
    with _connection(broker, login, MQTTProtocolVersion.MQTTv5) as connection:
        if not connection.accepted:
            raise NoAnswer("the broker does not accept the credentials that the server just issued")
        found = []
        if not connection.publish(foreign_topic).is_failure:
            found.append("publish")
        if not connection.subscribe("#").is_failure:
            found.append("subscribe")
        return found


class _Connection:
    """A paho client in its own thread, asked one thing at a time; MQTT 5, where the broker tells the truth."""

    def __init__(self, broker: Broker, login: Login | None, version: MQTTProtocolVersion) -> None:
        self._answers: queue.Queue[Any] = queue.Queue()
        client_id = login.client_id if login else f"plantops-doctor-{secrets.token_hex(6)}"
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=version)
        if login is not None:
            self._client.username_pw_set(login.username, login.password)
        if broker.tls:
            self._client.tls_set_context(ssl.create_default_context())
        self._client.on_connect = self._told_connect
        self._client.on_connect_fail = lambda *_: self._answers.put(NoAnswer("the connection failed"))
        self._client.on_publish = self._told_publish
        self._client.on_subscribe = self._told_subscribe
        try:
            self._client.connect(broker.host, broker.port, keepalive=10)
        except OSError as problem:
            raise NoAnswer(
                f"{broker} cannot be reached ({problem.strerror or type(problem).__name__})"
            ) from None
        self._client.loop_start()

    @cached_property
    def accepted(self) -> bool:
        """What CONNACK said."""
        return not self._answer().is_failure

    def publish(self, topic: str) -> ReasonCode:
        """What PUBACK said."""
        self._client.publish(topic, b"{}", qos=1)
        return self._answer()

    def subscribe(self, topic: str) -> ReasonCode:
        """What SUBACK said."""
        self._client.subscribe(topic, qos=1)
        return self._answer()

    def close(self) -> None:
        """Say goodbye and end the thread."""
        self._client.disconnect()
        if threading.current_thread() is not self._client._thread:
            self._client.loop_stop()

    def _answer(self) -> ReasonCode:
        try:
            answer = self._answers.get(timeout=_PATIENCE_S)
        except queue.Empty:
            raise NoAnswer(f"no answer within {_PATIENCE_S:.0f} s") from None
        if isinstance(answer, NoAnswer):
            raise answer
        assert isinstance(answer, ReasonCode)  # noqa: S101 - the callbacks put nothing else
        return answer

    def _told_connect(
        self, _client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _more: Properties | None
    ) -> None:
        self._answers.put(reason)

    def _told_publish(
        self, _client: mqtt.Client, _data: Any, _id: int, reason: ReasonCode, _more: Properties | None
    ) -> None:
        self._answers.put(reason)

    def _told_subscribe(
        self, _client: mqtt.Client, _data: Any, _id: int, reasons: list[ReasonCode], _more: Properties | None
    ) -> None:
        self._answers.put(reasons[0])


@contextmanager
def _connection(broker: Broker, login: Login | None, version: MQTTProtocolVersion) -> Iterator[_Connection]:
    connection = _Connection(broker, login, version)
    try:
        yield connection
    finally:
        connection.close()
