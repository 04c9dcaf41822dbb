"""The ring buffer behind the event stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from plantops_server.live import Live
from plantops_server.store import bell
from plantops_server.store.database import Database


async def test_rings_of_one_plant_become_one_event() -> None:
    live = Live(gather_s=0.02)
    for _ in range(100):
        live.hear("plant", "plt_1")
    live.hear("plant", "plt_2")
    live.hear("alert", "7")
    await asyncio.sleep(0.05)
    events, _ = await live.after(0, 0)
    assert [(e.kind, e.ids) for e in events] == [("plant", ("plt_1", "plt_2")), ("alert", ("7",))]


async def test_rings_between_our_own_processes_are_not_for_clients() -> None:
    live = Live(gather_s=0)
    live.hear("outbox", "1")
    live.hear("accounts", "1")
    await asyncio.sleep(0.02)
    assert await live.after(0, 0) == ([], 0)


async def test_a_waiting_subscriber_hears_at_once() -> None:
    live = Live(gather_s=0)
    asyncio.get_running_loop().call_later(0.02, live.hear, "device", "dev_1")
    events, position = await live.after(0, 5)
    assert (events[0].kind, position) == ("device", 1)


async def test_silence_is_answered_with_nothing_after_the_timeout() -> None:
    assert await Live().after(0, 0.01) == ([], 0)


async def test_a_client_resumes_after_the_event_that_it_saw_last() -> None:
    live = Live(boot="boot", gather_s=0)
    for number in range(3):
        live.hear("plant", f"plt_{number}")
        await asyncio.sleep(0.01)
    assert live.position_of("boot-1") == 1
    events, position = await live.after(live.position_of("boot-1"), 0)
    assert [(e.id, e.ids) for e in events] == [("boot-2", ("plt_1",)), ("boot-3", ("plt_2",))]
    assert position == 3


@pytest.mark.parametrize(
    "unknown", ["other-1", "boot-99", "boot--1", "boot-x", "", "-", "boot-" + "9" * 50, "boot-²"]
)
async def test_an_event_that_we_never_sent_means_read_everything_again(unknown: str) -> None:
    live = Live(boot="boot", gather_s=0)
    live.hear("plant", "plt_1")
    await asyncio.sleep(0.01)
    events, position = await live.after(live.position_of(unknown), 0)
    assert [(e.kind, e.id) for e in events] == [("reset", "boot-1")]
    assert position == 1


async def test_whoever_reads_too_slowly_is_told_to_read_everything_again() -> None:
    live = Live(keep=3, gather_s=0)
    for number in range(5):
        live.hear("plant", str(number))
        await asyncio.sleep(0.005)
    events, position = await live.after(1, 0)
    assert ([e.kind for e in events], position) == (["reset"], 5)
    kept, _ = await live.after(2, 0)
    assert [e.ids for e in kept] == [("2",), ("3",), ("4",)]


async def test_closing_wakes_everybody() -> None:
    live = Live()
    asyncio.get_running_loop().call_later(0.01, live.close)
    async with asyncio.timeout(1):
        await live.after(0, 60)
    assert live.closed


async def test_a_lost_connection_is_taken_up_again_and_clients_read_everything_again() -> None:
    tries = 0

    async def listen(_dsn: str) -> AsyncIterator[tuple[str, str]]:
        nonlocal tries
        tries += 1
        yield "listening", ""
        if tries == 1:
            raise psycopg.OperationalError("the server went away")
        await asyncio.sleep(60)

    live = Live()
    listener = asyncio.create_task(live.run("", listen))
    async with asyncio.timeout(5):
        while tries < 2:
            await live.after(live.position_of(None), 0.05)
    events, _ = await live.after(0, 0)
    listener.cancel()
    assert [e.kind for e in events] == ["reset", "reset"]


async def test_what_a_transaction_rings_is_heard_when_it_commits(db: Database) -> None:
    live = Live(gather_s=0.01)
    listener = asyncio.create_task(live.run(db.dsn))
    _, position = await live.after(0, 5)
    async with db.transaction() as conn:
        await bell.ring(conn, "plant", ["plt_1"])
        assert await live.after(position, 0.1) == ([], position)
    events, _ = await live.after(position, 5)
    listener.cancel()
    assert [(e.kind, e.ids) for e in events] == [("plant", ("plt_1",))]
