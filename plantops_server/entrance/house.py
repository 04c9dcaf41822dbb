"""What every door works with: the open resources of one server process, put together by service.py."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import httpx2

from plantops_server.access.backoff import LoginBackoff
from plantops_server.advisor.ask import Advisor
from plantops_server.delivery import Courier
from plantops_server.devices.rate_limit import RateLimit
from plantops_server.facts import fact_sheet
from plantops_server.live import Live
from plantops_server.settings import Settings
from plantops_server.store.database import Database
from plantops_server.store.vault import Vault

if TYPE_CHECKING:
    from plantops_server.broker.accounts import Accounts


def utc_now() -> datetime:
    """The clock of a running server; tests pass their own."""
    return datetime.now(UTC)


class Downlink(Protocol):
    """The part of a broker link that doors use: is it up, and send this."""

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us."""

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> None:
        """Hand one message to the broker and wait until it has it."""


class Uplink(Downlink, Protocol):
    """The part of the link that hears devices which doors look at."""

    def retained_of(self, device_id: str) -> frozenset[str]:
        """Uplink topics on which a device left something retained."""


class Intake(Protocol):
    """The part of ingest that doors look at."""

    @property
    def waiting(self) -> int:
        """Messages that arrived and are not stored yet."""

    @property
    def lag_s(self) -> float:
        """Age of the oldest of them in s; 0 when there is none."""

    @property
    def problem(self) -> str | None:
        """Why nothing can be stored at the moment; None while it can."""


@dataclass(slots=True)
class House:
    """Open resources of this process; a door takes what it needs and keeps nothing."""

    settings: Settings
    db: Database
    vault: Vault
    http: httpx2.AsyncClient
    accounts: Accounts
    downlink: Downlink
    live: Live
    ingest_link: Uplink | None = None
    intake: Intake | None = None
    """None where this process does not ingest (``--only api``)."""
    clock: Callable[[], datetime] = utc_now
    logins: LoginBackoff = field(default_factory=LoginBackoff)
    registrations: RateLimit = field(default_factory=RateLimit)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server begins to stop: streams that would otherwise never end, end."""
    advisor: Advisor = field(init=False)
    """The care advisor of this process: callers for one plant share one piece of work."""

    def retained_of(self, device_id: str) -> frozenset[str]:
        """Topics to be cleared when a device goes, as far as this process hears devices at all."""
        return self.ingest_link.retained_of(device_id) if self.ingest_link else frozenset()

    def __post_init__(self) -> None:
        self.advisor = Advisor(
            self.db, self.vault, fact_sheet, clock=self.clock, zone=self.settings.zone,
            timeout_s=self.settings.advisor_timeout_s,
        )  # fmt: skip

    def courier(self) -> Courier:
        """Who carries notifications, on this process's open resources."""
        hosts = self.settings.webhook_hosts
        return Courier(self.db, self.vault, self.http, clock=self.clock, allow_hosts=hosts)
