"""The server is killed with -9 while thousands of readings are under way: each acknowledged one is there, once."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("ingest_process.py")
READINGS = 5000
POTS = 10
SEED = 20261124


def start(greenhouse: Any) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM)], stdin=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(PROGRAM.parents[2])},
    )  # fmt: skip
    assert process.stdin is not None
    where = {
        "database": greenhouse.db.dsn, "password": greenhouse.ingest_login.password,
        "broker": f"mqtt://127.0.0.1:{greenhouse.broker.port}",
    }  # fmt: skip
    process.stdin.write(json.dumps(where) + "\n")
    process.stdin.close()
    return process


def reading(kind: int, turn: int, began: datetime) -> dict[str, Any]:
    """Thirds: with a time, counting, and with nothing that names it but its value."""
    identity: list[dict[str, Any]] = [
        {"ts": (began + timedelta(milliseconds=turn)).isoformat()}, {"boot": 1, "seq": turn}, {},
    ]  # fmt: skip
    return {**identity[kind], "conductivity": float(turn)}


async def test_every_acknowledged_reading_is_stored_exactly_once_although_the_server_is_killed(
    greenhouse: Any, voice: Callable[..., Any]
) -> None:
    rng = random.Random(SEED)
    plant = await greenhouse.plant()
    mouths = [voice(await greenhouse.pot(plant)) for _ in range(POTS)]
    async with greenhouse.ingesting():
        pass  # from here on the broker keeps what comes while nobody listens
    process = start(greenhouse)
    try:
        began = datetime.now(UTC) - timedelta(minutes=1)
        infos = [mouths[n % POTS].say(reading(n % POTS % 3, n // POTS, began)) for n in range(READINGS)]
        for _ in range(4):
            await _wait_for_progress(greenhouse)
            await asyncio.sleep(rng.uniform(0, 0.15))
            process.kill()
            process.wait()
            process = start(greenhouse)
        for info in infos:
            await asyncio.to_thread(info.wait_for_publish, 30)
        assert all(info.is_published() for info in infos), f"seed {SEED}"
        await greenhouse.until(
            "SELECT count(DISTINCT (device_id, conductivity)) FROM telemetry", READINGS, timeout_s=60
        )
        await asyncio.sleep(0.5)  # a second copy would come after the first
    finally:
        process.kill()
        process.wait()
    assert await greenhouse.one("SELECT count(*) FROM telemetry") == READINGS, f"seed {SEED}"


async def _wait_for_progress(greenhouse: Any) -> None:
    """Until the process has stored something more, and is in the middle of it; or has stored everything."""
    stored = await greenhouse.one("SELECT count(*) FROM telemetry")
    deadline = time.monotonic() + 20
    while stored < READINGS and await greenhouse.one("SELECT count(*) FROM telemetry") == stored:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
