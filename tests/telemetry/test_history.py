"""What charts get: raw points when they are few, else equal buckets with extremes kept and gaps as null."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plantops_server.store.database import Database
from plantops_server.telemetry import export, flags, history, rollups

DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)


async def ask(db: Database, start: datetime, end: datetime, points: int, *metrics: str) -> history.Columns:
    async with db.connection() as conn:
        return await history.history(conn, "plt_a", start, end, points, metrics or ("soil_moisture",))


async def roll(db: Database) -> None:
    async with db.transaction() as conn:
        await rollups.roll_up(conn)


async def test_few_readings_come_raw_with_their_flags_and_exact_values(
    db: Database, make_row: Any, keep: Any
) -> None:
    await keep(
        [
            make_row(DAY + timedelta(hours=2), soil_moisture=41.2, flags=flags.SUSPECT),
            make_row(DAY + timedelta(hours=1), soil_moisture=41.4, temperature=21.1),
            make_row(DAY + timedelta(hours=3), soil_moisture=1.0, plant_id="plt_b"),
            make_row(DAY + timedelta(days=1), soil_moisture=7.0),
        ]
    )
    found = await ask(db, DAY, DAY + timedelta(days=1), 2, "soil_moisture", "temperature")
    assert found["bucket_s"] is None
    assert found["times"] == [DAY + timedelta(hours=1), DAY + timedelta(hours=2)]
    assert found["flags"] == [0, flags.SUSPECT]
    assert found["series"]["soil_moisture"] == {key: [41.4, 41.2] for key in ("mean", "min", "max")}
    assert found["series"]["temperature"]["mean"] == [21.1, None]


async def test_nothing_measured_is_an_empty_answer(db: Database) -> None:
    found = await ask(db, DAY, DAY + timedelta(days=1), 100)
    assert (found["times"], found["series"]) == ([], {"soil_moisture": {"mean": [], "min": [], "max": []}})


async def test_many_readings_come_in_equal_buckets_and_a_gap_is_null(
    db: Database, make_row: Any, keep: Any
) -> None:
    minutes = [m for m in range(240) if not 60 <= m < 120]
    await keep([make_row(DAY + timedelta(minutes=m), soil_moisture=float(m % 60)) for m in minutes])
    found = await ask(db, DAY, DAY + timedelta(hours=4), 20)
    assert found["bucket_s"] == 900
    assert found["times"] == [DAY + n * timedelta(minutes=15) for n in range(16)]
    series = found["series"]["soil_moisture"]
    assert series["mean"] == [7, 22, 37, 52, None, None, None, None, 7, 22, 37, 52, 7, 22, 37, 52]
    assert series["min"][:5] == [0, 15, 30, 45, None]
    assert series["max"][:5] == [14, 29, 44, 59, None]


async def test_flagged_readings_do_not_bend_a_bucket(db: Database, make_row: Any, keep: Any) -> None:
    await keep([make_row(DAY + timedelta(minutes=m), soil_moisture=40.0) for m in range(100)])
    await keep([make_row(DAY + timedelta(seconds=30), soil_moisture=0.0, flags=flags.SUSPECT)])
    found = await ask(db, DAY, DAY + timedelta(hours=2), 10)
    assert set(found["series"]["soil_moisture"]["min"]) == {40, None}


async def test_a_month_comes_from_the_hourly_roll_up_and_equals_the_readings(
    db: Database, make_row: Any, keep: Any
) -> None:
    start = DAY - timedelta(days=28)
    rows = [make_row(start + timedelta(minutes=20 * n), soil_moisture=float(n % 83)) for n in range(30 * 72)]
    await keep(rows)
    await roll(db)
    found = await ask(db, start, start + timedelta(days=30), 300)
    assert (found["bucket_s"], len(found["times"])) == (10_800, 240)
    for place in (0, 100, 239):
        inside = [
            r.soil_moisture for r in rows if 0 <= (r.time - found["times"][place]).total_seconds() < 10_800
        ]
        series = found["series"]["soil_moisture"]
        assert (series["min"][place], series["max"][place]) == (min(inside), max(inside))
        assert series["mean"][place] == pytest.approx(sum(inside) / len(inside), rel=1e-5)


async def test_a_year_fits_into_the_points_that_were_asked(db: Database, make_row: Any, keep: Any) -> None:
    await keep([make_row(DAY + timedelta(minutes=m), soil_moisture=40.0) for m in range(400)])
    await roll(db)
    found = await ask(db, DAY - timedelta(days=365), DAY + timedelta(days=1), 300)
    assert len(found["times"]) <= 301
    assert [v for v in found["series"]["soil_moisture"]["mean"] if v is not None] == [40]


async def test_battery_has_no_roll_up_and_is_charted_all_the_same(
    db: Database, make_row: Any, keep: Any
) -> None:
    await keep([make_row(DAY - timedelta(hours=n), battery=80.0, soil_moisture=1.0) for n in range(600)])
    found = await ask(db, DAY - timedelta(days=29), DAY + timedelta(days=1), 100, "battery")
    assert 80 in found["series"]["battery"]["mean"]


async def test_an_unknown_metric_is_not_looked_up(db: Database) -> None:
    with pytest.raises(ValueError, match="secret"):
        await ask(db, DAY, DAY + timedelta(days=1), 10, "secret; DROP TABLE plants")


async def test_sparklines_show_24_hours_of_many_plants_with_gaps(
    db: Database, make_row: Any, keep: Any
) -> None:
    end = DAY + timedelta(hours=23, minutes=50)
    await keep(
        [make_row(DAY + timedelta(hours=h), plant_id="plt_a", soil_moisture=10.0 + h) for h in range(-5, 24)]
        + [make_row(DAY, device_id="dev_b", plant_id="plt_b", temperature=20.0, conductivity=550.0)]
    )
    await roll(db)
    async with db.connection() as conn:
        lines = await history.sparklines(conn, ["plt_a", "plt_b", "plt_c"], end)
    assert lines.end == DAY + timedelta(days=1)
    a = lines.of_plant["plt_a"]["soil_moisture"]
    assert a["mean"] == [10.0 + n / 2 if n % 2 == 0 else None for n in range(48)]
    assert (a["min"], a["max"]) == (10, 33)
    assert lines.of_plant["plt_b"]["temperature"]["mean"][:2] == [20, None]
    assert lines.of_plant["plt_b"]["conductivity"]["mean"][:2] == [550, None]
    assert "conductivity" not in lines.of_plant["plt_a"], "what no probe measures takes no room in a card"
    assert lines.of_plant["plt_c"]["humidity"] == {"mean": [None] * 48, "min": None, "max": None}


async def test_an_export_holds_every_reading_in_order(db: Database, make_row: Any, keep: Any) -> None:
    rows = [make_row(DAY + timedelta(seconds=n), soil_moisture=n / 100, seq=n) for n in range(5000)]
    await keep(rows[::-1])
    await keep([make_row(DAY, device_id="dev_b", plant_id="plt_b")])
    async with db.transaction() as conn:
        found = [row async for row in export.export_rows(conn, "plt_a")]
        part = [row async for row in export.export_rows(conn, "plt_a", rows[10].time, rows[20].time)]
    assert [row["seq"] for row in found] == list(range(5000))
    assert [row["seq"] for row in part] == list(range(10, 20))
    assert tuple(found[0]) == export.COLUMNS
