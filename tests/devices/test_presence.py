"""Who was heard when, which interval a device keeps, and who is silent."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantops_server.devices import presence, registry
from plantops_server.devices.presence import Device, learned
from plantops_server.store.database import Database

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def settle(intervals: list[float]) -> float:
    estimate, seen = None, 0
    for seen, interval in enumerate(intervals):
        estimate = learned(estimate, seen, interval)
    assert estimate is not None, seen
    return estimate


def device(**columns: Any) -> Device:
    return Device(**{**dict.fromkeys(Device.__slots__), "id": "dev_a", "name": "Probe",
                     "plant_id": "plt_a", "status": "offline", "was": "offline", "report_interval_s": 600,
                     "expected_interval_s": 600.0, "observed_intervals": 0, **columns})  # fmt: skip


async def insert(db: Database, device_id: str, **columns: Any) -> None:
    values = {
        "id": device_id, "mqtt_username": device_id, "mqtt_client_id": device_id, "mqtt_password_hash": "x",
        "status": "online", **columns,
    }  # fmt: skip
    names, marks = ", ".join(values), ", ".join(f"%({name})s" for name in values)
    async with db.transaction() as conn:
        await conn.execute("INSERT INTO plants (id, name) VALUES ('plt_a', 'a') ON CONFLICT DO NOTHING")
        await conn.execute(f"INSERT INTO devices ({names}) VALUES ({marks})", values)  # type: ignore[arg-type]  # noqa: S608


# --- the interval that a device keeps ------------------------------------------------------------------


def test_a_regular_device_is_known_after_one_interval() -> None:
    assert settle([604.0]) == 604
    assert settle([604.0] * 50) == pytest.approx(604)


def test_one_lost_packet_in_fifty_does_not_make_it_slow() -> None:
    rng = random.Random(1)
    assert settle([600 * (2 if rng.random() < 0.02 else 1) for _ in range(500)]) < 600 * 1.3


def test_an_outage_of_a_week_counts_little() -> None:
    assert settle([600.0] * 30 + [7 * 86_400]) < 600 * 1.5


def test_a_device_that_sends_in_bursts_is_known_by_its_pauses() -> None:
    assert settle([2.0, 2.0, 2.0, 3600.0] * 30) > 1200


def test_a_first_hasty_pair_is_soon_forgotten() -> None:
    assert settle([1.0] + [600.0] * 11) > 400


def test_a_device_that_becomes_slower_is_followed() -> None:
    assert settle([600.0] * 50 + [3600.0] * 15) == pytest.approx(3600, rel=0.15)


def test_a_device_that_keeps_what_it_declared_is_soon_expected_to() -> None:
    estimate = 480.0
    for seen in range(20, 35):
        estimate = learned(estimate, seen, 10.0, declared_s=10)
    assert estimate < 12


def test_one_long_gap_at_the_start_is_outweighed_within_a_few_readings() -> None:
    assert settle([480.0] + [10.0] * 11) < 16


def test_an_interval_that_stretches_month_by_month_is_followed_upwards() -> None:
    growing = [600 + 5 * n / 100 for n in range(5_000)]  # 5 s a day at 100 readings a day
    assert settle(growing) == pytest.approx(growing[-1], rel=0.05)


@given(intervals=st.lists(st.floats(-10, 1e9), min_size=1, max_size=60))
def test_the_estimate_stays_within_what_was_seen(intervals: list[float]) -> None:
    clamped = [min(max(i, 0.1), 604_800.0) for i in intervals]
    assert min(clamped) * 0.999 <= settle(intervals) <= max(clamped) * 1.001


@pytest.mark.parametrize(
    ("declared", "observed", "seen", "expected"),
    [
        (600, None, 0, 600), (600, 60, 3, 600), (600, 3600, 1, 3600), (600, 60, 8, 60), (600, 2, 8, 60),
        (5, 2, 8, 5), (600, 900, 20, 900),
    ],
)  # fmt: skip
async def test_lateness_is_judged_by_what_was_declared_until_the_device_has_shown_what_it_keeps(
    db: Database, declared: int, observed: float | None, seen: int, expected: float
) -> None:
    await insert(
        db, "dev_a", report_interval_s=declared, observed_interval_s=observed, observed_intervals=seen
    )
    async with db.transaction() as conn:
        assert (await presence.lock(conn, ["dev_a"]))["dev_a"].expected_interval_s == expected


async def test_a_device_that_is_told_another_interval_is_judged_by_it(db: Database) -> None:
    await insert(db, "dev_a", report_interval_s=600, observed_interval_s=600, observed_intervals=50)
    async with db.transaction() as conn:
        await registry.change(conn, "dev_a", {"name": "Probe"})
        assert (await presence.lock(conn, ["dev_a"]))["dev_a"].observed_intervals == 50
        await registry.change(conn, "dev_a", {"report_interval_s": 3600})
        assert (await presence.lock(conn, ["dev_a"]))["dev_a"].expected_interval_s == 3600


# --- what is heard -------------------------------------------------------------------------------------


def test_readings_teach_the_interval_and_the_waking() -> None:
    heard = device(last_reading_at=NOW - timedelta(seconds=300), last_live_at=NOW - timedelta(seconds=300))
    heard.heard(NOW + timedelta(seconds=2))
    heard.measured(NOW, fresh=True, next_in_s=900, battery=87, rssi=-61)
    assert (heard.status, heard.last_seen_at, heard.last_reading_at) == (
        "online",
        NOW + timedelta(seconds=2),
        NOW,
    )
    assert (heard.observed_interval_s, heard.observed_intervals) == (300, 1)
    assert heard.next_wake_at == NOW + timedelta(seconds=900)
    assert (heard.battery, heard.rssi) == (87, -61)


def test_back_fill_teaches_no_interval_and_old_readings_change_nothing() -> None:
    heard = device(last_reading_at=NOW, battery=50.0)
    heard.measured(NOW - timedelta(hours=1), fresh=False, battery=10)
    heard.measured(NOW + timedelta(hours=1), fresh=False)
    assert (heard.observed_intervals, heard.battery, heard.last_reading_at) == (
        0,
        50,
        NOW + timedelta(hours=1),
    )


def test_the_gap_between_a_history_and_the_first_live_reading_teaches_nothing() -> None:
    heard = device(report_interval_s=10)
    heard.measured(NOW - timedelta(minutes=8), fresh=True, catching_up=True)
    for second in range(0, 100, 10):
        heard.measured(NOW + timedelta(seconds=second), fresh=True)
    assert (heard.observed_interval_s, heard.observed_intervals) == (10, 9)


def test_an_outage_that_a_buffer_closes_teaches_nothing() -> None:
    heard = device(last_reading_at=NOW, last_live_at=NOW, observed_interval_s=600.0, observed_intervals=50)
    heard.measured(NOW + timedelta(hours=9), fresh=False)
    heard.measured(NOW + timedelta(hours=10), fresh=True, catching_up=True, next_in_s=600)
    assert (heard.observed_interval_s, heard.next_wake_at) == (600, NOW + timedelta(hours=10, minutes=10))
    heard.measured(NOW + timedelta(hours=10, minutes=10), fresh=True)
    heard.measured(NOW + timedelta(hours=10, minutes=20), fresh=True)
    assert heard.observed_interval_s == pytest.approx(600)


def test_an_online_that_may_be_as_old_as_the_broker_does_not_revive_a_silent_device() -> None:
    silent = device(last_seen_at=NOW - timedelta(hours=2))
    silent.heard_status("online", NOW)
    assert silent.status == "offline"
    recent = device(last_seen_at=NOW - timedelta(minutes=20))
    recent.heard_status("online", NOW)
    assert recent.status == "online"
    never = device()
    never.heard_status("online", NOW)
    assert never.status == "online"


def test_a_device_without_a_plant_stays_unprovisioned() -> None:
    heard = device(plant_id=None, status="provisioning")
    heard.heard(NOW)
    assert heard.status == "provisioning"


async def test_what_was_heard_is_written_back(db: Database) -> None:
    await insert(db, "dev_a", plant_id="plt_a", status="offline")
    await insert(db, "dev_gone", decommissioned_at=NOW)
    async with db.transaction() as conn:
        devices = await presence.lock(conn, ["dev_a", "dev_gone", "dev_unknown"])
        assert list(devices) == ["dev_a"]
        devices["dev_a"].heard(NOW)
        devices["dev_a"].measured(NOW, fresh=True, next_in_s=60, battery=87, rssi=-61)
        assert devices["dev_a"].status_changed
        await presence.write_back(conn, list(devices.values()))
    async with db.transaction() as conn:
        found = (await presence.lock(conn, ["dev_a"]))["dev_a"]
    assert (found.status, found.last_seen_at, found.last_reading_at, found.battery) == (
        "online",
        NOW,
        NOW,
        87,
    )


# --- who is silent -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "trust"),
    [
        ({"last_seen_at": NOW - timedelta(seconds=899)}, None),
        ({"last_seen_at": NOW - timedelta(seconds=901)}, "late"),
        ({"last_seen_at": NOW - timedelta(seconds=1799)}, "late"),
        ({"last_seen_at": NOW - timedelta(seconds=1801)}, "offline"),
        ({"last_seen_at": NOW - timedelta(seconds=901), "status": "offline"}, "offline"),
        ({"last_seen_at": NOW - timedelta(hours=5), "next_wake_at": NOW - timedelta(seconds=299)}, None),
        ({"last_seen_at": NOW - timedelta(hours=5), "next_wake_at": NOW - timedelta(seconds=301)}, "late"),
        (
            {"last_seen_at": NOW - timedelta(hours=5), "next_wake_at": NOW - timedelta(seconds=1201)},
            "offline",
        ),
        ({"last_seen_at": NOW - timedelta(hours=5), "decommissioned_at": NOW}, None),
        ({"last_seen_at": None}, None),
    ],
)
async def test_silence_is_judged_by_interval_and_announced_waking(
    db: Database, columns: dict[str, Any], trust: str | None
) -> None:
    await insert(db, "dev_a", **columns)
    async with db.connection() as conn:
        found = await presence.silent(conn, NOW)
    assert [s.trust for s in found] == ([trust] if trust else [])


async def test_marking_offline_spares_a_device_that_was_heard_meanwhile(db: Database) -> None:
    for device_id in ("dev_a", "dev_b"):
        await insert(db, device_id, last_seen_at=NOW - timedelta(hours=5))
    async with db.transaction() as conn:
        silent = await presence.silent(conn, NOW)
        await conn.execute("UPDATE devices SET last_seen_at = %s WHERE id = 'dev_b'", (NOW,))
        assert await presence.mark_offline(conn, silent) == ["dev_a"]
        assert await presence.mark_offline(conn, silent) == []


async def test_a_plant_expects_the_widest_interval_of_its_devices(db: Database) -> None:
    await insert(db, "dev_a", plant_id="plt_a", report_interval_s=60, status="offline")
    await insert(db, "dev_b", plant_id="plt_a", report_interval_s=900, next_wake_at=NOW)
    async with db.connection() as conn:
        expected = await presence.expectations(conn, ["plt_a", "plt_x"])
    assert expected == {"plt_a": presence.Expectation(900, NOW, "online")}
