"""The ground for measurements: PostgreSQL, Mosquitto and one ``serve`` process, private, on loopback, under /tmp."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psycopg

from plantops_api import topics
from plantops_server.broker.accounts import Account
from plantops_server.broker.address import Address, Login
from plantops_server.broker.control import ControlChannel
from plantops_server.broker.dynsec import DynsecAccounts
from plantops_server.broker.passwords import hash_password, new_password
from plantops_server.stack.mosquitto import Mosquitto
from plantops_server.stack.ports import free_port
from plantops_server.stack.postgres import Postgres
from plantops_server.store.ids import new_id

ROOT = Path(__file__).parents[1]
_SERVE = "from plantops_server import service, settings; service.run(settings.Settings())"


@dataclass
class Pot:
    """A registered device: where and as whom it speaks."""

    device_id: str
    plant_id: str
    topic: str
    client_id: str
    username: str
    password: str = field(repr=False)


class Ground:
    """A running product."""

    def __init__(self, url: str, token_file: Path, dsn: str, broker: Mosquitto, pid: int) -> None:
        self.url, self.token_file, self.dsn, self.broker, self.pid = url, token_file, dsn, broker, pid
        self.token = token_file.read_text().strip()
        self.http = httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {self.token}"}, timeout=30)

    def pots(self, count: int) -> list[Pot]:
        """Devices with accounts at the broker, each in a plant of its own.

        Not by registering, which is rate-limited on purpose.
        """
        pots = [_pot(number) for number in range(count)]
        hashes = [hash_password(pot.password) for pot in pots]
        with psycopg.connect(self.dsn) as conn:
            for pot, hashed in zip(pots, hashes, strict=True):
                conn.execute("INSERT INTO plants (id, name) VALUES (%s, %s)", (pot.plant_id, pot.plant_id))
                conn.execute(
                    "INSERT INTO devices (id, mqtt_username, mqtt_client_id, mqtt_password_hash, plant_id, status)"
                    " VALUES (%s, %s, %s, %s, %s, 'offline')",
                    (pot.device_id, pot.username, pot.client_id, hashed, pot.plant_id),
                )
        asyncio.run(self._admit(pots, hashes))
        return pots

    async def _admit(self, pots: list[Pot], hashes: list[str]) -> None:
        name = self.broker.admin_username
        admin = Login(name, name, self.broker.admin_password)
        accounts = DynsecAccounts(ControlChannel(Address("127.0.0.1", self.broker.port), admin), [])
        for pot, hashed in zip(pots, hashes, strict=True):
            await accounts.create(Account(pot.device_id, pot.username, pot.client_id, hashed, pot.password))

    def one(self, query: str, *values: Any) -> Any:
        """The one value that a query gives."""
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            row = conn.execute(query, values).fetchone()
        assert row is not None, query  # noqa: S101
        return row[0]

    def rss_mb(self) -> float:
        """The most memory that the server ever had resident, MB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def cpu_s(self) -> float:
        """CPU time that the server has used, s."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pot(number: int) -> Pot:
    device_id = new_id("dev")
    return Pot(
        device_id, f"plt_bench{number}", topics.telemetry(device_id), device_id, device_id, new_password()
    )


@contextmanager
def broker(folder: Path) -> Iterator[Mosquitto]:
    """A private Mosquitto with the product's configuration."""
    made = Mosquitto(folder)
    made.start()
    try:
        yield made
    finally:
        made.stop()


@contextmanager
def product(folder: Path) -> Iterator[Ground]:
    """The whole product: one server process on a PostgreSQL (fsync on) and a Mosquitto."""
    database = Postgres(folder / "postgres")
    database.start()
    try:
        with broker(folder / "mosquitto") as mosquitto, _serving(folder, database, mosquitto) as ground:
            yield ground
    finally:
        database.stop()


@contextmanager
def _serving(folder: Path, database: Postgres, mosquitto: Mosquitto) -> Iterator[Ground]:
    port = free_port()
    env = {
        **os.environ, "PYTHONPATH": str(ROOT), "PLANTOPS_DATA_DIR": str(folder / "data"), "PLANTOPS_PORT": str(port),
        "PLANTOPS_DATABASE_URL": database.dsn, "PLANTOPS_MQTT_URL": mosquitto.url,
        "PLANTOPS_MQTT_PASSWORD_FILE": str(mosquitto.admin_password_file),
        "PLANTOPS_BROKER_STATE_DIR": str(folder / "mosquitto"), "PLANTOPS_LOG_LEVEL": "WARNING",
    }  # fmt: skip
    server = subprocess.Popen([sys.executable, "-c", _SERVE], env=env)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_ready(url, server)
        yield Ground(url, folder / "data" / "admin.token", database.dsn, mosquitto, server.pid)
    finally:
        server.terminate()
        server.wait(15)


def _wait_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while server.poll() is None and time.monotonic() < deadline:
        try:
            if httpx2.get(f"{url}/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit("bench: the server did not become ready; its messages are above")
