"""The light of a local day, and what history derives from it and from the air."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plantops_server.store.database import Database
from plantops_server.store.partitions import ensure_partitions
from plantops_server.telemetry import dli, rollups
from plantops_server.telemetry.derived import history_with_derived
from plantops_server.telemetry.vpd import vpd

BERLIN = ZoneInfo("Europe/Berlin")
DAY = (datetime.now(BERLIN) - timedelta(days=3)).date()
EVEN = 10_000 * 86_400 * 0.0185 / 1e6  # mol/m²/d of 10,000 lx all day


async def shine(db: Database, make_row: Any, keep: Any, minutes: int, skip: range = range(0)) -> None:
    start, end = dli.day_span(DAY, BERLIN)
    async with db.transaction() as conn:
        await ensure_partitions(conn, start - timedelta(days=2), end + timedelta(days=2))
    times = [
        start + timedelta(minutes=minutes * n)
        for n in range(int((end - start).total_seconds() / 60 / minutes))
    ]
    await keep(
        [
            make_row(time, light_level=10_000.0, temperature=25.0, humidity=50.0)
            for time in times
            if time.astimezone(BERLIN).hour not in skip
        ]
    )
    async with db.transaction() as conn:
        await rollups.roll_up(conn)


@pytest.mark.parametrize("minutes", [5, 20, 60])
async def test_the_light_of_a_day_is_summed_whatever_the_cadence(
    db: Database, make_row: Any, keep: Any, minutes: int
) -> None:
    await shine(db, make_row, keep, minutes)
    async with db.connection() as conn:
        found = await dli.daily_dli(conn, ["plt_a", "plt_b"], DAY, BERLIN)
        hourly = await dli.dli_by_day(conn, "plt_a", *dli.day_span(DAY, BERLIN), BERLIN)
    assert found.keys() == {"plt_a"}
    assert found["plt_a"].mol == pytest.approx(EVEN, rel=0.03)
    assert found["plt_a"].complete
    assert hourly[DAY].mol == pytest.approx(EVEN, rel=0.001)


async def test_a_day_with_a_long_gap_is_partial_and_the_gap_counts_as_nothing(
    db: Database, make_row: Any, keep: Any
) -> None:
    await shine(db, make_row, keep, 10, skip=range(10, 16))
    async with db.connection() as conn:
        light = (await dli.daily_dli(conn, ["plt_a"], DAY, BERLIN))["plt_a"]
    assert light.mol == pytest.approx(EVEN * 18 / 24, rel=0.05)
    assert not light.complete


def test_a_local_day_is_as_long_as_the_clock_says() -> None:
    start, end = dli.day_span(date(2026, 10, 25), BERLIN)
    assert end - start == timedelta(hours=25)
    assert start.tzinfo is UTC


def test_the_vapour_deficit_follows_tetens() -> None:
    assert vpd(25, 50) == pytest.approx(1.584, abs=0.001)
    assert vpd(25, 100) == 0


async def test_history_answers_what_is_derived_and_only_what_was_asked_for(
    db: Database, make_row: Any, keep: Any
) -> None:
    await shine(db, make_row, keep, 30)
    start, end = dli.day_span(DAY, BERLIN)
    async with db.connection() as conn:
        raw = await history_with_derived(conn, "plt_a", start, end, 300, ["dli", "vpd"], BERLIN)
        buckets = await history_with_derived(conn, "plt_a", start, end, 10, ["vpd", "light_level"], BERLIN)
    assert raw["series"].keys() == {"dli", "vpd"}
    assert raw["bucket_s"] is None
    assert raw["series"]["vpd"]["mean"] == [pytest.approx(1.584, abs=0.001)] * 48
    assert raw["series"]["dli"]["mean"] == [pytest.approx(EVEN, rel=0.03)] * 48
    assert buckets["series"].keys() == {"vpd", "light_level"}
    assert {round(v, 3) for v in buckets["series"]["vpd"]["max"] if v is not None} == {1.584}
