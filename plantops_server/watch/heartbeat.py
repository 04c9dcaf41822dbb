"""The heartbeat: a watchdog of the owner's is called while all is well, and raises the alarm when nobody calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import httpx2
import structlog

from plantops_server import vitals
from plantops_server.incidents import channels, silence
from plantops_server.notify import heartbeat
from plantops_server.reach import Resolve, resolve_host
from plantops_server.store.database import Database
from plantops_server.store.vault import Vault
from plantops_server.watch.silence import Link

LONGEST_DUE = timedelta(minutes=5)
"""A notification that is due for so long means that delivery stands still."""

log = structlog.get_logger(__name__)


class HeartbeatWatch:
    """Calls the watchdog at its interval, as long as nothing essential is broken."""

    def __init__(
        self, db: Database, vault: Vault, http: httpx2.AsyncClient, *, clock: Callable[[], datetime],
        link: Link | None, allow_hosts: Sequence[str] = (), resolve: Resolve = resolve_host,
    ) -> None:  # fmt: skip
        self._db, self._vault, self._http, self._clock = db, vault, http, clock
        self._link, self._allow_hosts, self._resolve = link, allow_hosts, resolve
        self._last: datetime | None = None

    async def look(self) -> None:
        """Call it if it is time and all is well. Raises WrongSecretKey when the address cannot be unsealed."""
        now = self._clock()
        async with self._db.connection() as conn:
            settings = await channels.load(conn)
            if settings.heartbeat is None or not self._is_time(now, settings.heartbeat_every_s):
                return
            waiting = await vitals.outbox(conn)
            outage = any(incident.device_id is None for incident in await silence.open_now(conn))
        trouble = self._trouble(now, waiting.most_due_at, outage=outage)
        if trouble is not None:
            log.warning("no heartbeat", problem=trouble)
            return
        answer = await heartbeat.beat(
            self._http, self._vault.unseal(settings.heartbeat.sealed_url), self._allow_hosts,
            resolve=self._resolve,
        )  # fmt: skip
        if answer.outcome == "sent":
            self._last = now
        else:
            log.warning("heartbeat not delivered", reason=answer.reason)

    def _is_time(self, now: datetime, every_s: int) -> bool:
        return self._last is None or not timedelta(0) <= now - self._last < timedelta(seconds=every_s)

    def _trouble(self, now: datetime, most_due_at: datetime | None, *, outage: bool) -> str | None:
        """What keeps us from saying that all is well; the database has just answered."""
        if self._link is not None and self._link.connected_since is None:
            return "the broker is out of reach"
        if outage:
            return "no device is heard"
        if most_due_at is not None and now - most_due_at > LONGEST_DUE:
            return "notifications are not delivered"
        return None
