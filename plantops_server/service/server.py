"""One process: its parts as named tasks, started together and stopped in order."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial

import psycopg
import structlog

from plantops_server import credentials, downlinks
from plantops_server.access.local_admin import ensure_local_admin, invitation
from plantops_server.api.app import create_app
from plantops_server.api.listener import Listener
from plantops_server.broker.address import Login
from plantops_server.broker.identities import all_logins
from plantops_server.entrance.house import House
from plantops_server.errors import PlantOpsError
from plantops_server.ingest import Ingest
from plantops_server.service.opening import FIRST_PAUSE_S, LONGEST_PAUSE_S, Links, first_line, spread
from plantops_server.service.site import one_site
from plantops_server.service.stopping import Stopping
from plantops_server.service.vital import Work, vital
from plantops_server.service.whereabouts import Tell, Whereabouts
from plantops_server.watch.heartbeat import HeartbeatWatch
from plantops_server.watch.jobs import jobs_of
from plantops_server.watch.loop import Watch
from plantops_server.web.app import create_web

LOOK_AT_LINKS_S = 5.0
WAIT_FOR_BROKER_S = 5.0

log = structlog.get_logger(__name__)


class Server:
    """The parts of one process around its house. ``listener`` is None where it serves no HTTP.

    With ``invites`` whoever started it is told a link that logs a browser in as the local admin.
    """

    def __init__(
        self, house: House, links: Links, listener: Listener | None, *, works: bool, invites: bool = False
    ) -> None:
        self.house, self._links, self._listener, self._works = house, links, listener, works
        self._invites = invites
        self._reconciling = asyncio.Lock()
        self._admitted = asyncio.Event()  # the broker knows our accounts, and the links are on their way

    async def run(self, stopping: Stopping, tell: Tell) -> None:
        """Run every part until somebody wishes to stop. Raises an ExceptionGroup with PartDied when one dies."""
        async with asyncio.TaskGroup() as group:
            tasks = {
                name: group.create_task(vital(name, work, stopping), name=name)
                for name, work in self._parts()
            }
            if self._listener is not None:
                await self._listener.started()
            where = await self._whereabouts()
            await self._connected()
            gc.freeze()  # What is loaded stays; looking it through again would hold up every eighth page.
            tell(where)
            await stopping.wait()
            await self._stop(tasks)

    def _parts(self) -> Iterator[tuple[str, Work]]:
        house = self.house
        yield "the broker's attendant", self._attend_broker
        if self._listener is not None:
            yield "the event stream", partial(house.live.run, house.db.dsn)
            proxies = _listed(house.settings.trusted_proxies)
            yield (
                "the API",
                partial(self._listener.serve, one_site(create_app(house), create_web(house)), proxies),
            )
        if isinstance(house.intake, Ingest):
            yield "ingest", partial(self._ingest, house.intake)
        if self._works:
            yield "the worker", self._watch().run

    async def _ingest(self, intake: Ingest) -> None:
        await self._admitted.wait()
        await intake.run()

    def _watch(self) -> Watch:
        house = self.house
        courier = house.courier()
        jobs = jobs_of(
            house.db, courier, clock=house.clock, link=self._links.ingest, reconcile=self.reconcile,
            retention_days=house.settings.retention_days, zone=house.settings.zone,
            heartbeat=HeartbeatWatch(
                house.db, house.vault, house.http, clock=house.clock, link=self._links.ingest,
                allow_hosts=house.settings.webhook_hosts,
            ),
        )  # fmt: skip
        return Watch(house.db.dsn, jobs)

    async def _attend_broker(self) -> None:
        """Make our accounts known, connect, and make them known again should the broker forget them.

        The links reconnect by themselves; only an account that is refused needs us. Ends by cancellation.
        """
        await self._until_done(self.reconcile)
        for link, _ in self._links.each():
            await link.start()
        self._admitted.set()
        while True:
            await asyncio.sleep(LOOK_AT_LINKS_S)
            if self._refused():
                log.warning("the broker refuses our accounts, making them anew")
                await self._until_done(self.reconcile)
                await asyncio.sleep(LOOK_AT_LINKS_S)
                await self._until_done(self._admit_refused)

    async def _admit_refused(self) -> None:
        for login in self._refused():
            await self.house.accounts.admit(login)

    def _refused(self) -> list[Login]:
        return [login for link, login in self._links.each() if link.refused]

    async def _connected(self) -> None:
        """Wait a little for the broker, so that "ready" means it; without one we are ready for everything else."""
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT_FOR_BROKER_S):
                await self._admitted.wait()
                for link, _ in self._links.each():
                    await link.wait_connected(WAIT_FOR_BROKER_S)

    async def _until_done(self, work: Callable[[], Awaitable[None]]) -> None:
        """Try again, ever more slowly, while broker or database are away."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                return await work()
            except (PlantOpsError, psycopg.Error, OSError) as error:
                log.warning("the broker's accounts are out of reach, trying again", problem=first_line(error))
            await asyncio.sleep(spread(pause))
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def reconcile(self) -> None:
        """Make the broker's accounts equal to the database, and send devices what they were not told yet."""
        house = self.house
        async with (
            self._reconciling
        ):  # the attendant and the worker must not both rebuild a broker that lost its state
            async with house.db.connection() as conn:
                house.accounts.adopt(await all_logins(conn, house.vault))
            await credentials.reconcile(house.db, house.accounts)
        if house.downlink.connected:
            await downlinks.send_pending_configs(house.db, house.downlink)

    async def _whereabouts(self) -> Whereabouts:
        house = self.house
        if self._listener is None:
            return Whereabouts(house.settings, None, None)
        file = house.settings.admin_token_file
        async with house.db.transaction() as conn:
            works = await ensure_local_admin(conn, file, house.clock())
            invited = works and self._invites
            link = await invitation(conn, self._listener.url, house.clock()) if invited else None
        return Whereabouts(house.settings, self._listener.url, file if works else None, link)

    async def _stop(self, tasks: Mapping[str, asyncio.Task[None]]) -> None:
        """Intake and new requests first, then what is under way; then the links, the pool and the rest are closed.

        A batch that is cut off was not acknowledged, and the broker delivers it again.
        """
        self.house.live.close()
        self.house.advisor.close()
        if self._listener is not None:
            self._listener.stop()
        for name in ("ingest", "the worker"):
            if name in tasks:
                tasks[name].cancel()
        under_way = [task for name, task in tasks.items() if name in ("ingest", "the worker", "the API")]
        if under_way:
            await asyncio.wait(under_way)
        for task in tasks.values():
            task.cancel()


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
