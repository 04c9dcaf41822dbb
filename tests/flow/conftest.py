"""A greenhouse: plants and devices in the database, their accounts at a real broker, clients that speak as they do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from psycopg.types.json import Jsonb

from plantops_api import topics
from plantops_server.broker.accounts import Account
from plantops_server.broker.address import Address, Login
from plantops_server.broker.control import ControlChannel
from plantops_server.broker.dynsec import DynsecAccounts
from plantops_server.broker.link import BrokerLink
from plantops_server.broker.passwords import hash_password, new_password
from plantops_server.ingest import Ingest
from plantops_server.store.database import Database
from plantops_server.store.ids import new_id


@dataclass
class Pot:
    """A registered device: what it needs to speak."""

    device_id: str
    password: str
    plant_id: str | None = None

    @property
    def client_id(self) -> str:
        return self.device_id


class Greenhouse:
    """What a test sets up and looks at."""

    def __init__(self, db: Database, broker: Any) -> None:
        self.db = db
        self.broker = broker
        self.address = Address(broker.host, broker.port)
        self.ingest_login = Login("plantops-ingest", "plantops-ingest", new_password())
        admin = Login(broker.admin_username, broker.admin_username, broker.admin_password)
        self.accounts = DynsecAccounts(ControlChannel(self.address, admin), [self.ingest_login])

    async def plant(self, name: str = "Monstera", thresholds: dict[str, Any] | None = None) -> str:
        plant_id = new_id("plt")
        async with self.db.transaction() as conn:
            await conn.execute(
                "INSERT INTO plants (id, name, thresholds) VALUES (%s, %s, %s)",
                (plant_id, name, Jsonb(thresholds or {})),
            )
        return plant_id

    async def pot(self, plant_id: str | None = None, interval_s: int = 600, **columns: Any) -> Pot:
        pot = Pot(new_id("dev"), new_password(), plant_id)
        hashed = hash_password(pot.password)
        async with self.db.transaction() as conn:
            await conn.execute(
                "INSERT INTO devices (id, mqtt_username, mqtt_client_id, mqtt_password_hash, plant_id, status,"
                " report_interval_s, calibration) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                (pot.device_id, pot.device_id, pot.client_id, hashed, plant_id,
                 "offline" if plant_id else "provisioning", interval_s,
                 Jsonb(columns["calibration"]) if "calibration" in columns else None),
            )  # fmt: skip
        await self.accounts.create(
            Account(pot.device_id, pot.device_id, pot.client_id, hashed, password=pot.password)
        )
        return pot

    def link(self, worker: str | None = None) -> BrokerLink:
        return BrokerLink.for_ingest(self.address, self.ingest_login, shared=worker is not None)

    @asynccontextmanager
    async def ingesting(self, link: BrokerLink | None = None) -> AsyncIterator[Ingest]:
        """Ingest runs inside the block."""
        link = link or self.link()
        ingest = Ingest(self.db, link)
        await link.start()
        assert await link.wait_connected(10), link.problem
        task = asyncio.create_task(ingest.run())
        try:
            yield ingest
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await link.stop()

    async def rows(
        self, query: str = "SELECT * FROM telemetry ORDER BY time", *args: Any
    ) -> list[dict[str, Any]]:
        async with self.db.connection() as conn:
            return await (await conn.execute(query, args)).fetchall()  # type: ignore[arg-type]

    async def one(self, query: str, *args: Any) -> Any:
        (row,) = await self.rows(query, *args)
        (value,) = row.values()
        return value

    async def until(self, query: str, expected: Any, *args: Any, timeout_s: float = 20) -> None:
        """Wait until a query that gives one value gives this one."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while (found := await self.one(query, *args)) != expected:
            assert asyncio.get_running_loop().time() < deadline, f"{query}: {found!r} instead of {expected!r}"
            await asyncio.sleep(0.03)


class Voice:
    """A device's MQTT client: publishes and waits for the broker's acknowledgement."""

    def __init__(self, address: Address, pot: Pot, *, will: bool = False) -> None:
        self._pot = pot
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, pot.client_id, protocol=mqtt.MQTTv5)
        self._client.username_pw_set(pot.device_id, pot.password)
        self._client.max_inflight_messages_set(200)
        if will:
            self._client.will_set(topics.status(pot.device_id), b"offline", 1, retain=True)
        self._client.connect(address.host, address.port)
        self._client.loop_start()

    def say(self, payload: Any, *, retain: bool = False, qos: int = 1) -> mqtt.MQTTMessageInfo:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self._client.publish(topics.telemetry(self._pot.device_id), raw, qos, retain)

    def status(self, word: str) -> None:
        self._client.publish(topics.status(self._pot.device_id), word, 1, retain=True).wait_for_publish(10)

    def tell(self, payload: Any, **options: Any) -> None:
        """Publish and wait for the PUBACK."""
        info = self.say(payload, **options)
        info.wait_for_publish(10)
        assert info.is_published()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
async def greenhouse(db: Database, mosquitto: Any) -> Greenhouse:
    made = Greenhouse(db, mosquitto)
    await made.accounts.reconcile([])
    await made.accounts.admit(made.ingest_login)
    return made


@pytest.fixture
def voice_at() -> Iterator[Callable[..., Voice]]:
    """Make clients of a greenhouse that are disconnected at the end."""
    made: list[Voice] = []

    def make(greenhouse: Greenhouse, pot: Pot, **options: Any) -> Voice:
        made.append(Voice(greenhouse.address, pot, **options))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def voice(greenhouse: Greenhouse, voice_at: Callable[..., Voice]) -> Callable[..., Voice]:
    """Make clients of the greenhouse of this test."""
    return partial(voice_at, greenhouse)
