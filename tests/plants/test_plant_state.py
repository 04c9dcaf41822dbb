"""One row a plant: values only become newer, words follow what is known now."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from plantops_server.plants import state
from plantops_server.plants.state import News
from plantops_server.store.database import Database

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


async def plants(db: Database, *ids: str) -> None:
    async with db.transaction() as conn:
        for plant_id in ids:
            await conn.execute("INSERT INTO plants (id, name) VALUES (%s, %s)", (plant_id, plant_id))


async def bring(db: Database, news: News, summary: Any = (0, None), now: datetime = NOW) -> list[str]:
    async with db.transaction() as conn:
        await state.lock(conn, [news.plant_id])
        return await state.apply(conn, [news], {news.plant_id: summary}, now)


async def row(db: Database, plant_id: str) -> dict[str, Any]:
    async with db.connection() as conn:
        (found,) = await (
            await conn.execute("SELECT * FROM plant_state WHERE plant_id = %s", (plant_id,))
        ).fetchall()
    return found


async def test_locking_makes_missing_rows_and_passes_over_what_is_no_plant(db: Database) -> None:
    await plants(db, "plt_b", "plt_a")
    async with db.transaction() as conn:
        assert await state.lock(conn, ["plt_b", "plt_x", "plt_a", "plt_b"]) == {"plt_a": {}, "plt_b": {}}
        assert await state.lock(conn, []) == {}


async def test_locking_tells_when_each_metric_was_measured_last(db: Database) -> None:
    await plants(db, "plt_a")
    await bring(db, News("plt_a", {"humidity": (48, NOW)}, NOW, 600))
    async with db.transaction() as conn:
        assert await state.lock(conn, ["plt_a"]) == {"plt_a": {"humidity": NOW}}


async def test_a_value_is_replaced_by_a_newer_one_only(db: Database) -> None:
    await plants(db, "plt_a")
    minute = timedelta(minutes=1)
    await bring(db, News("plt_a", {"humidity": (48, NOW), "temperature": (20, NOW)}, NOW, 600))
    await bring(
        db,
        News("plt_a", {"humidity": (10, NOW - minute), "temperature": (21, NOW + minute)}, NOW - minute, 600),
    )
    found = await row(db, "plt_a")
    assert (found["humidity"], found["humidity_at"]) == (48, NOW)
    assert (found["temperature"], found["temperature_at"]) == (21, NOW + minute)
    assert found["last_reading_at"] == NOW


async def test_only_plants_whose_words_changed_are_answered(db: Database) -> None:
    await plants(db, "plt_a")
    assert await bring(db, News("plt_a", {"humidity": (48, NOW)}, NOW, 600)) == ["plt_a"]
    assert await bring(db, News("plt_a", {"humidity": (49, NOW)}, NOW, 600)) == []
    assert await bring(db, News("plt_a", interval_s=600), (1, "warning")) == ["plt_a"]
    found = await row(db, "plt_a")
    assert (found["health"], found["trust"], found["open_incidents"]) == ("attention", "fresh", 1)


async def test_the_watcher_finds_plants_that_grew_old_and_makes_them_unknown(db: Database) -> None:
    await plants(db, "plt_a", "plt_b")
    await bring(db, News("plt_a", {"humidity": (48, NOW)}, NOW, 600))
    await bring(db, News("plt_b", {"humidity": (48, NOW)}, NOW, 6000))
    later = NOW + timedelta(minutes=31)
    async with db.transaction() as conn:
        assert await state.overdue(conn, later) == ["plt_a"]
    assert await bring(db, News("plt_a", interval_s=600), now=later) == ["plt_a"]
    found = await row(db, "plt_a")
    assert (found["health"], found["trust"], found["humidity"]) == ("unknown", "offline", 48)
    async with db.transaction() as conn:
        assert await state.overdue(conn, later) == []


async def test_a_plant_that_lost_its_device_grows_old_by_the_interval_that_was_kept(db: Database) -> None:
    await plants(db, "plt_a")
    await bring(db, News("plt_a", {"humidity": (48, NOW)}, NOW, 600))
    await bring(db, News("plt_a"), now=NOW + timedelta(minutes=10))
    assert (await row(db, "plt_a"))["trust"] == "fresh"
    await bring(db, News("plt_a"), now=NOW + timedelta(minutes=31))
    assert (await row(db, "plt_a"))["trust"] == "offline"


async def test_two_workers_on_the_same_plants_take_turns(db: Database) -> None:
    ids = [f"plt_{n}" for n in range(6)]
    await plants(db, *ids)

    async def work(order: list[str]) -> None:
        for turn in range(20):
            async with db.transaction() as conn:
                await state.lock(conn, order)
                news = [News(i, {"humidity": (turn, NOW + timedelta(seconds=turn))}, NOW, 600) for i in order]
                await state.apply(conn, news, {}, NOW)

    await asyncio.wait_for(asyncio.gather(work(ids), work(ids[::-1]), work(ids[3:] + ids[:3])), 20)
    assert (await row(db, "plt_0"))["humidity"] == 19
