"""Servers for tests: ``doors`` is the real application in process, ``server`` the whole composed server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from plantops_api.wire import Role
from plantops_server.access import tokens, users
from plantops_server.api.app import create_app
from plantops_server.api.house import House, utc_now
from plantops_server.broker.address import Address, Login
from plantops_server.broker.control import ControlChannel
from plantops_server.broker.dynsec import DynsecAccounts
from plantops_server.broker.link import BrokerLink
from plantops_server.live import Live
from plantops_server.settings import Settings
from plantops_server.store.database import Database
from plantops_server.store.vault import Vault

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
