"""Servers for tests: ``doors`` is the real application in process, ``server`` the whole composed server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from plantops_api.wire import Role
from plantops_server import service
from plantops_server.access import tokens, users
from plantops_server.api.app import create_app
from plantops_server.broker.address import Address, Login
from plantops_server.broker.control import ControlChannel
from plantops_server.broker.dynsec import DynsecAccounts
from plantops_server.broker.link import BrokerLink
from plantops_server.entrance.house import House, utc_now
from plantops_server.live import Live
from plantops_server.service import Whereabouts
from plantops_server.settings import Settings
from plantops_server.store.database import Database
from plantops_server.store.vault import Vault

if TYPE_CHECKING:
    from tests.conftest import Broker

NOWHERE = Address("127.0.0.1", 9)
"""The discard port: nobody answers there."""


class Clock:
    """A clock that stands where a test puts it."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **parts: float) -> None:
        """Move on by ``timedelta(**parts)``."""
        self.now += timedelta(**parts)


class Doors:
    """The application in process on a real database; its broker is out of reach."""

    def __init__(self, house: House, app: FastAPI, clock: Clock, held: AsyncExitStack) -> None:
        self.house, self.app, self.clock = house, app, clock
        self._held = held

    async def client(self, role: Role | None = None, **options: Any) -> httpx2.AsyncClient:
        """A client with a token of that role (and a user of its own), or with none."""
        headers = dict(options.pop("headers", {}))
        if role is not None:
            headers["Authorization"] = f"Bearer {await self.token(role)}"
        transport = httpx2.ASGITransport(app=self.app, client=options.pop("peer", ("127.0.0.1", 50_000)))
        made = httpx2.AsyncClient(
            transport=transport, base_url="http://plantops.test", headers=headers, **options
        )
        return await self._held.enter_async_context(made)

    async def token(self, role: Role, username: str | None = None) -> str:
        """An API token of a user of that role, who is made when there is none yet."""
        now = self.clock()
        async with self.house.db.transaction() as conn:
            user = await users.user_named(conn, username or role)
            if user is None:
                user = await users.create_user(conn, username or role, None, role, now)
            return (await tokens.issue_token(conn, user["id"], "of a test", role, None, now)).secret


@pytest.fixture
async def doors(db: Database, tmp_path: Path) -> AsyncIterator[Doors]:
    """The real application around a fresh database."""
    settings = Settings(data_dir=tmp_path / "data")
    login = Login("nobody", "nobody", "no password")
    clock = Clock()
    async with AsyncExitStack() as held:
        house = House(
            settings=settings, db=db, vault=Vault.from_key_file(settings.key_file),
            http=await held.enter_async_context(httpx2.AsyncClient()),
            accounts=DynsecAccounts(ControlChannel(NOWHERE, login, timeout_s=0.2), []),
            downlink=BrokerLink.for_downlink(NOWHERE, login), live=Live(), clock=clock,
        )  # fmt: skip
        yield Doors(house, create_app(house), clock, held)


class Running:
    """A whole server on free ports: HTTP, PostgreSQL, Mosquitto, ingest and worker."""

    def __init__(self, where: Whereabouts, broker: Broker) -> None:
        assert where.url is not None
        assert where.token_file is not None
        self.url: str = where.url
        self.settings = where.settings
        self.broker = broker
        self.token_file = where.token_file
        self.admin_token = where.token_file.read_text().strip()

    def client(self, token: str | None = None, **options: Any) -> httpx2.AsyncClient:
        """An HTTP client with the admin's token or another one."""
        headers = {"Authorization": f"Bearer {token or self.admin_token}"}
        return httpx2.AsyncClient(base_url=self.url, headers=headers, **options)


@contextmanager
def serving(settings: Settings, broker: Broker) -> Iterator[Running]:
    """Run the composed server in a thread with an event loop of its own, until the end of the block."""
    told: Future[Whereabouts] = Future()
    wish: Future[Callable[[], None]] = Future()

    async def main() -> None:
        stopping = service.Stopping()
        loop = asyncio.get_running_loop()
        wish.set_result(lambda: loop.call_soon_threadsafe(stopping.wish) and None)
        await service.serve(settings, stopping, told.set_result)

    with ThreadPoolExecutor(1) as executor:
        ended = executor.submit(lambda: asyncio.run(main()))
        try:
            wait([told, ended], timeout=30, return_when=FIRST_COMPLETED)
            if ended.done():
                ended.result()
            yield Running(told.result(timeout=0), broker)
        finally:
            wish.result(timeout=1)()
            ended.result(timeout=15)


def settings_for(database_url: str, broker: Broker, data_dir: Path, **more: Any) -> Settings:
    """Settings of a server on these two, on a free port; nothing comes from the environment's PLANTOPS_*."""
    return Settings(
        data_dir=data_dir, database_url=SecretStr(database_url), mqtt_url=broker.url, port=0,
        mqtt_password_file=broker.admin_password_file, broker_state_dir=broker.data_dir, **more,
    )  # fmt: skip


@pytest.fixture
def server(database_url: str, mosquitto: Broker, tmp_path: Path) -> Iterator[Running]:
    """The whole composed server around a fresh database and a private broker."""
    with serving(settings_for(database_url, mosquitto, tmp_path / "data"), mosquitto) as running:
        yield running
