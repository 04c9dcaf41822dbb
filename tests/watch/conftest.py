"""What the tests of worker and delivery stand on: a household, a clock that stands, a courier to a fake Discord."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from plantops_server.delivery import Courier
from plantops_server.incidents import channels
from plantops_server.store.database import Database
from tests.incidents.household import Clock, Household
from tests.notify.fake_discord import FakeDiscord


@pytest.fixture
def household(db: Database) -> Household:
    return Household(db)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def courier(household: Household, fake_discord: FakeDiscord, clock: Clock) -> AsyncIterator[Courier]:
    async with httpx2.AsyncClient(trust_env=False) as http:
        yield Courier(
            household.db, household.vault, http, clock=clock, allow_hosts=[fake_discord.host],
            chance=random.Random(1), timeout_s=1,
        )  # fmt: skip


@pytest.fixture
async def told(household: Household, fake_discord: FakeDiscord) -> Household:
    """A household with one channel that points to the fake Discord."""
    await tell(household, fake_discord)
    await household.plants("p", "q")
    return household


async def tell(household: Household, fake: FakeDiscord, **more: Any) -> None:
    await household.tell(fake.url, allow=[fake.host], **more)


async def channel_of(household: Household) -> channels.StoredChannel:
    async with household.db.connection() as conn:
        return (await channels.load(conn)).channels[0]


def titles(fake: FakeDiscord) -> list[str]:
    return [message["embeds"][0]["title"] for message in fake.messages.values()]
