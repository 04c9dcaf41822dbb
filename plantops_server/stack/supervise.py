"""PostgreSQL and Mosquitto for one ``plantops up``: started together, watched, restarted, stopped in order.

A part that dies is started again on the same port, after 0.5, 1, 2 and 4 seconds: the database pool and the broker
link reconnect by themselves, and the broker kept what was not acknowledged. One that dies five times within a minute
stops everything, loudly. What the settings place elsewhere (PLANTOPS_DATABASE_URL, PLANTOPS_MQTT_URL) is not started.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from plantops_server.errors import StackPartFailed, StackPartKeepsDying
from plantops_server.settings import Settings
from plantops_server.stack import datadir
from plantops_server.stack.child import Child, shorten
from plantops_server.stack.mosquitto import Mosquitto
from plantops_server.stack.postgres import Postgres

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.25
_FIRST_DELAY_S = 0.5
_DEATHS, _WITHIN_S = 5, 60.0


class Part(Protocol):
    """A server that we run: Postgres or Mosquitto."""

    log: Path

    @property
    def child(self) -> Child | None:
        """The process, None when it was not started."""

    def check(self) -> None:
        """Raise when something that ``start`` needs is not installed."""

    def start(self) -> None:
        """Start and wait for readiness; blocks."""

    def stop(self) -> None:
        """Stop and wait for the end; blocks, and does nothing when it does not run."""


class Stack:
    """The running parts. ``settings`` has the addresses filled in."""

    def __init__(self, settings: Settings, postgres: Postgres | None, mosquitto: Mosquitto | None) -> None:
        self.settings = settings
        self.postgres = postgres
        self.mosquitto = mosquitto

    async def watch(self) -> None:
        """Start again what dies; runs until cancelled, raises StackPartKeepsDying when that does not help."""
        async with asyncio.TaskGroup() as group:
            for name, part in (("PostgreSQL", self.postgres), ("Mosquitto", self.mosquitto)):
                if part is not None:
                    group.create_task(_watch_part(name, part), name=f"watch-{name}")

    def announced(self, url: str) -> AbstractContextManager[None]:
        """Keep stack.json in the data directory during the block: where API, broker and database are."""
        places = {
            "url": url,
            "mqtt_port": self.mosquitto.port if self.mosquitto else self.settings.mqtt.port,
            "postgres_port": self.postgres.port if self.postgres else None,
            "pid": os.getpid(),
        }
        return datadir.places_written(self.settings.data_dir, places)


@asynccontextmanager
async def running(settings: Settings, say: Callable[[str], None] = log.warning) -> AsyncIterator[Stack]:
    """Bring up what the settings do not place elsewhere; at the end stop the broker, then the database.

    ``say`` gets sentences for the person at the terminal. Raises the errors of datadir, Postgres and Mosquitto.
    """
    async with AsyncExitStack() as cleanup:
        cleanup.enter_context(datadir.claimed(settings.data_dir))
        postgres = None if settings.database_url.get_secret_value() else _postgres(settings)
        mosquitto = None if settings.mqtt_url else _mosquitto(settings)
        parts: list[Part] = [part for part in (postgres, mosquitto) if part is not None]
        for part in parts:
            part.check()  # before anything is made
        for part in parts:
            cleanup.push_async_callback(_in_thread, part.stop)
        await _start_all(parts)
        filled = settings
        if postgres is not None:
            filled = filled.model_copy(update={"database_url": SecretStr(postgres.dsn)})
        if mosquitto is not None:
            filled = _with_broker(filled, mosquitto)
            _remember_port(settings, mosquitto, say)
        yield Stack(filled, postgres, mosquitto)


@contextmanager
def embedded_database(settings: Settings) -> Iterator[Postgres]:
    """The embedded database alone, for commands such as backup: the running stack's, else started for the block."""
    postgres = _postgres(settings)
    if datadir.is_claimed(settings.data_dir):
        postgres.port = int(datadir.read_places(settings.data_dir).get("postgres_port") or 0)
        yield postgres
        return
    with datadir.claimed(settings.data_dir):
        postgres.start()
        try:
            yield postgres
        finally:
            postgres.stop()


def _postgres(settings: Settings) -> Postgres:
    return Postgres(settings.data_dir / "postgres", bin_dir=settings.pg_bin)


def _mosquitto(settings: Settings) -> Mosquitto:
    return Mosquitto(
        settings.data_dir / "mosquitto", host=settings.mqtt_host, port=_wanted_port(settings),
        accounts=settings.broker_accounts, program=settings.mosquitto_bin, plugin=settings.mosquitto_plugin,
    )  # fmt: skip


def _port_file(settings: Settings) -> Path:
    return settings.data_dir / "mosquitto" / "port"


def _wanted_port(settings: Settings) -> int:
    """The port that was configured, else the one used last: devices were told that one."""
    if "mqtt_port" not in settings.model_fields_set:
        try:
            return int(_port_file(settings).read_text())
        except (OSError, ValueError):
            pass
    return settings.mqtt_port


def _remember_port(settings: Settings, mosquitto: Mosquitto, say: Callable[[str], None]) -> None:
    _port_file(settings).write_text(f"{mosquitto.port}\n")
    if mosquitto.wanted_port not in (0, mosquitto.port):
        say(
            f"Port {mosquitto.wanted_port} is taken by another program, so the MQTT broker listens on "
            f"{mosquitto.port}. Sensors that were told port {mosquitto.wanted_port} cannot reach it: stop the other "
            "program, or set PLANTOPS_MQTT_PORT."
        )


def _with_broker(settings: Settings, mosquitto: Mosquitto) -> Settings:
    return settings.model_copy(
        update={
            "mqtt_url": mosquitto.url,
            "mqtt_port": mosquitto.port,
            "mqtt_password_file": mosquitto.admin_password_file,
            "broker_state_dir": mosquitto.folder,
        }
    )


async def _start_all(parts: list[Part]) -> None:
    """Side by side; the first failure is raised once all have come to an end."""
    results = await asyncio.gather(*(_in_thread(part.start) for part in parts), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def _in_thread(work: Callable[[], None]) -> None:
    """Like ``to_thread``, but a cancellation waits for the end, so that nothing starts behind our back."""
    future = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise


async def _watch_part(name: str, part: Part) -> None:
    deaths: deque[float] = deque(maxlen=_DEATHS)
    started = True
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        child = part.child
        if child is not None and child.exit_status is None:
            shorten(part.log)
            continue
        if child is None and started:  # stopped by ourselves, to be started anew
            log.info("%s was stopped; starting it again", name)
            started = await _started(part)
            continue
        now = time.monotonic()
        deaths.append(now)
        if len(deaths) == _DEATHS and now - deaths[0] < _WITHIN_S:
            raise StackPartKeepsDying(part=name, times=_DEATHS, within_s=_WITHIN_S, log=part.log)
        recent = sum(now - death < _WITHIN_S for death in deaths)
        log.error("%s ended unexpectedly (status %s); starting it again", name, child and child.exit_status)
        await asyncio.sleep(_FIRST_DELAY_S * 2 ** (recent - 1))
        started = await _started(part)


async def _started(part: Part) -> bool:
    try:
        await _in_thread(part.start)
    except StackPartFailed as problem:
        log.error("%s", problem)
        return False
    return True
