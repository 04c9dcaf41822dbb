"""What ingest makes of good, bad, repeated, old and retained packets, from the broker to the tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plantops_server import roster
from plantops_server.telemetry import flags

Make = Callable[..., Any]
COUNT = "SELECT count(*) FROM telemetry"


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e400",
        '"12,3"',
        "true",
        "-4.7",
        "100.01",
        "[]",
        '"\\u0000"',
        "9" * 400,
    ],
)
async def test_a_bad_value_never_reaches_the_database_and_its_neighbours_do(
    greenhouse: Any, voice: Make, value: str
) -> None:
    pot = await greenhouse.pot(await greenhouse.plant())
    async with greenhouse.ingesting():
        voice(pot).tell(f'{{"soil_moisture": {value}, "temperature": 21.5}}'.encode())
        await greenhouse.until(COUNT, 1)
    (row,) = await greenhouse.rows()
    assert (row["soil_moisture"], row["temperature"]) == (None, 21.5)
    (reject,) = await greenhouse.rows("SELECT * FROM rejected_packets")
    assert (reject["device_id"], reject["count"]) == (pot.device_id, 1)
    assert reject["reason"].startswith("soil_moisture: ")


async def test_junk_of_every_kind_is_counted_and_the_next_good_packet_is_stored(
    greenhouse: Any, voice: Make
) -> None:
    pot = await greenhouse.pot(await greenhouse.plant())
    junk = [
        b"", b"\x00\xff\xfe", b'{"soil_moisture": 41', b"[" * 10_000, b'{"a":' * 10_000, b'"online"', b"41.2", b"null",
        b'{"humidity": 1, "humidity": 2}', json.dumps({f"k{i}": i for i in range(8_000)}).encode(),
        b"x" * 100_000, b'{"device_id": "dev_other", "humidity": 3}',
    ]  # fmt: skip
    async with greenhouse.ingesting():
        mouth = voice(pot)
        for payload in junk:
            mouth.tell(payload)
        mouth.tell({"humidity": 48})
        await greenhouse.until(COUNT, 1)
    assert await greenhouse.one("SELECT sum(count)::int FROM rejected_packets") == len(junk)
    assert await greenhouse.one("SELECT count(*) FROM rejected_packets WHERE length(sample) > 700") == 0


async def test_a_packet_beyond_the_brokers_limit_harms_nobody(greenhouse: Any, voice: Make) -> None:
    pot, other = [await greenhouse.pot(await greenhouse.plant()) for _ in range(2)]
    async with greenhouse.ingesting():
        voice(pot).say(b"x" * 1_000_000)
        voice(other).tell({"humidity": 48})
        await greenhouse.until(COUNT, 1)
    assert (await greenhouse.rows())[0]["device_id"] == other.device_id


async def test_the_same_reading_twice_is_one_row_and_counted_once(greenhouse: Any, voice: Make) -> None:
    pot = await greenhouse.pot(await greenhouse.plant())
    reading = {"ts": ago(minutes=1), "humidity": 48}
    async with greenhouse.ingesting():
        mouth = voice(pot)
        mouth.tell(reading)
        mouth.tell({**reading, "humidity": 99})
        mouth.tell([reading, {"ts": ago(seconds=1), "humidity": 50}])
        await greenhouse.until(COUNT, 2)
    assert [row["humidity"] for row in await greenhouse.rows()] == [48, 50]


async def test_a_message_a_metric_with_one_time_makes_one_reading(greenhouse: Any, voice: Make) -> None:
    plant_id = await greenhouse.plant()
    pot = await greenhouse.pot(plant_id)
    at = ago(seconds=5)
    async with greenhouse.ingesting():
        mouth = voice(pot)
        mouth.tell({"ts": at, "humidity": 48})
        await greenhouse.until(COUNT, 1)
        mouth.tell({"ts": at, "temperature": 21.5, "battery": 80})
        mouth.tell({"ts": at, "soil_moisture": 41, "humidity": 99})
        mouth.tell({"ts": at, "light_level": 900})
        mouth.tell({"ts": ago(seconds=1), "humidity": 49})
        await greenhouse.until(COUNT, 2)
    row, _ = await greenhouse.rows()
    assert (row["humidity"], row["temperature"], row["soil_moisture"], row["light_level"]) == (
        48,
        21.5,
        41,
        900,
    )
    async with greenhouse.db.connection() as conn:
        state = await (await conn.execute("SELECT * FROM plant_state")).fetchone()
        device = await (await conn.execute("SELECT battery FROM devices")).fetchone()
    assert (state["temperature"], state["soil_moisture"], state["humidity"]) == (21.5, 41, 49)
    assert device["battery"] == 80


async def test_a_device_without_a_clock_is_known_by_boot_and_seq(greenhouse: Any, voice: Make) -> None:
    pot = await greenhouse.pot(await greenhouse.plant())
    async with greenhouse.ingesting():
        mouth = voice(pot)
        for boot, seq in [(1, 1), (1, 2), (1, 2), (1, 1), (2, 1), (2, 1)]:
            mouth.tell({"boot": boot, "seq": seq, "humidity": 48})
        mouth.tell({"ts": ago(seconds=1), "humidity": 50})
        await greenhouse.until("SELECT count(*) FROM telemetry WHERE humidity = 50", 1)
    rows = await greenhouse.rows("SELECT boot, seq, flags FROM telemetry WHERE humidity = 48 ORDER BY time")
    assert [(row["boot"], row["seq"]) for row in rows] == [(1, 1), (1, 2), (2, 1)]
    assert {row["flags"] for row in rows} == {flags.ARRIVAL_TIME}


async def test_equal_readings_without_any_identity_are_all_stored(greenhouse: Any, voice: Make) -> None:
    pot = await greenhouse.pot(await greenhouse.plant())
    async with greenhouse.ingesting():
        mouth = voice(pot)
        for _ in range(5):
            mouth.tell({"humidity": 48})
        await greenhouse.until(COUNT, 5)


async def test_a_buffer_of_an_offline_day_fills_history_and_only_its_end_is_news(
    greenhouse: Any, voice: Make
) -> None:
    plant = await greenhouse.plant(thresholds={"soil_moisture": {"min": 30}})
    pot = await greenhouse.pot(plant)
    buffer = [{"ts": ago(minutes=10 * n - 1), "soil_moisture": 20 + n / 10} for n in range(144, 0, -1)]
    async with greenhouse.ingesting():
        mouth = voice(pot)
        mouth.tell(buffer[:-3])
        await greenhouse.until(COUNT, 141)
        assert await greenhouse.one("SELECT count(*) FROM alerts") == 0
        mouth.tell(buffer[-3:])
        await greenhouse.until("SELECT count(*) FROM alerts WHERE resolved_at IS NULL", 1)
    assert await greenhouse.one(f"SELECT count(*) FROM telemetry WHERE flags & {flags.BACKFILL} > 0") == 141  # noqa: S608
    (alert,) = await greenhouse.rows("SELECT * FROM alerts")
    assert (alert["plant_id"], alert["metric"], alert["kind"]) == (plant, "soil_moisture", "low")
    assert alert["opened_at"] < datetime.now(UTC) - timedelta(hours=15)


async def test_a_breach_its_alert_and_the_card_commit_together(greenhouse: Any, voice: Make) -> None:
    plant = await greenhouse.plant(thresholds={"soil_moisture": {"min": 30}})
    pot = await greenhouse.pot(plant)
    async with greenhouse.ingesting():
        mouth = voice(pot)
        mouth.tell({"ts": ago(seconds=40), "soil_moisture": 20.5})
        mouth.tell({"ts": ago(seconds=20), "soil_moisture": 20.4})
        await greenhouse.until("SELECT count(*) FROM alerts WHERE resolved_at IS NULL", 1)
        (state,) = await greenhouse.rows("SELECT * FROM plant_state")
        assert (state["health"], state["trust"], state["open_incidents"]) == ("critical", "fresh", 1)
        mouth.tell({"ts": ago(seconds=1), "soil_moisture": 60})
        await greenhouse.until("SELECT count(*) FROM alerts WHERE resolved_at IS NULL", 0)
    (state,) = await greenhouse.rows("SELECT * FROM plant_state")
    assert (state["health"], state["open_incidents"], state["soil_moisture"]) == ("ok", 0, 60)


async def test_air_is_judged_as_vpd_where_somebody_set_limits_for_it(greenhouse: Any, voice: Make) -> None:
    set_here = await greenhouse.pot(await greenhouse.plant(thresholds={"vpd": {"max": 1.6}, "humidity": {}}))
    unset = await greenhouse.pot(await greenhouse.plant())
    parched = {"temperature": 30, "humidity": 40}  # 2.55 kPa
    async with greenhouse.ingesting():
        for pot in (set_here, unset):
            mouth = voice(pot)
            mouth.tell({"ts": ago(seconds=20), **parched})
            at = ago(seconds=10)
            mouth.tell([{"ts": at, "temperature": 30}, {"ts": at, "humidity": 40}])
            mouth.tell({"ts": ago(seconds=5), **parched})
        await greenhouse.until(COUNT, 6)
    async with greenhouse.db.connection() as conn:
        alerts = await (await conn.execute("SELECT * FROM alerts")).fetchall()
    assert [(a["plant_id"], a["metric"], a["kind"], a["threshold"]) for a in alerts] == [
        (set_here.plant_id, "vpd", "high", pytest.approx(1.6))
    ]
    assert alerts[0]["value"] == pytest.approx(2.55, abs=0.01)


async def test_an_older_reading_never_replaces_a_newer_value(greenhouse: Any, voice: Make) -> None:
    pot = await greenhouse.pot(await greenhouse.plant())
    async with greenhouse.ingesting():
        mouth = voice(pot)
        mouth.tell({"ts": ago(minutes=1), "soil_moisture": 50})
        mouth.tell([{"ts": ago(minutes=5), "soil_moisture": 10, "temperature": 20}])
        await greenhouse.until(COUNT, 2)
    (state,) = await greenhouse.rows("SELECT * FROM plant_state")
    assert (state["soil_moisture"], state["temperature"]) == (50, 20)
    assert state["temperature_at"] < state["soil_moisture_at"] == state["last_reading_at"]


@pytest.mark.parametrize("payload", [{"soil_moisture": 5, "ts": "now"}, {"soil_moisture": 5}])
async def test_a_retained_reading_is_history_and_nothing_else(
    greenhouse: Any, voice: Make, payload: dict[str, Any]
) -> None:
    plant = await greenhouse.plant(thresholds={"soil_moisture": {"min": 30}})
    pot = await greenhouse.pot(plant)
    if "ts" in payload:
        payload = {**payload, "ts": ago(seconds=5)}
    voice(pot).tell(payload, retain=True)
    for _ in range(3):  # the broker replays it at each connect
        async with greenhouse.ingesting():
            await greenhouse.until(COUNT, 1)
    (row,) = await greenhouse.rows()
    assert row["flags"] & flags.RETAINED
    (device,) = await greenhouse.rows("SELECT * FROM devices")
    assert (device["status"], device["last_seen_at"], device["last_reading_at"]) == ("offline", None, None)
    assert await greenhouse.one("SELECT count(*) FROM plant_state WHERE soil_moisture IS NOT NULL") == 0
    assert await greenhouse.one("SELECT count(*) FROM alerts") == 0
    assert await greenhouse.one("SELECT count(*) FROM breaches") == 0


async def test_a_sick_sensors_reading_is_stored_as_such_and_believed_by_nobody(
    greenhouse: Any, voice: Make
) -> None:
    pot = await greenhouse.pot(await greenhouse.plant())
    async with greenhouse.ingesting():
        voice(pot).tell({"soil_moisture": 0, "temperature": 0, "humidity": 0, "light_level": 0})
        await greenhouse.until(COUNT, 1)
    assert (await greenhouse.rows())[0]["flags"] & flags.SUSPECT
    assert await greenhouse.one("SELECT count(*) FROM plant_state WHERE soil_moisture IS NOT NULL") == 0
    assert await greenhouse.one("SELECT status FROM devices") == "online"


async def test_raw_counts_become_per_cent_by_the_devices_calibration(greenhouse: Any, voice: Make) -> None:
    pot = await greenhouse.pot(await greenhouse.plant(), calibration={"dry": 3000, "wet": 1000})
    async with greenhouse.ingesting():
        voice(pot).tell({"soil_raw": 2200})
        await greenhouse.until(COUNT, 1)
    (row,) = await greenhouse.rows()
    assert (row["soil_raw"], row["soil_moisture"]) == (2200, 40)
    assert await greenhouse.one("SELECT soil_moisture FROM plant_state") == 40
    async with greenhouse.db.connection() as conn:
        shown = await roster.device(conn, row["device_id"], datetime.now(UTC))
    assert (shown["soil_raw"], shown["soil_raw_at"]) == (2200, row["time"])


async def test_a_reading_keeps_the_plant_that_its_device_had_when_it_came(
    greenhouse: Any, voice: Make
) -> None:
    first, second = await greenhouse.plant("a"), await greenhouse.plant("b")
    pot = await greenhouse.pot(first)
    async with greenhouse.ingesting():
        mouth = voice(pot)
        mouth.tell({"humidity": 1})
        await greenhouse.until(COUNT, 1)
        await greenhouse.rows("UPDATE devices SET plant_id = %s RETURNING id", second)
        mouth.tell({"humidity": 2})
        await greenhouse.until(COUNT, 2)
    assert [row["plant_id"] for row in await greenhouse.rows()] == [first, second]


async def test_a_device_without_a_plant_is_heard_and_stays_unprovisioned(
    greenhouse: Any, voice: Make
) -> None:
    pot = await greenhouse.pot(None)
    async with greenhouse.ingesting():
        voice(pot).tell({"humidity": 48})
        await greenhouse.until(COUNT, 1)
    (device,) = await greenhouse.rows("SELECT * FROM devices")
    assert device["status"] == "provisioning"
    assert device["last_seen_at"] is not None
    assert (await greenhouse.rows())[0]["plant_id"] is None


async def test_a_removed_devices_last_words_are_refused(greenhouse: Any, voice: Make) -> None:
    gone, alive = [await greenhouse.pot(await greenhouse.plant()) for _ in range(2)]
    await greenhouse.rows(
        "UPDATE devices SET decommissioned_at = now() WHERE id = %s RETURNING id", gone.device_id
    )
    async with greenhouse.ingesting():
        voice(gone).tell({"humidity": 48})
        voice(alive).tell({"humidity": 48})
        await greenhouse.until(COUNT, 1)
    assert (await greenhouse.rows())[0]["device_id"] == alive.device_id
    assert await greenhouse.one("SELECT reason FROM rejected_packets") == "packet: unknown device"


async def test_status_words_tell_what_a_device_does(greenhouse: Any, voice: Make) -> None:
    pot = await greenhouse.pot(await greenhouse.plant())
    status = "SELECT status FROM devices"
    async with greenhouse.ingesting():
        mouth = voice(pot)
        mouth.status("online")
        await greenhouse.until(status, "online")
        mouth.tell({"humidity": 48, "next_in_s": 3600})
        mouth.status("sleeping")
        await greenhouse.until(status, "sleeping")
        await greenhouse.until("SELECT trust FROM plant_state", "asleep")
        mouth.tell({"humidity": 48})
        await greenhouse.until(status, "online")
        mouth.status("gone fishing")
        mouth.status("offline")
        await greenhouse.until(status, "offline")
    assert await greenhouse.one("SELECT reason FROM rejected_packets") == "status: unknown word"


async def test_a_last_will_is_a_hint_that_the_next_reading_overrules(greenhouse: Any, voice: Make) -> None:
    pot = await greenhouse.pot(await greenhouse.plant())
    async with greenhouse.ingesting():
        dying = voice(pot, will=True)
        dying.tell({"humidity": 48})
        await greenhouse.until("SELECT status FROM devices", "online")
        dying._client._sock_close()  # no DISCONNECT: the broker publishes the will
        dying._client.loop_stop()
        await greenhouse.until("SELECT status FROM devices", "offline", timeout_s=30)
        assert await greenhouse.one("SELECT trust FROM plant_state") == "fresh"
        voice(pot).tell({"humidity": 49})
        await greenhouse.until("SELECT status FROM devices", "online")
