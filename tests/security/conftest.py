"""A whole server, shared by the attacks of a test process, with two fresh devices for each of them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg.rows import dict_row

from plantops_api import topics
from tests.broker.mqtt_party import Party
from tests.conftest import _TEMPLATE as TEMPLATE
from tests.conftest import Databases
from tests.conftest import _running as running_broker
from tests.running_server import Running, serving, settings_for


class Known(NamedTuple):
    """A registered device."""

    id: str
    username: str
    client_id: str
    password: str

    @classmethod
    def of(cls, registered: dict[str, Any]) -> Known:
        mqtt = registered["mqtt"]
        return cls(registered["device_id"], mqtt["username"], mqtt["client_id"], mqtt["password"])


class Fort:
    """The server, its devices ``a`` and ``b``, and whoever knocks; all connections are closed at the end."""

    def __init__(self, server: Running, held: AsyncExitStack) -> None:
        self._server, self._held = server, held
        self.port = server.broker.port
        self.a: Known
        self.b: Known

    async def call(self, method: str, path: str, **body: Any) -> Any:
        """An API call of the admin; its JSON."""
        async with self._server.client() as client:
            answer = await client.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def enrol(self, mac: str) -> Known:
        token = (await self.call("POST", "/api/enrolment-tokens", name="test"))["token"]
        async with self._server.client(token) as client:
            answer = await client.post("/api/devices/register", json={"mac_address": mac})
        assert answer.status_code == 201, answer.text
        return Known.of(answer.json())

    def knock(self, username: str | None, password: str | None, client_id: str, **options: Any) -> Party:
        """A connection attempt with anything."""
        party = Party(self.port, username, password, client_id, **options)
        self._held.callback(party.close)
        return party

    def connect(self, device: Known, **options: Any) -> Party:
        """A connection as this device."""
        party = self.knock(device.username, device.password, device.client_id, **options)
        assert party.accepted, party.answer
        return party

    async def rows(self, statement: Any, *values: object) -> list[dict[str, Any]]:
        dsn = self._server.settings.database_url.get_secret_value()
        async with await psycopg.AsyncConnection.connect(dsn, row_factory=dict_row) as conn:
            return await (await conn.execute(statement, values)).fetchall()

    async def stored(self, device: Known) -> list[float]:
        """Soil moistures of a device, oldest first."""
        rows = await self.rows(
            "SELECT soil_moisture FROM telemetry WHERE device_id = %s ORDER BY received_at, time", device.id
        )
        return [row["soil_moisture"] for row in rows]

    async def all_before_is_done(self, device: Known, party: Party, value: float = 42) -> None:
        """Publish one honest reading and wait for its row: what was published before it has had its effect."""
        party.publish(topics.telemetry(device.id), f'{{"soil_moisture": {value}}}')
        async with asyncio.timeout(10):
            while value not in await self.stored(device):  # noqa: ASYNC110 - rows ring no event here
                await asyncio.sleep(0.05)


@pytest.fixture(scope="session")
def castle(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One composed server for all attacks: starting one for each would take most of their time."""
    folder = tmp_path_factory.mktemp("castle")
    with (
        running_broker(folder / "mosquitto", "dynsec") as broker,
        databases.made(TEMPLATE) as url,
        serving(settings_for(url, broker, folder / "data"), broker) as server,
    ):
        yield server


@pytest.fixture
async def fort(castle: Running) -> AsyncIterator[Fort]:
    """The server with two devices of this test's own."""
    async with AsyncExitStack() as held:
        made = Fort(castle, held)
        made.a, made.b = await made.enrol(random_mac()), await made.enrol(random_mac())
        yield made


def random_mac() -> str:
    return ":".join(f"{byte:02X}" for byte in os.urandom(6))
