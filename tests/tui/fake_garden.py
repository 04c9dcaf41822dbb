"""A server in memory that speaks the real wire, with a garden that never changes by itself."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx2

from plantops_api import wire
from tests.tui.fake_advisor import FakeAdvisor
from tests.tui.fake_nursery import FakeNursery, page
from tests.tui.fake_office import FakeOffice
from tests.tui.moments import NOW, ago

RANGES_S = {"24h": 86_400, "7d": 604_800, "30d": 2_592_000, "1y": 31_536_000}


def threshold(low: float | None, high: float | None, source: str = "species") -> wire.Threshold:
    return wire.Threshold(min=low, max=high, source=source)  # type: ignore[arg-type]


def day(low: float, high: float, phase: float = 0.0, *, gap: range = range(0)) -> wire.SparkSeries:
    """A day with one wave; ``gap`` are the half hours without data."""
    mean = [
        None
        if i in gap
        else round(low + (high - low) * (0.5 - 0.5 * math.cos(2 * math.pi * (i / 48 + phase))), 2)
        for i in range(48)
    ]
    known = [value for value in mean if value is not None]
    return wire.SparkSeries(mean=mean, min=min(known), max=max(known))


def falling(start: float, end: float, *, gap: range = range(0)) -> wire.SparkSeries:
    mean = [None if i in gap else round(start + (end - start) * i / 47, 2) for i in range(48)]
    known = [value for value in mean if value is not None]
    return wire.SparkSeries(mean=mean, min=min(known), max=max(known))


def sun(top: float) -> wire.SparkSeries:
    mean: list[float | None] = [
        round(max(0.0, top * math.sin(math.pi * (i - 12) / 18)), 0) if 12 <= i <= 30 else 0.0
        for i in range(48)
    ]
    return wire.SparkSeries(mean=mean, min=0, max=top)


def card(plant_id: str, name: str, **changes: Any) -> wire.PlantCard:
    """A well plant that reported two minutes ago."""
    values = changes.pop(
        "values", {"soil_moisture": 48, "temperature": 21.4, "humidity": 52, "light_level": 640}
    )
    at = changes.get("last_reading_at", ago(2))
    base: dict[str, Any] = {
        "species": "Monstera deliciosa",
        "location": "living room",
        "health": "ok",
        "trust": "fresh",
        "thresholds": {
            "soil_moisture": threshold(25, 60),
            "temperature": threshold(18, 28),
            "humidity": threshold(40, 70),
            "light_level": threshold(None, None, "default"),
            "dli": threshold(4, 12),
        },
        "last_reading_at": at,
        "expected_interval_s": 600,
        "sparkline": {
            "soil_moisture": falling(56, values.get("soil_moisture", 48)),
            "temperature": day(19, 23),
            "humidity": day(45, 56, 0.5),
            "light_level": sun(1900),
        },
        "sparkline_end": NOW,
        "next_watering": wire.Forecast(at=NOW + timedelta(days=2), plus_minus_h=12, reason="dries 9 % a day"),
        "device_count": 1,
        "dli": wire.Light(yesterday=6.1, today=2.4, complete=True),
    }
    state = {
        metric: wire.MetricState(value=value, time=at) for metric, value in values.items() if at is not None
    }
    return wire.PlantCard(id=plant_id, name=name, **{**base, "state": state, **changes})


def garden() -> list[wire.PlantCard]:
    """Six plants in the six states that matter."""
    return [
        card(
            "plt_monstera", "Monstera", health="attention", worst="too dry", worst_since=ago(292), open_incidents=1,
            values={"soil_moisture": 18, "temperature": 22.4, "humidity": 48, "light_level": 1240},
            sparkline={
                "soil_moisture": falling(31, 18), "temperature": day(19, 23),
                "humidity": day(44, 56, 0.5), "light_level": sun(2400),
            },
            next_watering=None,
        ),
        card(
            "plt_basil", "Basil", species="Ocimum basilicum", location="kitchen sill", health="critical",
            worst="too cold", worst_since=ago(1700), open_incidents=2,
            values={"soil_moisture": 44, "temperature": 9.6, "humidity": 71, "light_level": 8200},
            thresholds={
                "soil_moisture": threshold(35, 70), "temperature": threshold(16, 30),
                "humidity": threshold(40, 70), "light_level": threshold(2000, None),
            },
            sparkline={
                "soil_moisture": falling(49, 44), "temperature": falling(16, 9.6),
                "humidity": day(60, 72, 0.2), "light_level": sun(15_800),
            },
        ),
        card(
            "plt_fern", "Fern", species="Nephrolepis exaltata", location="bathroom", health="unknown",
            trust="offline", last_reading_at=ago(372), open_incidents=1, worst="sensor silent", worst_since=ago(340),
            thresholds={
                "soil_moisture": threshold(30, 70), "temperature": threshold(16, 25),
                "humidity": threshold(50, 80), "light_level": threshold(None, None, "default"),
            },
            sparkline={
                "soil_moisture": falling(52, 41, gap=range(35, 48)), "temperature": day(18, 22, gap=range(35, 48)),
                "humidity": day(55, 70, gap=range(35, 48)), "light_level": sun(300),
            },
            next_watering=None, next_watering_reason="The sensor is silent: nobody knows how the soil dries now.",
            next_watering_brief="sensor silent", dli=wire.Light(yesterday=0.6, today=0.1, complete=True),
        ),
        card(
            "plt_aloe", "Aloe", species="Aloe vera", location="office", trust="asleep", last_reading_at=ago(41),
            next_watering=wire.Forecast(at=NOW + timedelta(days=9), plus_minus_h=48, reason="slow"),
            values={"soil_moisture": 22, "temperature": 20.1, "humidity": 41, "light_level": 3100},
            thresholds={"soil_moisture": threshold(10, 40, "user"), "temperature": threshold(13, 30)},
        ),
        card(
            "plt_tomato", "Tomato", species="Solanum lycopersicum", location="greenhouse",
            next_watering=wire.Forecast(at=NOW + timedelta(hours=4, minutes=10), plus_minus_h=2, reason="thirsty"),
            maintenance_until=NOW + timedelta(hours=2), dli=wire.Light(yesterday=22.3, complete=False),
        ),
        card("plt_orchid", "Orchid", species="Phalaenopsis", location="bedroom", trust="none", health="unknown",
             last_reading_at=None, values={}, sparkline={}, next_watering=None, device_count=0, dli=None),
    ]  # fmt: skip


def alert(number: int, plant: wire.PlantCard | None, **changes: Any) -> wire.Alert:
    base: dict[str, Any] = {
        "plant_id": plant.id if plant else None,
        "plant_name": plant.name if plant else None,
        "metric": "soil_moisture", "kind": "low", "severity": "warning", "value": 18.0, "threshold": 25.0,
        "opened_at": ago(292),
    }  # fmt: skip
    return wire.Alert(id=number, **{**base, **changes})


class FakeServer(FakeNursery, FakeOffice, FakeAdvisor):
    """Answers like PlantOps. Tests change ``cards``, ``alerts``, ``down`` and ``delays`` while it runs."""

    def __init__(self) -> None:
        self.cards = garden()
        monstera, basil, fern = self.cards[:3]
        self.alerts = [
            alert(101, basil, metric="temperature", severity="critical", value=9.6, threshold=16.0,
                  opened_at=ago(1700)),
            alert(102, monstera),
            alert(103, fern, metric=None, kind="offline", value=None, threshold=None, opened_at=ago(340),
                  acked_at=ago(300), acked_by="ada"),
            alert(104, basil, metric="humidity", kind="high", value=71, threshold=70, opened_at=ago(30)),
            alert(90, monstera, opened_at=ago(9000), resolved_at=ago(8700), resolution="watered"),
        ]  # fmt: skip
        self.waterings = [
            wire.Watering(id=2, plant_id="plt_monstera", at=ago(900), source="logged", amount_ml=250,
                          note="from below"),
            wire.Watering(id=1, plant_id="plt_monstera", at=ago(9000), source="detected", moisture_before=21,
                          moisture_after=58),
        ]  # fmt: skip
        self.devices = [
            wire.Device(
                id="dev_1", name="probe 1", plant_id="plt_monstera", plant_name="Monstera",
                status="online", trust="fresh",
                last_seen_at=ago(2), created_at=ago(50_000), report_interval_s=600, battery=87, rssi=-61,
            )
        ]  # fmt: skip
        FakeNursery.__init__(self)
        FakeOffice.__init__(self)
        FakeAdvisor.__init__(self)
        self.refusals: dict[str, list[dict[str, Any]]] = {}
        self.role = "admin"
        self.down = False
        self.html_500 = False
        self.problem_detail = ""
        self.nonsense = False
        self.garbage_stream = False
        self.delays: dict[str, list[float]] = {}
        self.broken: set[str] = set()
        self.queries: list[dict[str, str]] = []
        self.requests: list[tuple[str, str, Any]] = []
        self._listeners: set[asyncio.Queue[bytes | None]] = set()
        self._event_number = 0

    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._answer)

    # --- the event stream ------------------------------------------------------------------------------

    def ring(self, event: str, *ids: str) -> None:
        """Send an event to everyone who listens."""
        self._event_number += 1
        data = json.dumps({"ids": list(ids)})
        self._send(f"id: {self._event_number}\nevent: {event}\ndata: {data}\n\n".encode())

    def _send(self, frame: bytes | None) -> None:
        for listener in self._listeners:
            listener.put_nowait(frame)

    @property
    def listened_to(self) -> bool:
        """Whether somebody follows the event stream."""
        return bool(self._listeners)

    def go_down(self) -> None:
        self.down = True
        self._send(None)

    def lose_the_line(self) -> None:
        """The stream breaks, and whoever asks again waits: what the banner says stays as it is."""
        self.delays["/api/auth/me"] = [60.0] * 9
        self._send(None)

    def come_back(self) -> None:
        self.down = False

    async def _stream(self) -> AsyncIterator[bytes]:
        if self.garbage_stream:
            yield b"\x00\xff\xfe nonsense \x1b]0;owned\x07\nevent: plant\ndata: {{{\n\n"
            yield b'event: plant\ndata: [1, {"a": null}]\nid: \x1b[2J\n\n'
            yield b"event: \xf0\x9f\ndata: 7\n\n"
        frames: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._listeners.add(frames)
        try:
            yield b"retry: 2000\nid: garden-0\n\n"
            while (frame := await frames.get()) is not None:
                yield frame
            raise httpx2.ReadError("the server went away")
        finally:
            self._listeners.discard(frames)

    # --- requests --------------------------------------------------------------------------------------

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        body = json.loads(request.content) if request.content else None
        self.requests.append((request.method, path, body))
        if self.down:
            raise httpx2.ConnectError("refused")
        for part, delays in self.delays.items():
            if part in path and delays:
                await asyncio.sleep(delays.pop(0))
        if request.url.params and path.endswith("/history"):
            self.queries.append(dict(request.url.params))
        if refused := self._refused(request.method, path):
            return httpx2.Response(refused["status"], json=refused)
        if self.nonsense and path == "/api/plants":
            return httpx2.Response(200, json={"items": [{"id": 7, "health": "purple"}]})
        if self.problem_detail and path == "/api/plants":
            return httpx2.Response(409, json={"title": "No", "status": 409, "detail": self.problem_detail})
        if self.html_500 and path.startswith("/api/plants"):
            return httpx2.Response(500, html="<html><b>[/red] boom \x1b[31m</b></html>")
        if path == "/api/stream":
            return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=self._stream())
        answer = self._route(request, path, body)
        if answer is None:
            problem = {
                "title": "Not found",
                "status": 404,
                "code": "plant_not_found",
                "detail": "There is no such plant.",
            }
            return httpx2.Response(404, json=problem)
        return answer if isinstance(answer, httpx2.Response) else httpx2.Response(200, json=answer)

    def _refused(self, method: str, path: str) -> dict[str, Any] | None:
        if any(path.endswith(part) for part in self.broken):
            return {"title": "Broken", "status": 500, "detail": "It is broken."}
        wrong = next((wrong for part, wrong in self.refusals.items() if path.endswith(part)), None)
        if wrong is None or method == "GET":
            return None
        return {"title": "Invalid", "status": 422, "code": "invalid_input", "detail": "No.", "errors": wrong}

    def _route(self, request: httpx2.Request, path: str, body: Any) -> Any:
        steps = path.strip("/").split("/")
        match request.method, steps:
            case "GET", ["api", "auth", "me"]:
                return {"username": "ada", "role": self.role, "via": "token"}
            case "GET", ["healthz"]:
                return {"ok": True}
            case "GET", ["api", "plants"]:
                return page(self.cards)
            case "GET", ["api", "plants", plant_id]:
                return self._plant(plant_id)
            case "GET", ["api", "plants", plant_id, "history"]:
                return self._history(plant_id, dict(request.url.params))
            case method, ["api", "plants", plant_id, "waterings", *number]:
                return self._water(method, plant_id, number, body)
            case "GET", ["api", "plants", plant_id, "devices"]:
                return page([d for d in self.devices if d.plant_id == plant_id])
            case "GET", ["api", "alerts"]:
                return page(self._alerts(dict(request.url.params)))
            case "POST", ["api", "alerts", number, verb]:
                return self._triage(int(number), verb, body)
        params = dict(request.url.params)
        advised = self.advisor(request.method, steps, body)
        if advised is not None:
            return advised
        found = self.office(request.method, steps, params, body)
        return self.nursery(request.method, steps, params, body) if found is None else found

    def add_card(self, plant_id: str, said: dict[str, Any]) -> None:
        self.cards.append(card(plant_id, **said, device_count=0))

    def _plant(self, plant_id: str) -> Any:
        found = next((card for card in self.cards if card.id == plant_id), None)
        if found is None:
            return None
        return wire.Plant(
            **dict(found), created_at=ago(90_000), notes=self.notes.get(plant_id),
            own_thresholds=self.own.get(plant_id, {}),
            open_alerts=[a for a in self.alerts if a.plant_id == plant_id and a.resolved_at is None],
        ).model_dump(mode="json")  # fmt: skip

    def _water(self, method: str, plant_id: str, number: list[str], body: Any) -> Any:
        if method == "DELETE":
            self.waterings = [w for w in self.waterings if str(w.id) not in number]
            return httpx2.Response(204)
        if method == "GET":
            return page([w for w in self.waterings if w.plant_id == plant_id])
        said = {k: v for k, v in body.items() if k != "at"}
        self.waterings.insert(0, wire.Watering(id=9, plant_id=plant_id, at=NOW, source="logged", **said))
        return self.waterings[0].model_dump(mode="json")

    def _alerts(self, params: dict[str, str]) -> list[wire.Alert]:
        return [
            a
            for a in self.alerts
            if (params.get("state") == "all" or a.resolved_at is None)
            and (not params.get("plant_id") or a.plant_id == params["plant_id"])
        ]

    def _triage(self, number: int, verb: str, body: Any) -> Any:
        changes: dict[str, dict[str, Any]] = {
            "ack": {"acked_at": NOW, "acked_by": "ada"},
            "unack": {"acked_at": None, "acked_by": None},
            "snooze": {"snoozed_until": NOW + timedelta(seconds=(body or {}).get("seconds") or 0)},
            "resolve": {"resolved_at": NOW, "resolution": "manual"},
        }
        for place, found in enumerate(self.alerts):
            if found.id == number:
                self.alerts[place] = found.model_copy(update=changes[verb])
                return self.alerts[place].model_dump(mode="json")
        return None

    def _history(self, plant_id: str, params: dict[str, str]) -> Any:
        found = next((card for card in self.cards if card.id == plant_id), None)
        if found is None:
            return None
        points = min(int(params.get("points") or 144), 144)
        length = RANGES_S[params.get("range") or "24h"]
        end = NOW
        if "start" in params:
            end = datetime.fromisoformat(params["end"])
            length = int((end - datetime.fromisoformat(params["start"])).total_seconds())
        step = length / points
        times = [end - timedelta(seconds=length - i * step) for i in range(points)]
        series = {
            metric: _wave(state.value, points, 100 if metric in ("soil_moisture", "humidity") else 1e9)
            for metric, state in found.state.items()
        }
        return wire.History(
            plant_id=plant_id, start=end - timedelta(seconds=length), end=end, bucket_s=step, times=times,
            series=series, thresholds=found.thresholds,
        ).model_dump(mode="json")  # fmt: skip


def _wave(now: float, points: int, top: float) -> wire.HistorySeries:
    """Ends at ``now``; a gap of a tenth of the window in the middle, one spike before it."""
    mean: list[float | None] = []
    for i in range(points):
        value = now * (1 + 0.55 * (1 - i / points)) + now * 0.06 * math.sin(i / 5)
        mean.append(None if points * 0.55 < i < points * 0.65 else round(value, 2))
    mean = [None if value is None else min(top, value) for value in mean]
    high = [None if v is None else min(top, v + now * 0.02) for v in mean]
    spike = points // 3
    high[spike] = min(top, (mean[spike] or 0) * 1.5)
    return wire.HistorySeries(mean=mean, min=[None if v is None else v - now * 0.02 for v in mean], max=high)
