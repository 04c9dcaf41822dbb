"""Opening what a process needs, one thing after the other; an AsyncExitStack closes it in the opposite order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx2
import psycopg
import structlog

from plantops_server.broker.accounts import Accounts
from plantops_server.broker.address import Address, Login
from plantops_server.broker.control import ControlChannel
from plantops_server.broker.dynsec import DynsecAccounts
from plantops_server.broker.identities import ServerLogins, server_logins
from plantops_server.broker.link import BrokerLink
from plantops_server.broker.password_file import PasswordFileAccounts
from plantops_server.entrance.house import House
from plantops_server.errors import (
    BrokerFolderNotConfigured,
    BrokerNotConfigured,
    BrokerPasswordNotReadable,
    DatabaseNotConfigured,
)
from plantops_server.ingest import Ingest
from plantops_server.live import Live
from plantops_server.settings import Settings
from plantops_server.store.database import Database
from plantops_server.store.migrate import migrate
from plantops_server.store.vault import Vault

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 15.0

RestartBroker = Callable[[], Awaitable[None]]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Links:
    """This process's links to the broker, each with the account that it uses."""

    downlink: BrokerLink
    ingest: BrokerLink | None
    logins: ServerLogins

    def each(self) -> list[tuple[BrokerLink, Login]]:
        """Every link with its account."""
        mine = [(self.downlink, self.logins.downlink)]
        return mine if self.ingest is None else [*mine, (self.ingest, self.logins.ingest)]


async def open_house(
    settings: Settings,
    *,
    ingests: bool,
    worker: str | None,
    process: str | None,
    restart_broker: RestartBroker | None,
    held: AsyncExitStack,
) -> tuple[House, Links]:
    """Connect and migrate the database, make the links (not started yet) and all else that doors need.

    Raises DatabaseNotConfigured, BrokerNotConfigured, DatabaseTooNew and other PlantOpsErrors for the person who
    started the process; waits for a database that does not answer yet.
    """
    address, admin = _broker(settings)
    vault = Vault.from_key_file(settings.key_file)
    db = await opened_database(settings)
    held.push_async_callback(db.close)
    http = await held.enter_async_context(httpx2.AsyncClient(follow_redirects=False, timeout=15))
    async with db.transaction() as conn:
        logins = await server_logins(conn, vault, worker, process=process)
    ingest = BrokerLink.for_ingest(address, logins.ingest, shared=worker is not None) if ingests else None
    links = Links(BrokerLink.for_downlink(address, logins.downlink), ingest, logins)
    for link, _ in links.each():
        held.push_async_callback(link.stop)
    house = House(
        settings=settings, db=db, vault=vault, http=http, downlink=links.downlink, ingest_link=ingest,
        accounts=_accounts(settings, ControlChannel(address, admin), logins, restart_broker),
        live=Live(), intake=Ingest(db, ingest) if ingest else None,
    )  # fmt: skip
    return house, links


async def opened_database(settings: Settings) -> Database:
    """The pool on a migrated database; waits, with back-off, for one that does not answer yet."""
    dsn = settings.database_url.get_secret_value()
    if not dsn:
        raise DatabaseNotConfigured
    pause = FIRST_PAUSE_S
    while True:
        try:
            applied = await migrate(dsn)
            break
        except psycopg.OperationalError as error:
            log.warning(
                "database does not answer, trying again", in_s=round(pause, 1), problem=first_line(error)
            )
            await asyncio.sleep(spread(pause))
            pause = min(pause * 2, LONGEST_PAUSE_S)
    if applied:
        log.info("database migrated", versions=applied)
    return await Database.open(dsn)


def spread(seconds: float) -> float:
    """Somewhat more or less, so that processes which failed together do not try again together."""
    return seconds * random.uniform(0.75, 1.25)  # noqa: S311 - no secret


def _broker(settings: Settings) -> tuple[Address, Login]:
    """Where the broker is, and the account that manages accounts (its client id is its user name)."""
    username = settings.mqtt.username
    if not settings.mqtt_url or not username or settings.mqtt_password_file is None:
        raise BrokerNotConfigured
    try:
        password = settings.mqtt_password_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is no text"
        raise BrokerPasswordNotReadable(path=settings.mqtt_password_file, problem=problem) from None
    return Address.from_url(settings.mqtt_url, settings.mqtt_ca_file), Login(username, username, password)


def _accounts(
    settings: Settings, control: ControlChannel, logins: ServerLogins, restart: RestartBroker | None
) -> Accounts:
    folder = settings.broker_state_dir
    if settings.broker_accounts == "dynsec":
        state_file = None if folder is None else folder / "dynamic-security.json"
        return DynsecAccounts(control, logins.all, state_file=state_file, restart=restart)
    if folder is None:
        raise BrokerFolderNotConfigured
    return PasswordFileAccounts(folder, logins.all)


def first_line(error: Exception) -> str:
    """What an error says, short enough for one line of the log."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
