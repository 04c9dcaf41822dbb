"""The server is killed with -9 while thousands of readings are under way: each acknowledged one is there, once."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.flow.conftest import Greenhouse

ROOT = Path(__file__).parents[2]
PROGRAM = "from plantops_server import service, settings; service.run(settings.Settings())"
READINGS = 5000
POTS = 10
KILLS = 2
SEED = 20261124


class Server:
    """``plantops serve`` in a process of its own."""

    def __init__(self, database_url: str, broker: Any, data_dir: Path, port: int) -> None:
        self._env = {
            **os.environ, "PYTHONPATH": str(ROOT), "PLANTOPS_DATA_DIR": str(data_dir),
            "PLANTOPS_DATABASE_URL": database_url, "PLANTOPS_MQTT_URL": broker.url, "PLANTOPS_PORT": str(port),
            "PLANTOPS_MQTT_PASSWORD_FILE": str(broker.admin_password_file),
            "PLANTOPS_BROKER_STATE_DIR": str(broker.data_dir), "PLANTOPS_LOG_LEVEL": "WARNING",
        }  # fmt: skip
        self._url = f"http://127.0.0.1:{port}/readyz"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", PROGRAM], env=self._env)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def ready(self) -> None:
        deadline = time.monotonic() + 30
        async with httpx2.AsyncClient() as http:
            while True:
                assert time.monotonic() < deadline, "the server does not become ready"
                try:
                    if (await http.get(self._url)).status_code == 200:
                        return
                except httpx2.TransportError:
                    pass
                await asyncio.sleep(0.1)


@pytest.fixture
def killable(database_url: str, mosquitto: Any, tmp_path: Path, free_port: int) -> Iterator[Server]:
    server = Server(database_url, mosquitto, tmp_path / "data", free_port)
    server.start()
    yield server
    server.kill()


def reading(kind: int, turn: int, began: datetime) -> dict[str, Any]:
    """Thirds: with a time, counting, and with nothing that names it but its value."""
    identity: list[dict[str, Any]] = [
        {"ts": (began + timedelta(milliseconds=turn)).isoformat()}, {"boot": 1, "seq": turn}, {},
    ]  # fmt: skip
    return {**identity[kind], "conductivity": float(turn)}


async def test_every_acknowledged_reading_is_stored_exactly_once_although_the_server_is_killed(
    killable: Server, db: Any, mosquitto: Any, voice_at: Callable[..., Any]
) -> None:
    rng = random.Random(SEED)
    greenhouse = Greenhouse(db, mosquitto)
    await killable.ready()
    plant = await greenhouse.plant()
    mouths = [voice_at(greenhouse, await greenhouse.pot(plant)) for _ in range(POTS)]
    began = datetime.now(UTC) - timedelta(minutes=1)
    infos = [mouths[n % POTS].say(reading(n % POTS % 3, n // POTS, began)) for n in range(READINGS)]
    for _ in range(KILLS):
        await _wait_for_progress(greenhouse)
        await asyncio.sleep(rng.uniform(0, 0.1))
        killable.kill()
        killable.start()
    for info in infos:
        await asyncio.to_thread(info.wait_for_publish, 30)
    assert all(info.is_published() for info in infos), f"seed {SEED}"
    distinct = "SELECT count(DISTINCT (device_id, conductivity)) FROM telemetry"
    await greenhouse.until(distinct, READINGS, timeout_s=60)
    await asyncio.sleep(0.5)  # a second copy would come after the first
    assert await greenhouse.one("SELECT count(*) FROM telemetry") == READINGS, f"seed {SEED}"
    assert await greenhouse.one("SELECT conductivity FROM plant_state") is not None


async def _wait_for_progress(greenhouse: Greenhouse) -> None:
    """Until the process has stored something more, and is in the middle of it; or has stored everything."""
    stored = await greenhouse.one("SELECT count(*) FROM telemetry")
    deadline = time.monotonic() + 30
    while stored < READINGS and await greenhouse.one("SELECT count(*) FROM telemetry") == stored:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
