"""The product between fault proxies: database, broker and one server process, which may be killed."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx2
import psycopg

from bench.chaos.ledger import Key
from bench.chaos.proxy import FaultProxy
from bench.ground import ROOT, Ground
from plantops_server.stack.mosquitto import Mosquitto
from plantops_server.stack.ports import free_port
from plantops_server.stack.postgres import Postgres

_SERVE = "from plantops_server import service, settings; service.run(settings.Settings())"


class Stage:
    """Everything a scenario needs. ``database_line`` and ``broker_line`` are the server's; devices have their own."""

    def __init__(self, folder: Path, database_dsn: str, broker: Mosquitto, rng: random.Random) -> None:
        self.folder, self.dsn, self.broker, self.rng = folder, database_dsn, broker, rng
        parts = urlsplit(database_dsn)
        self._parts = parts
        self.database_line = FaultProxy((str(parts.hostname), int(parts.port or 0)), rng)
        self.broker_line = FaultProxy(("127.0.0.1", broker.port), rng)
        self.device_line = FaultProxy(("127.0.0.1", broker.port), rng)
        self.port = free_port()
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def ground(self) -> Ground:
        """The running product as the other benches see it."""
        token = self.folder / "data" / "admin.token"
        return Ground(f"http://127.0.0.1:{self.port}", token, self.dsn, self.broker, self.pid)

    @property
    def pid(self) -> int:
        """Of the server."""
        assert self._server is not None  # noqa: S101 - started by open_stage
        return self._server.pid

    @property
    def _alive(self) -> bool:
        return self._server is not None and self._server.poll() is None

    def start_server(self) -> None:
        """Start ``serve`` behind the proxies; returns at once."""
        parts = self._parts
        login = parts.netloc.rpartition("@")[0]
        dsn = urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{self.database_line.port}"))
        env = {
            **os.environ, "PYTHONPATH": str(ROOT), "PLANTOPS_DATA_DIR": str(self.folder / "data"),
            "PLANTOPS_PORT": str(self.port), "PLANTOPS_DATABASE_URL": dsn, "PLANTOPS_LOG_LEVEL": "ERROR",
            "PLANTOPS_MQTT_URL": self.broker.url.replace(f":{self.broker.port}", f":{self.broker_line.port}"),
            "PLANTOPS_MQTT_PASSWORD_FILE": str(self.broker.admin_password_file),
            "PLANTOPS_BROKER_STATE_DIR": str(self.folder / "mosquitto"),
        }  # fmt: skip
        with (self.folder / "server.log").open("ab") as log:
            self._server = subprocess.Popen([sys.executable, "-c", _SERVE], env=env, stdout=log, stderr=log)

    def kill_server(self) -> None:
        """SIGKILL: no goodbye, no flush."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()

    def end_server(self) -> None:
        """SIGTERM."""
        if self._server is not None:
            self._server.terminate()
            try:
                self._server.wait(15)
            except subprocess.TimeoutExpired:
                self.kill_server()

    async def ready(self, patience_s: float = 60) -> float:
        """Wait until the server says that it is ready; how long that took, s."""
        began = time.monotonic()
        async with httpx2.AsyncClient(timeout=5) as http:
            while time.monotonic() - began < patience_s and self._alive:
                try:
                    if (await http.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200:
                        return time.monotonic() - began
                except httpx2.HTTPError:
                    pass
                await asyncio.sleep(0.1)
        log = (self.folder / "server.log").read_text("utf-8", "replace")[-2000:]
        raise SystemExit(f"chaos: the server does not become ready. It said:\n{log}")

    def rows(self) -> list[Key]:
        """Every stored reading; a row for each, so that one stored twice is seen."""
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            found = conn.execute("SELECT device_id, conductivity::int FROM telemetry").fetchall()
        return [Key(device_id, number) for device_id, number in found]

    def count(self) -> int:
        """Stored readings."""
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            row = conn.execute("SELECT count(*) FROM telemetry").fetchone()
        return int(row[0]) if row else 0

    def incidents(self) -> tuple[int, int]:
        """How many were opened, and how many of them beside another one of their plant, metric, kind and moment."""
        query = (
            "SELECT coalesce(sum(n), 0), coalesce(sum(n - 1), 0) FROM"
            " (SELECT count(*) AS n FROM alerts GROUP BY plant_id, device_id, metric, kind, opened_at) AS found"
        )
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            row = conn.execute(query).fetchone()
        return (int(row[0]), int(row[1])) if row else (0, 0)

    def rss_mb(self) -> float:
        """Memory of the server now, MB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def until(holds: Callable[[], bool], patience_s: float) -> float | None:
    """Seconds until it holds, looking ten times a second; None when it does not in time."""
    began = time.monotonic()
    while time.monotonic() - began < patience_s:
        if await asyncio.to_thread(holds):
            return time.monotonic() - began
        await asyncio.sleep(0.1)
    return None


@asynccontextmanager
async def open_stage(folder: Path, rng: random.Random) -> AsyncIterator[Stage]:
    """Database, broker and server of the product under ``folder``; all is gone at the end."""
    database, broker = Postgres(folder / "postgres"), Mosquitto(folder / "mosquitto")
    database.start()
    try:
        broker.start()
        stage = Stage(folder, database.dsn, broker, rng)
        lines = (stage.database_line, stage.broker_line, stage.device_line)
        for line in lines:
            await line.start()
        stage.start_server()
        try:
            await stage.ready()
            yield stage
        finally:
            for line in lines:
                line.toxics.latency_s = 0
            stage.end_server()
            for line in lines:
                await line.down()
    finally:
        broker.stop()
        database.stop()
