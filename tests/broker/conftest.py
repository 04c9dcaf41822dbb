"""Brokers with the server's own accounts in them, in both ways of keeping accounts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plantops_server.broker.accounts import Account, Accounts
from plantops_server.broker.address import Address, Login
from plantops_server.broker.control import ControlChannel
from plantops_server.broker.dynsec import DynsecAccounts
from plantops_server.broker.link import BrokerLink
from plantops_server.broker.password_file import PasswordFileAccounts
from plantops_server.broker.passwords import hash_password, new_password
from tests.broker.mqtt_party import Party

INGEST = Login("plantops-ingest", "plantops-ingest", new_password())
DOWNLINK = Login("plantops-downlink", "plantops-downlink", new_password())


class Station:
    """A broker, the management of its accounts, and links to it that are stopped at the end."""

    def __init__(self, broker: Any, held: AsyncExitStack) -> None:
        self.broker = broker
        self.address = Address(broker.host, broker.port)
        self.skew = timedelta()
        self._held = held
        self.accounts: Accounts

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.skew

    async def restart(self) -> None:
        await asyncio.to_thread(self.broker.restart)

    def control(self, timeout_s: float = 3) -> ControlChannel:
        name = self.broker.admin_username
        return ControlChannel(
            self.address, Login(name, name, self.broker.admin_password), timeout_s=timeout_s
        )

    def dynsec(self, *, own: tuple[Login, ...] = (INGEST, DOWNLINK), restarts: bool = True) -> DynsecAccounts:
        return DynsecAccounts(
            self.control(), own, state_file=self.broker.data_dir / "dynamic-security.json",
            restart=self.restart if restarts else None, clock=self.clock,
        )  # fmt: skip

    async def link(self, login: Login = INGEST, **options: Any) -> BrokerLink:
        """A started link; ingest unless another login is given."""
        if login is DOWNLINK:
            link = BrokerLink.for_downlink(self.address, login)
        else:
            link = BrokerLink.for_ingest(self.address, login, **options)
        self._held.push_async_callback(link.stop)
        await link.start()
        assert await link.wait_connected(5), link.problem
        return link

    async def device(self, device_id: str = "dev_a") -> Account:
        """An account that the broker has."""
        account = made_account(device_id)
        await self.accounts.create(account)
        return account

    def party(self, account: Account, **options: Any) -> Party:
        """A client with this account's credentials, connected or refused."""
        values = {"client_id": account.client_id, "password": account.password} | options
        party = Party(self.broker.port, account.username, **values)
        self._held.callback(party.close)
        return party


def made_account(device_id: str, username: str | None = None) -> Account:
    password = new_password()
    name = username or f"{device_id}-1"
    return Account(device_id, name, name, hash_password(password), password)


def stored(account: Account) -> Account:
    """The account as the database knows it: without its password."""
    return Account(account.device_id, account.username, account.client_id, account.password_hash)


@pytest.fixture
async def station(mosquitto: Any) -> AsyncIterator[Station]:
    """Mosquitto with dynamic security, and our own accounts in it."""
    async with AsyncExitStack() as held:
        made = Station(mosquitto, held)
        made.accounts = made.dynsec()
        await made.accounts.reconcile([])
        yield made


@pytest.fixture(params=["dynsec", "password-file"])
def any_broker(request: pytest.FixtureRequest) -> Any:
    """Either kind of broker."""
    name = {"dynsec": "mosquitto", "password-file": "mosquitto_with_password_file"}[request.param]
    return request.getfixturevalue(name)


@pytest.fixture
async def any_station(any_broker: Any, request: pytest.FixtureRequest) -> AsyncIterator[Station]:
    """A station of either kind."""
    async with AsyncExitStack() as held:
        made = Station(any_broker, held)
        if "password-file" in request.node.name:
            made.accounts = PasswordFileAccounts(any_broker.data_dir, [INGEST, DOWNLINK], clock=made.clock)
        else:
            made.accounts = made.dynsec()
        await made.accounts.reconcile([])
        yield made
