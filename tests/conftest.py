"""The ground under every test: a real PostgreSQL and a real Mosquitto, on free ports, stopped at the end.

``postgres`` is one server per test process; ``database_url`` is a fresh database per test, cloned in milliseconds
from a template that was migrated once. ``mosquitto`` is one private broker per test that asks for it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from plantops_server.stack import ports
from plantops_server.stack.dynsec_state import ADMIN
from plantops_server.stack.mosquitto import AccountMode, Mosquitto
from plantops_server.stack.postgres import Postgres
from plantops_server.store.database import Database
from plantops_server.store.migrate import migrate

pytest_plugins = ["tests.running_server", "tests.notify.fake_discord", "tests.fake_vendors"]

# Started in the background by a script, this process ignores SIGINT, and so would every program under test.
signal.signal(signal.SIGINT, signal.default_int_handler)

_strangers: list[str] = []
"""Where this process tried to connect although it is not this machine."""


class NetworkForbidden(OSError):
    """A test tried to reach something beyond this machine."""


def _keep_to_this_machine(event: str, details: tuple[Any, ...]) -> None:
    """Audit hook: nothing in a test process connects to anything but this machine."""
    if event != "socket.connect" or not isinstance(details[1], tuple):  # a path is a socket of this machine
        return
    host = str(details[1][0])
    try:
        ours = ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        ours = host == "localhost"
    if not ours:
        _strangers.append(host)
        raise NetworkForbidden(f"a test tried to connect to {host}")


sys.addaudithook(_keep_to_this_machine)


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Fails a test that tried to reach the network, also where its own code swallowed the refusal."""
    _strangers.clear()
    yield
    assert not _strangers, f"this test tried to connect to {', '.join(_strangers)}"


_TEMPLATE = "plantops_template"
_serial = itertools.count()


def run_apart(work: Callable[[], Coroutine[Any, Any, object]]) -> object:
    """Run a coroutine to its end in a thread of its own, so that pytest's event loop is left alone."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(lambda: asyncio.run(work())).result()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One embedded server per test process, without fsync."""
    server = Postgres(tmp_path_factory.mktemp("postgres"), fsync=False)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.folder)


class Databases:
    """Makes databases on the test server and drops them."""

    def __init__(self, server: Postgres) -> None:
        self._server = server

    @contextmanager
    def made(self, template: str) -> Iterator[str]:
        """The address of a new database, as the product's own role."""
        name = f"test_{next(_serial)}"
        self._run("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY OWNER plantops", name, template)
        try:
            yield self.address(name)
        finally:
            self._run("DROP DATABASE {} WITH (FORCE)", name)

    def make_template(self) -> None:
        """Migrate the database which the others are cloned from."""
        self._run("CREATE DATABASE {} OWNER plantops", _TEMPLATE)
        run_apart(lambda: migrate(self.address(_TEMPLATE)))

    def address(self, name: str) -> str:
        """Where ``name`` is, as the product's own role."""
        return self._server.dsn.rpartition("/")[0] + f"/{name}"

    def _run(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._server.superuser_dsn(), autocommit=True) as conn:
            conn.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def databases(postgres: Postgres) -> Databases:
    """The maker of databases, with its template migrated."""
    made = Databases(postgres)
    made.make_template()
    return made


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """The address of a fresh database with the current schema."""
    with databases.made(_TEMPLATE) as url:
        yield url


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    """The address of a fresh database with nothing in it."""
    with databases.made("template1") as url:
        yield url


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """A pool on a fresh database with the current schema."""
    database = await Database.open(database_url, min_size=1)
    yield database
    await database.close()


@pytest.fixture
def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    return ports.free_port()


class Broker:
    """A private Mosquitto for one test, on a port that stays the same over restarts."""

    def __init__(self, folder: Path, accounts: AccountMode) -> None:
        self._server = Mosquitto(folder, accounts=accounts)
        self.data_dir = folder
        """Holds dynamic-security.json (or password_file and acl_file), mosquitto.pid, admin.password, the log."""
        self.host = "127.0.0.1"
        self.admin_username = ADMIN
        """Also the only client id which that account may use."""

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def admin_password(self) -> str:
        return self._server.admin_password

    @property
    def admin_password_file(self) -> Path:
        return self._server.admin_password_file

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def restart(self) -> None:
        self._server.stop()
        self._server.start()

    def kill(self) -> None:
        """End it with SIGKILL; ``start`` brings it back."""
        self._server.kill()


@contextmanager
def _running(folder: Path, accounts: AccountMode) -> Iterator[Broker]:
    broker = Broker(folder, accounts)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Broker]:
    """A broker with the dynamic-security plugin in which only the administrator exists."""
    with _running(tmp_path / "mosquitto", "dynsec") as broker:
        yield broker


@pytest.fixture
def mosquitto_with_password_file(tmp_path: Path) -> Iterator[Broker]:
    """A broker without the plugin; its password_file and acl_file begin empty."""
    with _running(tmp_path / "mosquitto-files", "password-file") as broker:
        yield broker
