"""Real MQTT clients for tests of the broker's doors."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties


class Caller:
    """One MQTT 5 connection. ``answer`` is the broker's word on it, such as "Success" or "Not authorized"."""

    def __init__(
        self, port: int, username: str | None, password: str | None, client_id: str, *, session: bool = False
    ) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5)
        if username is not None:
            self._client.username_pw_set(username, password)
        self._heard = threading.Condition()
        self.answer: str | None = None
        self.granted: str | None = None
        self.received: list[bytes] = []
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 3600 if session else 0
        self._client.connect("127.0.0.1", port, clean_start=not session, properties=properties)
        self._client.loop_start()
        self._wait(lambda: self.answer is not None)

    def subscribe(self, topic: str) -> str | None:
        self.granted = None
        self._client.subscribe(topic, qos=1)
        self._wait(lambda: self.granted is not None)
        return self.granted

    def publish(self, topic: str, payload: bytes = b"x", *, qos: int = 1, retain: bool = False) -> None:
        """Publish, and wait for the acknowledgement when there is one."""
        self._client.publish(topic, payload, qos, retain).wait_for_publish(5)

    def wait_for(self, count: int, timeout_s: float = 5) -> list[bytes]:
        """The messages received, once there are ``count`` of them or the time is over."""
        self._wait(lambda: len(self.received) >= count, timeout_s)
        return self.received

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wait(self, condition: Any, timeout_s: float = 5) -> None:
        with self._heard:
            self._heard.wait_for(condition, timeout_s)

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        with self._heard:
            self.answer = self.answer or str(reason)
            self._heard.notify_all()
        if reason.is_failure:
            self._client.disconnect()

    def _on_subscribe(self, _client: Any, _data: Any, _mid: Any, reasons: Any, _properties: Any) -> None:
        with self._heard:
            self.granted = str(reasons[0])
            self._heard.notify_all()

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        with self._heard:
            self.received.append(message.payload)
            self._heard.notify_all()
