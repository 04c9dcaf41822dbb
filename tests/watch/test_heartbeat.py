"""The heartbeat: called while all is well, silent when something essential is broken; its address stays a secret."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import httpx2
import pytest
import structlog

from plantops_api.wire import NotificationSettingsBody
from plantops_server.errors import InvalidInput
from plantops_server.incidents import channels
from plantops_server.watch.heartbeat import HeartbeatWatch
from tests.incidents.household import NOW, Clock, Household

SECRET = "e5d1f0c2-canary"
URL = f"https://watchdog.example/ping/{SECRET}?from=home"


class Link:
    """A broker link that is there or not."""

    connected_since: datetime | None = NOW


class Watchdog:
    """A watchdog that counts its calls, behind a name that resolves to ``address``."""

    def __init__(self, household: Household, clock: Clock) -> None:
        self.calls: list[str] = []
        self.status, self.address, self.link = 200, "93.184.216.34", Link()
        self._http = httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer))
        self.watch = HeartbeatWatch(
            household.db, household.vault, self._http, clock=clock, link=self.link, allow_hosts=["10.0.0.7:8000"],
            resolve=self._resolve,
        )  # fmt: skip

    async def _resolve(self, host: str, port: int) -> list[str]:
        return [self.address]

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.calls.append(f"{request.method} {request.headers['host']} {request.url}")
        return httpx2.Response(self.status, headers={"Location": "http://127.0.0.1/"})

    async def aclose(self) -> None:
        await self._http.aclose()


@pytest.fixture
async def watchdog(household: Household, clock: Clock) -> AsyncIterator[Watchdog]:
    await beating(household, URL)
    made = Watchdog(household, clock)
    yield made
    await made.aclose()


async def beating(household: Household, url: str | None) -> channels.Stored:
    body = NotificationSettingsBody(heartbeat_url=url, heartbeat_every_s=300)
    async with household.db.transaction() as conn:
        return await channels.replace(conn, body, household.vault, ["10.0.0.7:8000"])


async def test_it_is_called_at_its_interval_at_the_address_that_was_checked(
    watchdog: Watchdog, clock: Clock
) -> None:
    await watchdog.watch.look()
    clock.move(seconds=299)
    await watchdog.watch.look()
    assert watchdog.calls == [f"GET watchdog.example https://93.184.216.34/ping/{SECRET}?from=home"]
    clock.move(seconds=1)
    await watchdog.watch.look()
    assert len(watchdog.calls) == 2


async def test_a_call_that_fails_is_tried_again_at_the_next_look(watchdog: Watchdog, clock: Clock) -> None:
    watchdog.status = 500
    await watchdog.watch.look()
    watchdog.status = 200
    clock.move(seconds=30)
    await watchdog.watch.look()
    assert len(watchdog.calls) == 2


async def test_without_the_broker_it_is_silent(watchdog: Watchdog) -> None:
    watchdog.link.connected_since = None
    await watchdog.watch.look()
    assert watchdog.calls == []


async def test_in_an_outage_it_is_silent_and_with_one_silent_device_it_is_not(
    watchdog: Watchdog, household: Household
) -> None:
    insert = "INSERT INTO alerts (device_id, kind, severity, opened_at) VALUES (%s, 'offline', 'warning', %s)"
    await household.run(insert, "d", NOW)
    await watchdog.watch.look()
    assert len(watchdog.calls) == 1
    await household.run(insert, None, NOW)
    watchdog.watch._last = None
    await watchdog.watch.look()
    assert len(watchdog.calls) == 1


async def test_when_delivery_stands_still_it_is_silent(
    watchdog: Watchdog, household: Household, clock: Clock
) -> None:
    await household.plants("p")
    async with household.db.transaction() as conn:
        body = NotificationSettingsBody.model_validate(
            {
                "channels": [
                    {"name": "a", "type": "discord", "url": "https://discord.com/api/webhooks/1/token"}
                ],
                "heartbeat_url": "https://watchdog.example/****",
            }
        )
        await channels.replace(conn, body, household.vault)
    await household.dry("p")
    clock.move(minutes=6)
    await watchdog.watch.look()
    assert watchdog.calls == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1"])
async def test_a_name_that_leads_into_the_private_network_is_not_called_and_no_secret_is_logged(
    watchdog: Watchdog, address: str
) -> None:
    watchdog.address = address
    with structlog.testing.capture_logs() as logs:
        await watchdog.watch.look()
    assert watchdog.calls == []
    assert logs[0]["reason"] == "The watchdog's host resolves to a private address, which is not allowed."
    assert SECRET not in str(logs)


async def test_a_redirect_is_not_followed_and_counts_as_a_failure(watchdog: Watchdog, clock: Clock) -> None:
    watchdog.status = 302
    await watchdog.watch.look()
    assert len(watchdog.calls) == 1


async def test_a_private_host_that_was_allowed_by_name_is_called_in_plain_http(
    watchdog: Watchdog, household: Household
) -> None:
    await beating(household, "http://10.0.0.7:8000/ping")
    await watchdog.watch.look()
    assert watchdog.calls == ["GET 10.0.0.7:8000 http://10.0.0.7:8000/ping"]


async def test_the_address_is_sealed_masked_and_kept_when_the_masked_one_comes_back(
    household: Household,
) -> None:
    stored = await beating(household, URL)
    assert stored.shown().heartbeat_url == "https://watchdog.example/****"
    (row,) = await household.rows("SELECT value FROM settings")
    assert SECRET not in str(row)
    assert (await beating(household, "https://watchdog.example/****")).heartbeat == stored.heartbeat
    assert (await beating(household, None)).heartbeat is None


@pytest.mark.parametrize(
    "url", ["http://watchdog.example/x", "ftp://watchdog.example/", "https://", "https://u:p@h.example/"]
)
async def test_other_addresses_are_refused_without_repeating_them(household: Household, url: str) -> None:
    with pytest.raises(InvalidInput, match="starts with https") as raised:
        await beating(household, url)
    assert "watchdog.example/" not in str(raised.value)


async def test_without_an_address_nothing_is_called(watchdog: Watchdog, household: Household) -> None:
    await beating(household, None)
    await watchdog.watch.look()
    assert watchdog.calls == []
