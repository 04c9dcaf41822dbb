"""alerts watch, plants list --watch and telemetry tail: one line a change, over a loss of the server too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from plantops_api.client import PlantOpsClient
from plantops_cli import watching
from tests.cli.conftest import NOW, Ran

AT = NOW.isoformat()


class Stream(httpx2.AsyncByteStream):
    """An event stream that says its lines and then breaks, or, at the very end, is interrupted by the person."""

    def __init__(self, lines: list[str], *, last: bool) -> None:
        self._lines = lines
        self._last = last

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for line in self._lines:
            yield f"{line}\n\n".encode()
        if self._last:
            raise KeyboardInterrupt
        raise httpx2.ReadError("lost")


class Acts:
    """A server in acts, each with answers by path and one event stream; opening the stream again begins the next."""

    def __init__(self, *acts: tuple[dict[str, Any], list[str]]) -> None:
        self._acts: Iterator[tuple[dict[str, Any], list[str]]] = iter(acts)
        self._left = len(acts)
        self._bodies: dict[str, Any] = acts[0][0]
        self.resumed_after: list[str | None] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/api/stream":
            self.resumed_after.append(request.headers.get("last-event-id"))
            self._bodies, lines = next(self._acts)
            self._left -= 1
            headers = {"content-type": "text/event-stream"}
            return httpx2.Response(200, headers=headers, stream=Stream(lines, last=self._left == 0))
        body = self._bodies.get(request.url.path)
        if isinstance(body, list):
            body = {"items": body}
        return (
            httpx2.Response(200, json=body)
            if body is not None
            else httpx2.Response(404, json={"title": "none"})
        )


def alert(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "plant_id": "plt_a", "plant_name": "Basil", "kind": "low", "metric": "soil_moisture",
        "severity": "warning", "value": 12.5, "threshold": 30, "opened_at": AT, **more,
    }  # fmt: skip


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconnect at once."""
    monkeypatch.setattr(watching, "_FIRST_PAUSE_S", 0.0)


def test_alerts_are_told_as_they_open_and_resolve(answered: Callable[..., Ran]) -> None:
    resolved = alert(1, resolved_at=AT)
    acts = Acts(
        ({"/api/alerts": [alert(1)], "/api/alerts/1": alert(1, value=11.0), "/api/alerts/2": alert(2)},
         ["id: 1", 'id: 2\nevent: alert\ndata: {"ids":["1","2"]}']),
        ({"/api/alerts": [alert(2)], "/api/alerts/1": resolved}, ["id: 3\nevent: reset\ndata: {}"]),
    )  # fmt: skip

    ran = answered(acts, "alerts", "watch")

    assert ran.code == 130
    told = [json.loads(line) for line in ran.out.splitlines()]
    # A value that moves is no news; alert 2 was told in the first act; 1 was resolved while nobody listened.
    assert [(line["id"], line["resolved_at"] is not None) for line in told] == [
        (1, False),
        (2, False),
        (1, True),
    ]
    assert "Trying again" in ran.err
    assert acts.resumed_after == [None, "2"]


def test_alerts_of_other_plants_are_left_out(answered: Callable[..., Ran]) -> None:
    plants = [
        {"id": "plt_b", "name": "Fern", "health": "ok", "trust": "fresh", "state": {}, "thresholds": {}}
    ]
    bodies = {"/api/plants": plants, "/api/alerts": [], "/api/alerts/1": alert(1)}
    acts = Acts((bodies, ["id: 1", 'id: 2\nevent: alert\ndata: {"ids":["1"]}']))

    assert answered(acts, "alerts", "watch", "--plant", "fern").out == ""


def test_watched_alerts_as_csv_have_one_heading(answered: Callable[..., Ran]) -> None:
    acts = Acts(({"/api/alerts": [alert(1), alert(2)]}, ["id: 1"]))

    lines = answered(acts, "alerts", "watch", "-o", "csv").out.splitlines()

    assert len(lines) == 3
    assert lines[0].startswith("time,id,severity,")


def test_plants_are_told_again_only_when_they_change(answered: Callable[..., Ran]) -> None:
    basil = {"id": "plt_a", "name": "Basil", "health": "ok", "trust": "fresh", "state": {}, "thresholds": {}}
    changed = 'id: 2\nevent: plant\ndata: {"ids":["plt_a"]}'
    acts = Acts(
        ({"/api/plants": [basil]}, ["id: 1", changed]),
        ({"/api/plants": [{**basil, "health": "critical"}]}, [changed, changed]),
    )

    told = [json.loads(line) for line in answered(acts, "plants", "list", "--watch").out.splitlines()]

    assert [line["health"] for line in told] == ["ok", "critical"]


def test_the_tail_prints_each_reading_once(answered: Callable[..., Ran]) -> None:
    times = [NOW + timedelta(seconds=second) for second in (10, 20)]
    plants = [
        {"id": "plt_a", "name": "Basil", "health": "ok", "trust": "fresh", "state": {}, "thresholds": {}}
    ]
    history = {
        "plant_id": "plt_a", "start": AT, "end": AT, "bucket_s": None, "times": [t.isoformat() for t in times],
        "series": {"soil_moisture": {"mean": [40, None], "min": [40, None], "max": [40, None]},
                   "temperature": {"mean": [20, 21], "min": [20, 21], "max": [20, 21]}}, "thresholds": {},
    }  # fmt: skip
    changed = 'id: 2\nevent: plant\ndata: {"ids":["plt_a"]}'
    acts = Acts(({"/api/plants": plants, "/api/plants/plt_a/history": history}, ["id: 1", changed, changed]))

    told = [json.loads(line) for line in answered(acts, "telemetry", "tail").out.splitlines()]

    assert [(line["plant"], line["soil_moisture"], line["temperature"]) for line in told] == [
        ("Basil", 40, 20),
        ("Basil", None, 21),
    ]


def test_a_server_that_is_not_there_at_first_is_an_error(environ: dict[str, str], free_port: int) -> None:
    from tests.cli.conftest import run_cli

    assert run_cli(("alerts", "watch", "--url", f"http://127.0.0.1:{free_port}"), environ).code == 5


def test_a_token_that_is_refused_ends_the_watch(answered: Callable[..., Ran]) -> None:
    body = {"title": "x", "detail": "This token is unknown."}

    assert answered(lambda _: httpx2.Response(401, json=body), "alerts", "watch").code == 4


async def test_waiting_grows_to_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_FIRST_PAUSE_S", 1.0)
    waits: list[float] = []
    opened = 0

    def answer(_: httpx2.Request) -> httpx2.Response:
        nonlocal opened
        opened += 1
        if opened == 1:
            return httpx2.Response(
                200, headers={"content-type": "text/event-stream"}, stream=Stream(["id: 1"], last=False)
            )
        raise httpx2.ConnectError("gone")

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 8:
            raise asyncio.CancelledError

    async with PlantOpsClient("http://garden.test", "x", httpx2.MockTransport(answer)) as client:
        events = watching.events(client, sleep)
        assert (await anext(events)).event == "reset"
        with pytest.raises(asyncio.CancelledError):
            await anext(events)

    assert waits[0] < 1.5 < waits[2] < 6
    assert all(24 <= wait <= 36 for wait in waits[6:])
