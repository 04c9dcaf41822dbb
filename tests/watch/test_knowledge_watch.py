"""The worker finds waterings in what came, whenever it came, once each, and keeps forecasts for the cards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plantops_api.wire import PlantBody, WateringBody
from plantops_server import cards, plant_changes
from plantops_server.plants import outlooks, registry
from plantops_server.store.database import Database
from plantops_server.store.partitions import ensure_partitions
from plantops_server.telemetry import rollups, store
from plantops_server.telemetry.store import Row
from plantops_server.watch.knowledge import KnowledgeWatch

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
STEP = timedelta(minutes=10)


def moisture(time: datetime, poured: Sequence[datetime], start: float = 55.0) -> float:
    """A house pot: 2.4 points a day, 24 points a watering with its overshoot."""
    level = start - 2.4 * (time - (NOW - timedelta(days=14))) / timedelta(days=1)
    for at in poured:
        if time >= at:
            hours = (time - at) / timedelta(hours=1)
            level += 24 + 9 * math.exp(-hours / 0.6) + 5 * math.exp(-hours / 6)
    return level + 0.05 * math.sin(time.timestamp())


def rows(
    plant_id: str, start: datetime, end: datetime, poured: Sequence[datetime], device_id: str = "dev_a"
) -> list[Row]:
    blank = dict.fromkeys(Row._fields)
    count = int((end - start) / STEP)
    times = [start + n * STEP for n in range(count)]
    return [
        Row(**{
            **blank, "time": t, "device_id": device_id, "plant_id": plant_id, "flags": 0,
            "soil_moisture": moisture(t, poured), "light_level": 1000.0,
        })  # type: ignore[arg-type]
        for t in times
    ]  # fmt: skip


@pytest.fixture
async def plant_id(db: Database) -> str:
    async with db.transaction() as conn:
        await ensure_partitions(conn, NOW - timedelta(days=40), NOW + timedelta(days=2))
        body = PlantBody(name="Peace lily", thresholds={"soil_moisture": {"min": 44}})  # type: ignore[dict-item]
        return str((await registry.create_plant(conn, body, NOW, "ada"))["id"])


async def come(db: Database, readings: Sequence[Row]) -> None:
    async with db.transaction() as conn:
        await store.insert(conn, readings)
    async with db.transaction() as conn:
        await rollups.roll_up(conn)


async def waterings(db: Database, plant_id: str) -> list[dict[str, Any]]:
    async with db.connection() as conn:
        return await registry.list_waterings(conn, plant_id, 50, None, None)


async def look(db: Database, now: datetime = NOW) -> None:
    await KnowledgeWatch(db, lambda: now).look()


async def test_a_watering_in_replayed_history_is_found_once_however_often_and_in_whatever_order_it_is_looked_at(
    db: Database, plant_id: str
) -> None:
    poured = [NOW - timedelta(days=9, minutes=5), NOW - timedelta(days=2, minutes=5)]
    history = rows(plant_id, NOW - timedelta(days=14), NOW, poured)
    await come(db, history[1000:])
    await look(db)
    assert [w["at"] for w in await waterings(db, plant_id)] == [poured[1]]
    await come(db, history[:1000])  # the older days come later
    await look(db)
    await look(db)
    found = await waterings(db, plant_id)
    assert [w["at"] for w in found] == poured[::-1]
    assert {w["source"] for w in found} == {"detected"}
    assert found[0]["moisture_after"] - found[0]["moisture_before"] > 25


async def test_readings_that_come_live_lead_to_one_watering_within_two_hours(
    db: Database, plant_id: str
) -> None:
    poured = [NOW - timedelta(hours=12, minutes=5)]
    history = rows(plant_id, NOW - timedelta(days=3), NOW, poured)
    first = int((poured[0] - (NOW - timedelta(days=3))) / STEP) + 1
    await come(db, history[:first])
    await look(db)
    for begin in range(first, len(history), 6):  # an hour of readings at a time
        await come(db, history[begin : begin + 6])
        await look(db)
        if begin == first + 12:
            assert len(await waterings(db, plant_id)) == 1
    assert [w["at"] for w in await waterings(db, plant_id)] == poured


async def test_a_watering_while_the_device_was_off_for_days_is_found_when_it_is_back(
    db: Database, plant_id: str
) -> None:
    """It is dated into the middle of the gap, a day before the first reading that shows it."""
    off, on = NOW - timedelta(hours=56), NOW - timedelta(hours=8)
    history = rows(plant_id, NOW - timedelta(days=6), NOW, [NOW - timedelta(days=2)])
    await come(db, [row for row in history if row.time < off])
    await look(db)
    for hours in (8, 7, 6, 5):
        start = NOW - timedelta(hours=hours)
        async with db.transaction() as conn:  # an hour goes by: what came before is not looked at again
            await conn.execute("UPDATE telemetry SET received_at = received_at - interval '1 hour'")
        await come(db, [row for row in history if start <= row.time < start + timedelta(hours=1)])
        await look(db)
    (only,) = await waterings(db, plant_id)
    assert off <= only["at"] <= on
    assert only["moisture_after"] > only["moisture_before"] + 15


@pytest.mark.parametrize("first", ["person", "probe"])
async def test_a_watering_that_is_both_logged_and_seen_is_one_event(
    db: Database, plant_id: str, first: str
) -> None:
    poured = NOW - timedelta(days=1, minutes=5)
    logged = poured + timedelta(hours=1)

    async def log() -> None:
        async with db.transaction() as conn:
            body = WateringBody(at=logged, amount_ml=250)
            await plant_changes.log_watering(conn, plant_id, body, "ada", NOW)

    if first == "person":
        await log()
    await come(db, rows(plant_id, NOW - timedelta(days=4), NOW, [poured]))
    await look(db)
    if first == "probe":
        await log()
    await look(db)
    (only,) = await waterings(db, plant_id)
    assert (only["source"], only["at"], only["amount_ml"]) == ("logged", logged, 250)
    assert only["moisture_after"] > only["moisture_before"] + 20


async def test_a_watering_that_was_taken_back_is_found_no_more_until_somebody_logs_it(
    db: Database, plant_id: str
) -> None:
    poured = [NOW - timedelta(days=2, minutes=5), NOW - timedelta(hours=12, minutes=5)]
    history = rows(plant_id, NOW - timedelta(days=6), NOW, poured)
    until = int((poured[1] - (NOW - timedelta(days=6))) / STEP)
    await come(db, history[:until])
    await look(db)
    (found,) = await waterings(db, plant_id)

    async def take_back(watering_id: int) -> None:
        async with db.transaction() as conn:
            await plant_changes.take_watering_back(conn, plant_id, str(watering_id), "ada", NOW)

    await take_back(found["id"])
    await come(db, history[until:])  # its readings are looked at again with these
    await look(db)
    assert [w["at"] for w in await waterings(db, plant_id)] == poured[1:]  # the next one is another
    async with db.transaction() as conn:
        body = WateringBody(at=poured[0], note="after all")
        await plant_changes.log_watering(conn, plant_id, body, "ada", NOW)
    await look(db)
    logged = (await waterings(db, plant_id))[-1]
    assert (logged["at"], logged["source"]) == (poured[0], "logged")
    assert logged["moisture_after"] > logged["moisture_before"] + 20
    await take_back(logged["id"])
    await look(db)
    assert [w["at"] for w in await waterings(db, plant_id)] == poured[1:]


async def test_history_that_comes_in_parts_is_forecast_as_soon_as_it_is_there(
    db: Database, plant_id: str
) -> None:
    """A back-fill is rolled up in parts: what the first of them says must not stand for half an hour."""

    async def reason() -> str:
        async with db.connection() as conn:
            return str((await outlooks.outlooks(conn, [plant_id]))[plant_id].reason)

    history = rows(plant_id, NOW - timedelta(days=14), NOW, [NOW - timedelta(days=4, minutes=5)])
    await come(db, history[:700])
    await look(db)
    assert "old" in await reason()
    await come(db, history[700:])
    await look(db, NOW + timedelta(seconds=30))
    assert "towards its limit" in await reason()


async def test_a_card_shows_the_forecast_and_else_why_there_is_none(db: Database, plant_id: str) -> None:
    async def card(soil: float = 45) -> dict[str, Any]:
        async with db.connection() as conn:
            await conn.execute(
                "UPDATE plant_state SET last_reading_at = %(now)s, expected_interval_s = 600, soil_moisture = %(soil)s,"
                " soil_moisture_at = %(now)s",
                {"now": NOW, "soil": soil},
            )
            return await cards.plant(conn, plant_id, NOW)

    await come(db, rows(plant_id, NOW - timedelta(days=14), NOW - timedelta(days=6), []))
    await come(db, rows(plant_id, NOW - timedelta(days=6), NOW, [NOW - timedelta(days=4, minutes=5)]))
    await look(db)
    shown = await card()
    # 55 + 24 - 33.6 points are there now, and 44 is the limit: 1.4 points are left at 2.4 a day
    assert shown["next_watering"]["at"] == pytest.approx(NOW + timedelta(hours=14), abs=timedelta(hours=6))
    assert shown["next_watering_reason"] is None
    assert "44" in shown["next_watering"]["reason"]
    async with db.transaction() as conn:
        await conn.execute(
            "INSERT INTO alerts (plant_id, metric, kind, severity, opened_at)"
            " VALUES (%s, 'soil_moisture', 'low', 'warning', %s)",
            (plant_id, NOW),
        )
    shown = await card(soil=43)  # the forecast of half an hour ago still says tomorrow
    assert shown["next_watering"]["at"] == NOW
    assert shown["next_watering"]["reason"] == "The soil is at 43 %, its lower limit is 44 %."
    async with db.transaction() as conn:
        body = PlantBody(name="Peace lily", thresholds={"soil_moisture": {"max": 90}})  # type: ignore[dict-item]
        await plant_changes.replace_plant(conn, plant_id, body, NOW, "ada")
    await look(db)
    shown = await card()
    assert shown["next_watering"] is None
    assert shown["next_watering_reason"] == "No lower limit of soil moisture is set."


async def test_a_silent_plant_has_no_forecast(db: Database, plant_id: str) -> None:
    await come(db, rows(plant_id, NOW - timedelta(days=14), NOW, [NOW - timedelta(days=8)]))
    await look(db)
    async with db.connection() as conn:
        await conn.execute(
            "UPDATE plant_state SET last_reading_at = %s, expected_interval_s = 600, soil_moisture = 45",
            (NOW - timedelta(hours=3),),
        )
        shown = await cards.plant(conn, plant_id, NOW)
    assert (shown["trust"], shown["next_watering"]) == ("offline", None)
    assert "silent" in shown["next_watering_reason"]
