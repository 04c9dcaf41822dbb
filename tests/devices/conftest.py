"""The doors to devices, in process, on a real database and a real broker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest

from plantops_api import topics
from plantops_server.broker.address import Address, Login
from plantops_server.broker.control import ControlChannel
from plantops_server.broker.dynsec import DynsecAccounts
from plantops_server.broker.identities import server_logins
from plantops_server.broker.link import BrokerLink
from tests.broker.mqtt_party import Party
from tests.running_server import Doors

MAC = "24:6F:28:AE:52:7C"


class Nursery:
    """A house in which devices may enrol; every client and link is closed at the end."""

    def __init__(self, doors: Doors, broker: Any, held: AsyncExitStack) -> None:
        self.doors, self.broker, self.held = doors, broker, held
        self.db, self.clock = doors.house.db, doors.clock
        self.admin: httpx2.AsyncClient
        self.anyone: httpx2.AsyncClient

    async def token(self, **body: Any) -> str:
        """An enrolment token's secret."""
        answer = await self.admin.post("/api/enrolment-tokens", json={"name": "for a test", **body})
        assert answer.status_code == 201, answer.text
        secret: str = answer.json()["token"]
        return secret

    async def register(self, token: str | None = None, **body: Any) -> httpx2.Response:
        """A registration as a device sends it."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.anyone.post(
            "/api/devices/register", json={"mac_address": MAC, **body}, headers=headers
        )

    async def registered(self, **body: Any) -> dict[str, Any]:
        """The answer of a registration that succeeds."""
        answer = await self.register(await self.token(), **body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def connect(self, registered: dict[str, Any], **options: Any) -> Party:
        """A client with the credentials of an answer, connected or refused."""
        mqtt = registered["mqtt"]
        values = {"client_id": mqtt["client_id"], "password": mqtt["password"]} | options
        party = Party(self.broker.port, mqtt["username"], **values)
        self.held.callback(party.close)
        return party

    async def rows(self, statement: Any, *values: object) -> list[dict[str, Any]]:
        async with self.db.connection() as conn:
            return await (await conn.execute(statement, values)).fetchall()

    async def plant(self, name: str = "Monstera") -> str:
        answer = await self.admin.post("/api/plants", json={"name": name})
        plant_id: str = answer.json()["id"]
        return plant_id


@pytest.fixture
async def nursery(doors: Doors, mosquitto: Any) -> AsyncIterator[Nursery]:
    """The doors with their broker within reach."""
    address = Address(mosquitto.host, mosquitto.port)
    admin = Login(mosquitto.admin_username, mosquitto.admin_username, mosquitto.admin_password)
    house = doors.house
    async with house.db.transaction() as conn:
        logins = await server_logins(conn, house.vault)
    house.settings = house.settings.model_copy(update={"mqtt_url": mosquitto.url})
    house.accounts = DynsecAccounts(ControlChannel(address, admin), logins.all, clock=doors.clock)
    await house.accounts.reconcile([])
    link = BrokerLink.for_downlink(address, logins.downlink)
    house.downlink = link
    async with AsyncExitStack() as held:
        await link.start()
        held.push_async_callback(link.stop)
        assert await link.wait_connected(5)
        made = Nursery(doors, mosquitto, held)
        made.admin, made.anyone = await doors.client("admin"), await doors.client()
        yield made


def own_topics(device_id: str) -> dict[str, str]:
    return {
        "telemetry": topics.telemetry(device_id), "status": topics.status(device_id),
        "config": topics.config(device_id), "command": topics.command(device_id),
    }  # fmt: skip
