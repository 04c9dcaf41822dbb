"""Simulated pots with every fault on, through the real database: found, told once, and never green without readings."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby, pairwise
from typing import Any

from bench import knowledge, pots
from bench.pots import Lived
from plantops_server import cards
from plantops_server.broker.link import Packet
from plantops_server.ingest.batch import absorb
from plantops_server.ingest.parcel import unpack
from plantops_server.store.database import Database
from plantops_server.store.partitions import ensure_partitions
from plantops_server.telemetry import rollups
from plantops_server.watch.knowledge import KnowledgeWatch
from plantops_server.watch.silence import SilenceWatch
from tests.incidents.household import Clock, Household

DAYS = 9
COUNT = 5
LIMITS = '{"soil_moisture": {"min": 44}, "temperature": {}, "humidity": {}}'


async def set_up(household: Household, lives: list[Lived]) -> None:
    async with household.db.transaction() as conn:
        await ensure_partitions(conn, pots.START - timedelta(days=2), pots.START + timedelta(days=DAYS + 2))
    for n, life in enumerate(lives):
        await household.plants(f"plt_{n}")
        await household.run("UPDATE plants SET thresholds = %s WHERE id = %s", LIMITS, f"plt_{n}")
        every = int(life.node.design.interval_s)
        await household.device(f"dev_{n}", pots.START, plant_id=f"plt_{n}", every_s=every)
    await household.tell("https://discord.com/api/webhooks/1/token")


async def live(household: Household, lives: list[Lived], clock: Clock) -> list[dict[str, Any]]:
    """Let all of it come, hour by hour, with the worker's rounds after each; what the cards showed meanwhile."""
    db = household.db
    knows = KnowledgeWatch(db, clock)
    silence = SilenceWatch(db, clock, None, monotonic=lambda: clock.now.timestamp())
    deliveries = sorted(
        (at, f"dev_{n}", payload) for n, life in enumerate(lives) for at, payload in life.sent
    )
    shown: list[dict[str, Any]] = []
    for hour, group in groupby(deliveries, key=lambda d: d[0].replace(minute=0, second=0, microsecond=0)):
        packets = [
            Packet("", device_id, "telemetry", payload, False, False, at, None)
            for at, device_id, payload in group
        ]
        clock.now = packets[-1].arrived
        async with db.transaction() as conn:
            await absorb(conn, list(map(unpack, packets)), clock.now)
        clock.now = hour + timedelta(hours=1)
        await silence.look()
        if clock.now.hour % 6 == 0:
            async with db.transaction() as conn:
                await rollups.roll_up(conn)
            await knows.look()
        async with db.connection() as conn:
            page = await cards.page_of_cards(conn, clock.now, limit=50, after=None, q=None)
        shown += [{**card, "looked_at": clock.now} for card in page]
    return shown


def dry_spells(life: Lived) -> int:
    """How often the soil came to be too dry, as a perfect probe shows it; a day between two spells makes them two."""
    dry = [at for at, value in life.shown if value < 44.5]
    begun = [
        at
        for before, at in pairwise([pots.START - timedelta(days=2), *dry])
        if at - before > timedelta(days=1)
    ]
    return len(begun)


async def test_a_household_of_simulated_pots_is_understood(db: Database) -> None:
    household, clock = Household(db), Clock(pots.START)
    lives = [pots.live(name, design, 11, DAYS) for name, design in list(pots.designs(COUNT))[: COUNT - 1]]
    await set_up(household, lives)
    shown = await live(household, lives, clock)

    stale = [
        card
        for card in shown
        if card["health"] == "ok"
        and card["looked_at"] - card["last_reading_at"]
        > 3.01 * timedelta(seconds=card["expected_interval_s"])
    ]
    assert stale == []
    assert any(card["next_watering"] for card in shown)

    real = problems = 0
    for n, life in enumerate(lives):
        found = await household.rows("SELECT at FROM waterings WHERE plant_id = %s ORDER BY at", f"plt_{n}")
        truth = [
            poured.at
            for poured in life.node.pot.waterings
            if pots.START + timedelta(hours=6) < poured.at < life.until - timedelta(hours=8)
        ]
        assert len(found) == len(truth)
        for event, at in zip(found, truth, strict=True):
            assert abs(event["at"] - at) <= knowledge.WITHIN
        real += len(truth)
        problems += dry_spells(life) + len(life.node.faults.until(life.until))
    assert real >= 3
    silences = await household.rows("SELECT id FROM alerts WHERE kind = 'offline'")
    opened = await household.rows("SELECT alert_id FROM notifications WHERE event = 'opened'")
    assert len(opened) == len({row["alert_id"] for row in opened})
    assert len(opened) <= problems + len(silences)
