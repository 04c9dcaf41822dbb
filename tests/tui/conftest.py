from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea
from textual.worker import WorkerFailed

from plantops_api.client import PlantOpsClient
from plantops_tui.app import PlantOpsApp
from tests.tui.fake_garden import NOW, FakeServer

BERLIN = ZoneInfo("Europe/Berlin")


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(autouse=True)
def steady_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A blinking cursor would make a picture depend on the moment at which it is taken."""
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _: None)
    monkeypatch.setattr(TextArea, "_toggle_cursor_blink_visible", lambda _: None)


@pytest.fixture
def garden_server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_app(garden_server: FakeServer, clock: Clock) -> Callable[..., PlantOpsApp]:
    def make(**options: Any) -> PlantOpsApp:
        client = PlantOpsClient("http://plantops.test:8420", "token", transport=garden_server.transport())
        return PlantOpsApp(client, clock=clock, zone=BERLIN, **options)

    return make


Open = Callable[..., AbstractAsyncContextManager[Pilot[None]]]


@pytest.fixture
def open_app(make_app: Callable[..., PlantOpsApp]) -> Open:
    """Runs the app; at the end nothing may have failed inside it, unless the test expects it."""

    @asynccontextmanager
    async def opened(
        size: tuple[int, int] = (80, 24), *, failing: bool = False, **options: Any
    ) -> AsyncIterator[Pilot[None]]:
        app = make_app(**options)
        async with app.run_test(size=size, notifications=True) as pilot:
            await settle(pilot)
            yield pilot
        if not failing:
            assert app.failures == []

    return opened


async def settle(pilot: Pilot[None]) -> None:
    """Until everything that was asked for has been answered and drawn."""
    await pilot.pause()
    while pending := [w for w in pilot.app.workers if w.group != "feed" and not w.is_finished]:
        for worker in pending:
            with suppress(WorkerFailed):
                await worker.wait()
        await pilot.pause()
