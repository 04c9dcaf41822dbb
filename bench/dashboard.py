"""GET /api/plants with 200 plants behind which lie 30 days of 5-minute readings."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import psycopg

from bench.ground import Ground
from bench.table import Line, quantile
from plantops_server.broker.passwords import hash_password, new_password

PLANTS = 200
DAYS = 30
EVERY = timedelta(minutes=5)
_REQUESTS = 300
_WARM_UP = 10

_ADD = """
INSERT INTO plants (id, name, species)
SELECT 'plt_seed' || n, 'Seeded ' || n, 'Monstera deliciosa' FROM generate_series(1, %(n)s) n;
INSERT INTO devices (id, mqtt_username, mqtt_client_id, mqtt_password_hash, plant_id, status,
                     last_seen_at, last_reading_at, report_interval_s)
SELECT 'dev_seed' || n, 'dev_seed' || n, 'dev_seed' || n, %(hash)s, 'plt_seed' || n, 'online', %(now)s, %(now)s, 300
FROM generate_series(1, %(n)s) n;
INSERT INTO plant_state (plant_id, soil_moisture, soil_moisture_at, temperature, temperature_at, humidity, humidity_at,
                         light_level, light_level_at, last_reading_at, expected_interval_s, health, trust)
SELECT 'plt_seed' || n, 40, %(now)s, 21, %(now)s, 50, %(now)s, 900, %(now)s, %(now)s, 300, 'ok', 'fresh'
FROM generate_series(1, %(n)s) n;
"""  # fmt: skip


def measured(ground: Ground) -> list[Line]:
    """Seed, wait until the worker has rolled it up, then ask for the first page of 200 as a dashboard does."""
    rows = prepare(ground)
    times, size = [], 0
    for number in range(_REQUESTS + _WARM_UP):
        began = time.perf_counter()
        answer = ground.http.get("/api/plants", params={"limit": PLANTS})
        seconds = time.perf_counter() - began
        answer.raise_for_status()
        size = len(answer.content)
        if number >= _WARM_UP:
            times.append(seconds * 1000)
    shown = len(answer.json()["items"])
    p50, p99 = quantile(times, 0.5), quantile(times, 0.99)
    return [
        Line(f"GET /api/plants, {shown} plants over {rows:,} readings, p50", "", f"{p50:.0f} ms"),
        Line(
            f"… p99 of {len(times)} ({size / 1024:.0f} kB)", "< 100 ms", f"{p99:.0f} ms", p99 < 100 and shown == PLANTS
        ),
    ]  # fmt: skip


def prepare(ground: Ground) -> int:
    """Seed and wait until a dashboard finds everything rolled up; how many readings there are."""
    rows = seed(ground)
    _wait_for_rollup(ground)
    return rows


def seed(ground: Ground) -> int:
    """Copy the readings in, in the order in which they would have come; how many there are."""
    now, hashed = datetime.now(UTC), hash_password(new_password())
    count = DAYS * 86_400 // int(EVERY.total_seconds())
    with psycopg.connect(ground.dsn) as conn:
        for statement in filter(str.strip, _ADD.split(";")):
            conn.execute(statement, {"n": PLANTS, "now": now, "hash": hashed})
        columns = "time, device_id, plant_id, soil_moisture, temperature, humidity, light_level, received_at"
        with conn.cursor().copy(f"COPY telemetry ({columns}) FROM STDIN") as copy:
            for step in range(count, 0, -1):
                at = (now - step * EVERY).isoformat()
                copy.write("".join(_line(at, plant, step) for plant in range(1, PLANTS + 1)))
    return PLANTS * count


def _line(at: str, plant: int, step: int) -> str:
    wave = (step + plant) % 288
    return (
        f"{at}\tdev_seed{plant}\tplt_seed{plant}\t{40 - wave / 40:.2f}\t{18 + wave / 60:.1f}\t{50 + wave / 20:.1f}"
        f"\t{wave * 10}\t{at}\n"
    )


def _wait_for_rollup(ground: Ground) -> None:
    """Until the worker has rolled what was copied in (received in the past, so the watermark is put back)."""
    with psycopg.connect(ground.dsn, autocommit=True) as conn:
        conn.execute("UPDATE rollup_progress SET received_at = '-infinity'")
        conn.execute("ANALYZE")
    wanted, deadline = PLANTS * DAYS * 48, time.monotonic() + 300
    query = "SELECT count(*) FROM telemetry_half_hourly WHERE plant_id LIKE 'plt_seed%%'"
    while ground.one(query) < wanted:
        if time.monotonic() > deadline:
            raise SystemExit("bench: the worker did not roll the seeded readings up within 5 minutes")
        time.sleep(1)
