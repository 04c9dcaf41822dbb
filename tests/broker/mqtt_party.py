"""A real MQTT client for tests, of either protocol version: what a device, an intruder or a bystander is made of."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties


class Heard(NamedTuple):
    topic: str
    payload: bytes
    retain: bool


class Party:
    """One connection attempt and what becomes of it. Never reconnects by itself."""

    def __init__(
        self, port: int, username: str | None, password: str | None, client_id: str, *, version: int = 5,
        session: bool = False, will: tuple[str, bytes] | None = None,
    ) -> None:  # fmt: skip
        v5 = version == 5
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5 if v5 else mqtt.MQTTv311,
            reconnect_on_failure=False, clean_session=None if v5 else not session,
        )  # fmt: skip
        if username is not None:
            self._client.username_pw_set(username, password)
        if will is not None:
            self._client.will_set(*will, qos=1, retain=True)
        self.answer = ""
        self.heard: list[Heard] = []
        self.granted: dict[int, str] = {}
        self.acknowledged: dict[int, str] = {}
        self.ended_at: float | None = None
        self._news = threading.Condition()
        self._client.on_connect = lambda _c, _d, _f, reason, _p: self._note(answer=str(reason))
        self._client.on_disconnect = lambda *_: self._note(ended_at=time.monotonic())
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda _c, _d, mid, reasons, _p: self._answered(
            self.granted, mid, reasons[0]
        )
        self._client.on_publish = lambda _c, _d, mid, reason, _p: self._answered(
            self.acknowledged, mid, reason
        )
        options: dict[str, Any] = {}
        if v5:
            options["clean_start"] = not session
            options["properties"] = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            options["properties"].SessionExpiryInterval = 3600 if session else 0
        self._client.connect("127.0.0.1", port, **options)
        self._client.loop_start()
        self.wait(lambda: bool(self.answer) or self.ended_at is not None)

    @property
    def accepted(self) -> bool:
        return self.answer == "Success"

    def subscribe(self, topic: str) -> str:
        """The broker's word on it: "Granted QoS 1", "Not authorized" (v5), "Unspecified error" (v3.1.1)."""
        _, mid = self._client.subscribe(topic, qos=1)
        assert mid is not None
        self.wait(lambda: mid in self.granted or self.ended_at is not None)
        return self.granted.get(mid, "disconnected")

    def publish(self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False) -> str:
        """The broker's word on it; a v3.1.1 broker says Success to what it throws away."""
        mid = self._client.publish(topic, payload, qos, retain).mid
        self.wait(lambda: mid in self.acknowledged or self.ended_at is not None)
        return self.acknowledged.get(mid, "disconnected")

    def wait_heard(self, count: int, timeout_s: float = 5) -> list[Heard]:
        self.wait(lambda: len(self.heard) >= count, timeout_s)
        return self.heard

    def wait_end(self, timeout_s: float = 5) -> bool:
        """Whether the broker ended the connection within that time."""
        return self.wait(lambda: self.ended_at is not None, timeout_s)

    def wait(self, condition: Callable[[], bool], timeout_s: float = 5) -> bool:
        with self._news:
            return self._news.wait_for(condition, timeout_s)

    def vanish(self) -> None:
        """End without goodbye, so that the broker publishes the will."""
        sock = self._client.socket()
        assert isinstance(sock, socket.socket)
        sock.shutdown(socket.SHUT_RDWR)
        self.wait_end()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        with self._news:
            self.heard.append(Heard(message.topic, message.payload, message.retain))
            self._news.notify_all()

    def _answered(self, answers: dict[int, str], mid: int, reason: Any) -> None:
        with self._news:
            answers[mid] = str(reason)
            self._news.notify_all()

    def _note(self, **values: Any) -> None:
        with self._news:
            for name, value in values.items():
                setattr(self, name, value)
            self._news.notify_all()
