"""``python -m bench.web``: what the web view costs, with 200 plants behind which lie 30 days of 5-minute readings.

Sizes and times of the server over HTTP, first paint and live updates in a real Chromium with an empty profile. Prints a
table; exits 1 on a miss.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Browser, Page, sync_playwright

from bench import dashboard
from bench.ground import Ground, Pot, product
from bench.table import Line, drawn, quantile

_REQUESTS, _WARM_UP = 300, 10
_PAINTS, _UPDATES = 12, 20
_PLANT = "/plants/plt_seed7?range=30d"
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def main() -> int:
    """Measure and print; 1 when a bar is missed."""
    with tempfile.TemporaryDirectory(prefix="plantops-bench-") as folder, product(Path(folder)) as ground:
        (pot,) = ground.pots(1)
        dashboard.prepare(ground)
        sys.stderr.write("bench: everything is rolled up, measuring …\n")
        lines = [*_pages(ground), *_paints(ground, pot)]
    sys.stdout.write(f"\n{drawn(lines)}\n")
    return 1 if any(line.holds is False for line in lines) else 0


def _pages(ground: Ground) -> list[Line]:
    used = ground.cpu_s()
    cards = _times(ground, "/?sort=name")
    cpu = (ground.cpu_s() - used) / (len(cards) + _WARM_UP) * 1000
    page = ground.http.get("/?sort=name")
    shown = page.text.count("<article")
    parts = [_packed(ground, address) for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)]
    document = _packed(ground, "/?sort=name")
    plant, about = _times(ground, _PLANT), _packed(ground, _PLANT)
    size = (document + sum(parts)) / 1000
    return [
        Line(f"dashboard of {shown} plants, the page alone", "", f"{document / 1000:.1f} kB"),
        Line("… with style, scripts and icon (compressed)", "< 60 kB", f"{size:.1f} kB", size < 60 and shown == 200),
        Line("plant page over 30 days, the page alone", "", f"{about / 1000:.1f} kB"),
        Line(f"GET / with {shown} plants, p50 of {len(cards)}", "", f"{quantile(cards, 0.5):.0f} ms"),
        Line("… p99", "< 150 ms", f"{quantile(cards, 0.99):.0f} ms", quantile(cards, 0.99) < 150),
        Line("… CPU time of the server for each", "", f"{cpu:.0f} ms"),
        Line(f"GET /plants/… over 30 days, p50 of {len(plant)}", "", f"{quantile(plant, 0.5):.0f} ms"),
        Line("… p99", "", f"{quantile(plant, 0.99):.0f} ms"),
    ]  # fmt: skip


def _times(ground: Ground, path: str) -> list[float]:
    """How long the answers took, ms."""
    times = []
    for number in range(_REQUESTS + _WARM_UP):
        began = time.perf_counter()
        ground.http.get(path).raise_for_status()
        if number >= _WARM_UP:
            times.append((time.perf_counter() - began) * 1000)
    return times


def _packed(ground: Ground, path: str) -> int:
    """Bytes of an answer as they travel."""
    with ground.http.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        return sum(len(piece) for piece in answer.iter_raw())


def _paints(ground: Ground, pot: Pot) -> list[Line]:
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        try:
            painted = [_first_paint(ground, browser) for _ in range(_PAINTS)][2:]
            delays = _updates(ground, pot, browser)
        finally:
            browser.close()
    return [
        Line(
            f"first contentful paint, empty cache, median of {len(painted)}", "", f"{median(painted):.0f} ms"
        ),
        Line("… slowest", "< 500 ms", f"{max(painted):.0f} ms", max(painted) < 500),
        Line(
            f"publish -> new value on an open dashboard, median of {len(delays)}",
            "",
            f"{median(delays):.0f} ms",
        ),
        Line("… slowest", "< 1,000 ms", f"{max(delays):.0f} ms", max(delays) < 1000),
    ]


@contextmanager
def _page(ground: Ground, browser: Browser) -> Iterator[Page]:
    headers = {"Authorization": f"Bearer {ground.token}"}
    with browser.new_context(extra_http_headers=headers, viewport={"width": 1280, "height": 900}) as context:
        yield context.new_page()


def _first_paint(ground: Ground, browser: Browser) -> float:
    with _page(ground, browser) as page:
        page.goto(f"{ground.url}/")
        page.wait_for_timeout(200)
        found = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        return float(page.evaluate(found))


def _updates(ground: Ground, pot: Pot, browser: Browser) -> list[float]:
    """From the publication to the moment at which the page shows the value, ms."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, pot.client_id, protocol=mqtt.MQTTv5)
    client.username_pw_set(pot.username, pot.password)
    client.connect("127.0.0.1", ground.broker.port)
    client.loop_start()
    try:
        with _page(ground, browser) as page:
            page.goto(f"{ground.url}/")
            page.wait_for_selector("html.live")
            return [_one_update(client, pot, page, number) for number in range(_UPDATES)]
    finally:
        client.disconnect()
        client.loop_stop()


def _one_update(client: mqtt.Client, pot: Pot, page: Page, number: int) -> float:
    value = 10 + number
    reading = {"ts": datetime.now(UTC).isoformat(), "temperature": value + 0.5}
    began = time.perf_counter()
    client.publish(pot.topic, json.dumps(reading), qos=1)
    page.wait_for_selector(f"#{pot.plant_id} >> text={value}.5 °C", timeout=10_000)
    took = (time.perf_counter() - began) * 1000
    page.wait_for_timeout(300)
    return took


if __name__ == "__main__":
    sys.exit(main())
