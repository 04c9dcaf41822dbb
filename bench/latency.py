"""How long after its publication a reading is a row, and its plant an event on the live stream, at 500 readings/s."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx2
import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from bench import load
from bench.ground import Ground, Pot
from bench.table import Line, quantile

RATE = 500.0
_LOOK_EVERY_S = 0.005
_PROBES = 40
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def measured(ground: Ground, pots: list[Pot], seconds: int) -> list[Line]:
    """Publish 500/s over all but the last pot, watch one of them in the table and the last one on the stream."""
    probe, crowd = pots[-1], pots[:-1]
    publishers = load.start(ground.broker.port, crowd, readings=int(RATE * seconds), rate=RATE)
    time.sleep(1)
    delays: list[float] = []
    watcher = threading.Thread(target=lambda: delays.extend(_row_delays(ground, crowd[0], seconds - 2)))
    watcher.start()
    events = _event_delays(ground, probe)
    watcher.join()
    load.finish(publishers)
    return [
        _line("publish -> row visible at 500/s", delays, 0.5, 100),
        _line("publish -> row visible at 500/s", delays, 0.99, 500),
        _line("publish -> event on /api/stream", events, 0.5),
        _line("publish -> event on /api/stream", events, 0.99, 1000),
    ]


def _line(what: str, delays: list[float], share: float, bar_ms: float | None = None) -> Line:
    found = quantile(delays, share) * 1000
    bar = "" if bar_ms is None else f"< {bar_ms:,.0f} ms"
    holds = None if bar_ms is None else found < bar_ms
    return Line(f"{what}, p{share * 100:.0f} of {len(delays)}", bar, f"{found:.0f} ms", holds)


def _row_delays(ground: Ground, pot: Pot, seconds: float) -> Iterator[float]:
    """Delays of the readings of one device: its ``ts`` is the time of publication, by the same clock."""
    query = "SELECT time FROM telemetry WHERE device_id = %s AND time > %s ORDER BY time"
    end = time.monotonic() + seconds
    with psycopg.connect(ground.dsn, autocommit=True) as conn:
        conn.execute("SET timezone = 'UTC'")
        # What is visible already says nothing about how long it took.
        newest = max((at for (at,) in conn.execute(query, (pot.device_id, _LONG_AGO))), default=_LONG_AGO)
        while time.monotonic() < end:
            for (at,) in conn.execute(query, (pot.device_id, newest)).fetchall():
                yield (datetime.now(UTC) - at).total_seconds()
                newest = at
            time.sleep(_LOOK_EVERY_S)


def _event_delays(ground: Ground, pot: Pot) -> list[float]:
    rung = threading.Event()
    stop = threading.Event()
    listener = threading.Thread(target=_listen, args=(ground, pot.plant_id, rung, stop), daemon=True)
    listener.start()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, pot.client_id, protocol=mqtt.MQTTv5)
    client.username_pw_set(pot.username, pot.password)
    client.connect("127.0.0.1", ground.broker.port)
    client.loop_start()
    time.sleep(1)
    delays = [_one_event(client, pot, rung) for _ in range(_PROBES)]
    stop.set()
    client.disconnect()
    client.loop_stop()
    return delays


def _one_event(client: mqtt.Client, pot: Pot, rung: threading.Event) -> float:
    rung.clear()
    began = time.monotonic()
    client.publish(pot.topic, json.dumps({"humidity": 50}), 1)
    if not rung.wait(10):
        return 10.0
    delay = time.monotonic() - began
    time.sleep(0.15)
    return delay


def _listen(ground: Ground, plant_id: str, rung: threading.Event, stop: threading.Event) -> None:
    headers = {"Authorization": f"Bearer {ground.token}"}
    with httpx2.stream("GET", f"{ground.url}/api/stream", headers=headers, timeout=None) as answer:
        for line in answer.iter_lines():
            if stop.is_set():
                return
            if line.startswith("data:") and plant_id in line:
                rung.set()
