"""Devices that keep a ledger: real MQTT clients with a persistent session, which repeat what was not acknowledged."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from bench.chaos.ledger import Key, Ledger
from bench.ground import Pot

PATIENCE_S = 120.0


class Device:
    """One device: numbers its readings, and writes each PUBACK down.

    The number travels as ``conductivity``; what identifies a reading is its time for one half of the devices, and boot
    and counter for the other. (One with neither may come twice: MQTT's QoS 1 promises no less and no more.)
    """

    def __init__(self, place: int, pot: Pot, port: int, ledger: Ledger) -> None:
        self.pot, self._kind, self._ledger = pot, place % 2, ledger
        self._number = 0
        self._waiting: dict[int, Key] = {}
        self._lock = threading.RLock()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, pot.client_id, clean_session=False, protocol=mqtt.MQTTv311
        )
        self._client.username_pw_set(pot.username, pot.password)
        self._client.max_inflight_messages_set(20)
        self._client.max_queued_messages_set(0)
        self._client.reconnect_delay_set(1, 4)
        self._client.on_publish = self._acknowledged
        self._client.connect_async("127.0.0.1", port, keepalive=20)
        self._client.loop_start()

    def say(self, moisture: float) -> None:
        """Publish one reading; it is repeated until the broker takes it."""
        self._number += 1
        key = Key(self.pot.device_id, self._number)
        reading: dict[str, Any] = {"conductivity": self._number % 30_000, "soil_moisture": round(moisture, 2)}
        if self._kind == 0:
            reading["ts"] = datetime.now(UTC).isoformat()
        else:
            reading |= {"boot": 1, "seq": self._number}
        with self._lock:  # the PUBACK may come before publish() returns
            self._ledger.sent.add(key)
            sent = self._client.publish(self.pot.topic, json.dumps(reading), qos=1)
            self._waiting[sent.mid] = key

    def _acknowledged(self, _client: Any, _data: Any, mid: int, *_: Any) -> None:
        with self._lock:
            self._ledger.acknowledged.add(self._waiting.pop(mid))

    @property
    def waits(self) -> int:
        """Readings that the broker has not acknowledged."""
        return len(self._waiting)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()


class Load:
    """All devices speaking in turn at ``rate`` readings a second in all, in a thread of its own, until stopped."""

    def __init__(self, pots: Sequence[Pot], port: int, rate: float, seed: int) -> None:
        self.ledger = Ledger()
        self._devices = [Device(place, pot, port, self.ledger) for place, pot in enumerate(pots)]
        self._rate, self._rng = rate, random.Random(seed)  # noqa: S311 - repeatable, no secret
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._speak, name="load")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def _speak(self) -> None:
        turn = 0
        while not self._stop.wait(1 / self._rate):
            # Now and then below the limit of 15 %: incidents open and close while all this happens.
            self._devices[turn % len(self._devices)].say(self._rng.choice((40.0, 40.0, 5.0)))
            turn += 1

    def finish(self) -> int:
        """Stop speaking, wait for the last PUBACK; how many never came."""
        self._stop.set()
        self._thread.join()
        patience = threading.Event()
        waited = 0.0
        while any(device.waits for device in self._devices) and waited < PATIENCE_S:
            patience.wait(0.2)
            waited += 0.2
        left = sum(device.waits for device in self._devices)
        for device in self._devices:
            device.close()
        return left
