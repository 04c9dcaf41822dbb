"""Starting a process: what runs in it, for how long, and what the person who started it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine
from contextlib import AsyncExitStack, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import structlog

from plantops_server import logs
from plantops_server.service.stopping import StoppedEarly, Stopping
from plantops_server.service.vital import vital
from plantops_server.service.whereabouts import Tell, Whereabouts, say
from plantops_server.settings import Settings
from plantops_server.stack import supervise

if TYPE_CHECKING:
    from plantops_server.service.opening import RestartBroker

Part = Literal["api", "ingest", "worker"]
ALL_PARTS: frozenset[Part] = frozenset({"api", "ingest", "worker"})

log = structlog.get_logger(__name__)


def run(
    settings: Settings, only: Collection[Part] | None = None, worker: str | None = None, tell: Tell = say
) -> None:
    """Serve until SIGTERM or SIGINT. ``worker`` names one of several ingest processes, ``tell`` hears when all runs.

    Raises PlantOpsError when something cannot start or died; its text is for the person who started it.
    """
    logs.configure(settings.log_format, settings.log_level)
    _until_stopped(lambda stopping: serve(settings, stopping, tell, only or ALL_PARTS, worker))


def up(settings: Settings, tell: Tell = say) -> None:
    """The whole product on its own PostgreSQL and Mosquitto, until SIGTERM or SIGINT. Raises as ``run`` does."""
    logs.configure(settings.log_format, settings.log_level)
    _until_stopped(lambda stopping: serve_stack(settings, stopping, tell))


async def serve(
    settings: Settings, stopping: Stopping, tell: Tell, only: Collection[Part] = ALL_PARTS, worker: str | None = None,
    restart_broker: RestartBroker | None = None, invites: bool = False,
) -> None:  # fmt: skip
    """Open, run until somebody wishes to stop, close. ``invites``: tell a login link of the local admin, too.

    Raises PlantOpsError when something cannot start, an ExceptionGroup with PartDied when a part dies, and
    StoppedEarly when the wish came before everything ran.
    """
    # Loaded here, so that ``up`` can start PostgreSQL and Mosquitto meanwhile: it is most of a warm start.
    from plantops_server.api.listener import Listener
    from plantops_server.service.opening import open_house
    from plantops_server.service.server import Server

    async with AsyncExitStack() as held:
        listener = None
        if "api" in only:
            listener = Listener(settings.host, settings.port)
            held.callback(listener.close)
        process = None if set(only) >= ALL_PARTS else "-".join(sorted(only))
        opening = open_house(
            settings,
            ingests="ingest" in only,
            worker=worker,
            process=process,
            restart_broker=restart_broker,
            held=held,
        )
        house, links = await stopping.unless_wished(opening)
        await Server(house, links, listener, works="worker" in only, invites=invites).run(stopping, tell)


async def serve_stack(settings: Settings, stopping: Stopping, tell: Tell) -> None:
    """``serve`` on a supervised stack, which is stopped last. Raises the errors of the stack besides."""
    async with AsyncExitStack() as held:
        loading = asyncio.create_task(asyncio.to_thread(import_module, "plantops_server.service.server"))
        stack = await stopping.unless_wished(held.enter_async_context(supervise.running(settings)))

        def told(where: Whereabouts) -> None:
            held.enter_context(stack.announced(where.url or ""))
            tell(where)

        async with asyncio.TaskGroup() as group:
            watch = vital("the supervisor of PostgreSQL and Mosquitto", stack.watch, stopping)
            watching = group.create_task(watch, name="stack")
            await loading
            await serve(
                stack.settings, stopping, told, restart_broker=lambda: _restart_broker(stack), invites=True
            )
            watching.cancel()


async def _restart_broker(stack: supervise.Stack) -> None:
    """Have Mosquitto read its state anew: it is stopped here, and the stack's watch starts it again."""
    if (broker := stack.mosquitto) is not None:
        await asyncio.to_thread(broker.stop)
        while broker.child is None:  # noqa: ASYNC110 - another task's doing, a few tenths of a second away
            await asyncio.sleep(0.1)


def _until_stopped(work: Callable[[Stopping], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        stopping = Stopping()
        stopping.listen()
        with suppress(StoppedEarly):
            await work(stopping)

    try:
        asyncio.run(main())
    except BaseExceptionGroup as group:
        first = _first_cause(group)
        if not isinstance(first, StoppedEarly):
            raise first from None


def _first_cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that began it: the other tasks were only cancelled because of it."""
    first = group.exceptions[0]
    return _first_cause(first) if isinstance(first, BaseExceptionGroup) else first
