"""A process ends when it is asked to, in order, and never half."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from plantops_server import service
from plantops_server.errors import BrokerNotConfigured, DatabaseNotConfigured, PartDied, PortTaken
from plantops_server.service.opening import open_house
from plantops_server.service.server import Server
from plantops_server.service.vital import vital
from plantops_server.settings import Settings
from tests.running_server import serving, settings_for

if TYPE_CHECKING:
    from tests.conftest import Broker

PROGRAM = """
import sys
from plantops_server import service
from plantops_server.settings import Settings
service.run(Settings(), tell=lambda where: print(where.url, flush=True))
print("stopped cleanly", flush=True)
"""


@contextmanager
def process(settings: Settings) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``plantops serve`` in a process of its own, and its address."""
    variables = {
        "PLANTOPS_DATA_DIR": str(settings.data_dir), "PLANTOPS_MQTT_URL": settings.mqtt_url,
        "PLANTOPS_DATABASE_URL": settings.database_url.get_secret_value(), "PLANTOPS_PORT": "0",
        "PLANTOPS_MQTT_PASSWORD_FILE": str(settings.mqtt_password_file),
        "PLANTOPS_BROKER_STATE_DIR": str(settings.broker_state_dir),
    }  # fmt: skip
    root = Path(__file__).parents[2]
    running = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env={**os.environ, **variables}, cwd=root, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert running.stdout is not None
        yield running, running.stdout.readline().strip()
    finally:
        running.kill()
        running.communicate()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_one_signal_ends_it_cleanly_within_ten_seconds_even_with_listeners(
    database_url: str, mosquitto: Broker, tmp_path: Path, sent: signal.Signals
) -> None:
    settings = settings_for(database_url, mosquitto, tmp_path / "data")
    with process(settings) as (running, url):
        token = settings.admin_token_file.read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx2.stream("GET", f"{url}/api/stream", headers=headers, timeout=20) as stream:
            started = time.monotonic()
            running.send_signal(sent)
            for _ in stream.iter_raw():
                pass  # ends because the server ends it
        out, err = running.communicate(timeout=10)
        assert time.monotonic() - started < 10
    assert (running.returncode, out) == (0, "stopped cleanly\n"), err
    assert "Traceback" not in err


def test_a_second_signal_ends_it_at_once(database_url: str, mosquitto: Broker, tmp_path: Path) -> None:
    with process(settings_for(database_url, mosquitto, tmp_path / "data")) as (running, _):
        running.send_signal(signal.SIGTERM)
        running.send_signal(signal.SIGTERM)
        time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=5) in (130, 0)


def test_one_dying_part_ends_all_with_a_sentence(
    database_url: str, mosquitto: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(_self: object) -> None:
        await asyncio.sleep(0.2)
        raise ZeroDivisionError("inside")

    monkeypatch.setattr("plantops_server.ingest.Ingest.run", dies)

    async def main() -> None:
        stopping = service.Stopping()
        await service.serve(
            settings_for(database_url, mosquitto, tmp_path / "data"), stopping, lambda _where: None
        )

    with pytest.raises(ExceptionGroup) as ended:
        asyncio.run(asyncio.wait_for(main(), 20))
    (died,) = ended.value.exceptions
    assert isinstance(died, PartDied)
    assert str(died).startswith("ingest stopped: ZeroDivisionError")


async def test_a_part_that_ends_by_itself_has_died_and_one_that_was_asked_has_not() -> None:
    async def work() -> None:
        return None

    stopping = service.Stopping()
    with pytest.raises(PartDied, match="ended by itself"):
        await vital("the clockwork", work, stopping)
    stopping.wish()
    await vital("the clockwork", work, stopping)


async def test_a_wish_that_comes_while_the_database_is_away_is_heard(
    tmp_path: Path, free_port: int, mosquitto: Broker
) -> None:
    nobody = f"postgresql://plantops:x@127.0.0.1:{free_port}/plantops"
    stopping = service.Stopping()
    asyncio.get_running_loop().call_later(0.5, stopping.wish)
    with pytest.raises(service.StoppedEarly):
        async with asyncio.timeout(5):
            await service.serve(
                settings_for(nobody, mosquitto, tmp_path / "data"), stopping, lambda _where: None
            )


async def test_what_is_not_configured_is_named(database_url: str, tmp_path: Path, mosquitto: Broker) -> None:
    nothing = settings_for("", mosquitto, tmp_path / "data")
    with pytest.raises(DatabaseNotConfigured, match="plantops up"):
        await service.serve(nothing, service.Stopping(), lambda _where: None)
    no_broker = settings_for(database_url, mosquitto, tmp_path / "data").model_copy(update={"mqtt_url": ""})
    with pytest.raises(BrokerNotConfigured, match="PLANTOPS_MQTT_URL"):
        await service.serve(no_broker, service.Stopping(), lambda _where: None)


async def test_a_busy_port_is_known_before_anything_else_starts(tmp_path: Path, mosquitto: Broker) -> None:
    settings = settings_for("postgresql://nobody@127.0.0.1:9/none", mosquitto, tmp_path / "data")
    busy = settings.model_copy(update={"port": mosquitto.port})
    with pytest.raises(PortTaken, match="PLANTOPS_PORT"):
        await service.serve(busy, service.Stopping(), lambda _where: None)


async def test_api_ingest_and_worker_run_apart_as_they_run_together(
    database_url: str, mosquitto: Broker, tmp_path: Path
) -> None:
    settings = settings_for(database_url, mosquitto, tmp_path / "data")
    stoppings = [service.Stopping() for _ in range(3)]
    told: list[service.Whereabouts] = []
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for part, stopping in zip(("api", "ingest", "worker"), stoppings, strict=True):
            group.create_task(service.serve(settings, stopping, told.append, {part}))  # type: ignore[arg-type]
        while len(told) < 3:  # noqa: ASYNC110 - three processes in one: no event to wait for
            await asyncio.sleep(0.05)
        (url,) = [where.url for where in told if where.url is not None]
        async with httpx2.AsyncClient(base_url=url) as client:
            ready = (await client.get("/readyz")).json()
        assert ready["ready"], ready
        assert ready["checks"]["ingest"]["detail"] == "runs in another process"
        for stopping in stoppings:
            stopping.wish()


def test_a_restart_keeps_the_admins_token(database_url: str, mosquitto: Broker, tmp_path: Path) -> None:
    settings = settings_for(database_url, mosquitto, tmp_path / "data")
    with serving(settings, mosquitto) as first:
        token = first.admin_token
    with serving(settings, mosquitto) as second:
        assert second.admin_token == token


async def test_a_worker_that_joins_later_keeps_its_account(
    database_url: str, mosquitto: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reconciles knows the accounts that other processes made since it started."""
    monkeypatch.setattr("plantops_server.broker.dynsec.SETTLING", timedelta(0))
    settings = settings_for(database_url, mosquitto, tmp_path / "data")
    async with AsyncExitStack() as held:

        async def opened(worker: str | None) -> Server:
            house, links = await open_house(
                settings, ingests=True, worker=worker, process=None, restart_broker=None, held=held
            )
            return Server(house, links, None, works=True)

        first = await opened(None)
        await first.reconcile()
        second = await opened("two")
        await second.reconcile()
        await first.reconcile()
        assert not await second.house.accounts.reconcile([])
