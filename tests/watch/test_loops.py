"""The worker's loops: one failing job stops nothing, rings wake, cancelling ends everything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta

import httpx2
import psycopg
import pytest

from plantops_server.delivery import Courier
from plantops_server.entrance.house import utc_now
from plantops_server.store import partitions
from plantops_server.store.bell import ring
from plantops_server.store.database import Database
from plantops_server.watch.jobs import OutboxWatch, Upkeep, jobs_of
from plantops_server.watch.loop import Job, Watch, run_once, runs_total
from tests.incidents.household import Clock, Household, reading
from tests.notify import fake_discord as discord
from tests.notify.fake_discord import FakeDiscord


class Work:
    """Work that counts its runs; ``done`` is set at each."""

    def __init__(self, error: Exception | None = None) -> None:
        self.runs = 0
        self.done = asyncio.Event()
        self._error = error

    async def __call__(self) -> None:
        self.runs += 1
        self.done.set()
        if self._error is not None:
            raise self._error


async def running(watch: Watch, until: Callable[[], Awaitable[object]]) -> None:
    task = asyncio.create_task(watch.run())
    try:
        async with asyncio.timeout(10):
            await until()
        assert not task.done()
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_job_that_fails_is_counted_and_the_others_go_on(database_url: str) -> None:
    bad, good = Work(RuntimeError("boom")), Work()
    before = runs_total.labels(job="bad", outcome="failed")._value.get()

    async def good_ran_five_times() -> None:
        while good.runs < 5:
            good.done.clear()
            await good.done.wait()

    watch = Watch(database_url, [Job("bad", bad, 0.01), Job("good", good, 0.01)])
    await running(watch, good_ran_five_times)
    assert bad.runs >= 1
    assert runs_total.labels(job="bad", outcome="failed")._value.get() > before


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ValueError("x"), "failed"),
        (psycopg.OperationalError("x"), "database_away"),
        (OSError("x"), "database_away"),
    ],
)
async def test_no_error_ends_a_loop_and_each_is_counted_by_its_kind(error: Exception, outcome: str) -> None:
    counter = runs_total.labels(job="of a test", outcome=outcome)
    before = counter._value.get()
    assert not await run_once(Job("of a test", Work(error), 1))
    assert counter._value.get() == before + 1


async def test_a_ring_wakes_the_job_that_waits_for_it_and_no_other(db: Database) -> None:
    woken, asleep = Work(), Work()
    jobs = [Job("woken", woken, 3600, frozenset({"outbox"})), Job("asleep", asleep, 3600)]

    async def rung() -> None:
        await woken.done.wait()
        await asyncio.sleep(0.3)  # it hears "listening" too, and runs once more for what it missed
        runs = woken.runs
        woken.done.clear()
        async with db.transaction() as conn:
            await ring(conn, "outbox", ["new"])
        await woken.done.wait()
        assert woken.runs == runs + 1

    await running(Watch(db.dsn, jobs), rung)
    assert asleep.runs == 1


async def test_partitions_are_made_ahead_and_old_ones_dropped_only_when_asked(
    db: Database, clock: Clock
) -> None:
    clock.now += timedelta(days=365)
    await Upkeep(db, clock, retention_days=0).partitions()
    async with db.connection() as conn:
        names = [name for name, _ in await partitions.partitions(conn)]
    assert any(name > f"telemetry_{clock.now:%Y%m%d}" for name in names)
    oldest = names[0]
    await Upkeep(db, clock, retention_days=100).partitions()
    async with db.connection() as conn:
        kept = [name for name, _ in await partitions.partitions(conn)]
    assert oldest not in kept
    assert kept


async def test_identities_that_no_redelivery_can_name_are_forgotten(
    household: Household, clock: Clock
) -> None:
    await household.run(
        "INSERT INTO telemetry_sequences VALUES ('d', 1, 1, %s), ('d', 1, 2, %s)",
        clock.now - timedelta(days=40), clock.now - timedelta(days=20),
    )  # fmt: skip
    await Upkeep(household.db, clock, 0).partitions()
    assert [row["seq"] for row in await household.rows("SELECT seq FROM telemetry_sequences")] == [2]


async def test_what_opens_within_seconds_becomes_one_message(
    household: Household, courier: Courier, fake_discord: FakeDiscord, clock: Clock
) -> None:
    await household.tell(fake_discord.url, allow=[fake_discord.host])
    pots = [f"pot{n}" for n in range(30)]
    await household.plants(*pots)
    trickle = iter([pots[10:20], pots[20:30], [], []])

    async def dry(plants: list[str]) -> None:
        if plants:
            await household.judge(*(reading(p, minutes, 25) for p in plants for minutes in (0, 5)))

    async def sleep(_seconds: float) -> None:
        await dry(next(trickle))

    await dry(pots[:10])
    await OutboxWatch(household.db, courier, clock, sleep).deliver()
    assert [m["embeds"][0]["title"] for m in fake_discord.messages.values()] == ["▲ 30 problems at once"]


async def test_a_burst_in_a_running_worker_reaches_discord_complete(
    household: Household, fake_discord: FakeDiscord
) -> None:
    await household.tell(fake_discord.url, allow=[fake_discord.host])
    pots = [f"pot{n}" for n in range(100)]
    await household.plants(*pots)
    fake_discord.script(discord.too_many(0.2, header=False))
    async with httpx2.AsyncClient(trust_env=False) as http:
        courier = Courier(household.db, household.vault, http, clock=utc_now, allow_hosts=[fake_discord.host])
        jobs = jobs_of(
            household.db, courier, clock=utc_now, link=None, reconcile=None, retention_days=0, zone=UTC
        )

        async def all_told() -> None:
            await household.judge(
                *(reading(p, minutes, 25) for p in pots for minutes in (0, 5)), now=utc_now()
            )
            await asyncio.to_thread(fake_discord.wait_for, 2)

        await running(Watch(household.db.dsn, jobs), all_told)
    assert [m["embeds"][0]["title"] for m in fake_discord.messages.values()] == ["▲ 100 problems at once"]
