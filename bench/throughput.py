"""How many readings a second go from 20 connections into the database, beside what a bare subscriber receives."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bench import load
from bench.ground import Ground, Pot, broker
from bench.table import Line

CONNECTIONS = 20
_TIMEOUT_S = 120


def bare_subscriber(folder: Path, readings: int) -> float:
    """What a paho client that only counts receives, readings a second, QoS 1, on a broker of the same configuration."""
    with broker(folder) as mosquitto:
        admin = _client(mosquitto.admin_username)
        admin.username_pw_set(mosquitto.admin_username, mosquitto.admin_password)
        pots = [_account(number) for number in range(CONNECTIONS)]
        counted = _Counting(readings // CONNECTIONS * CONNECTIONS)
        admin.connect("127.0.0.1", mosquitto.port)
        admin.loop_start()
        for name, access in [
            ("counter", "subscribePattern"),
            *((p.username, "publishClientSend") for p in pots),
        ]:
            _make_account(admin, name, access)
        time.sleep(1)
        subscriber = _client("counter")
        subscriber.username_pw_set("counter", "counter")
        subscriber.on_message = counted.on_message
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = 2000
        subscriber.connect("127.0.0.1", mosquitto.port, properties=properties)
        subscriber.loop_start()
        subscriber.subscribe("bench/#", 1)
        time.sleep(1)
        result = load.finish(load.start(mosquitto.port, pots, readings=readings))
        counted.full.wait(_TIMEOUT_S)
        for client in (subscriber, admin):
            client.disconnect()
            client.loop_stop()
        return counted.count / (counted.last - result["began"])


def sustained(ground: Ground, pots: list[Pot], readings: int, reference: float) -> list[Line]:
    """Publish as fast as the broker takes, and wait until every acknowledged reading is a row."""
    before, cpu = ground.one("SELECT count(*) FROM telemetry"), ground.cpu_s()
    result = load.finish(load.start(ground.broker.port, pots, readings=readings))
    wanted, deadline = before + int(result["published"]), time.time() + _TIMEOUT_S
    while (rows := ground.one("SELECT count(*) FROM telemetry")) < wanted and time.time() < deadline:
        time.sleep(0.05)
    seconds, stored = time.time() - result["began"], rows - before
    rate = stored / seconds
    return [
        Line("a bare paho subscriber, same machine, same run", "", f"{reference:,.0f} readings/s"),
        Line(
            f"sustained, {CONNECTIONS} QoS 1 connections", ">= 5,000 readings/s", f"{rate:,.0f} readings/s",
            rate >= 5000,
        ),
        Line("… as a share of the bare subscriber", "", f"{rate / reference:.2f}"),
        Line(
            "… acknowledged to devices and not stored", "0", f"{int(result['published']) - stored} of {stored:,}",
            stored == result["published"],
        ),
        Line("… CPU of the server", "", f"{(ground.cpu_s() - cpu) / stored * 1e6:.0f} µs/reading"),
        Line("… server's peak RSS", "< 200 MB", f"{ground.rss_mb():.0f} MB", ground.rss_mb() < 200),
    ]  # fmt: skip


class _Counting:
    def __init__(self, wanted: int) -> None:
        self.count, self.last, self.full, self._wanted = 0, 0.0, threading.Event(), wanted

    def on_message(self, _client: mqtt.Client, _data: object, _message: mqtt.MQTTMessage) -> None:
        self.count += 1
        if self.count == self._wanted:
            self.last = time.time()
            self.full.set()


def _client(client_id: str) -> mqtt.Client:
    return mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5)


def _account(number: int) -> Pot:
    name = f"bench{number}"
    return Pot(name, "", f"bench/{name}", name, name, name)


def _make_account(admin: mqtt.Client, name: str, access: str) -> None:
    acls = [{"acltype": kind, "topic": "bench/#", "allow": True} for kind in {access, "publishClientReceive"}]
    commands = [
        {"command": "createRole", "rolename": name, "acls": acls},
        {"command": "createClient", "username": name, "password": name, "roles": [{"rolename": name}]},
    ]
    payload = json.dumps({"commands": commands})
    admin.publish("$CONTROL/dynamic-security/v1", payload, 1).wait_for_publish(10)
