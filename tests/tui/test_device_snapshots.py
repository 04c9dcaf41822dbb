"""How devices and forms look in every state, at three sizes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from plantops_api import wire
from tests.tui.conftest import settle
from tests.tui.fake_garden import FakeServer
from tests.tui.fake_nursery import more_devices
from tests.tui.moments import NOW
from tests.tui.test_snapshots import Compare, Make, every_size


@pytest.fixture
def garden_server() -> FakeServer:
    server = FakeServer()
    server.devices += more_devices()
    server.suggestion = wire.CalibrationSuggestion(device_id="dev_1", waterings=4, dry=2950, wet=1180)
    server.devices[0] = server.devices[0].model_copy(update={"soil_raw": 2210.0, "soil_raw_at": NOW})
    return server


def after(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def press(pilot: Pilot[None]) -> None:
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
        await settle(pilot)
        pilot.app.clear_notifications()
        await settle(pilot)

    return press


@every_size
@pytest.mark.parametrize(
    ("name", "options", "keys"),
    [
        ("devices", {"screen": "devices"}, []),
        ("devices-pairing", {"screen": "devices"}, ["p"]),
        ("devices-no-match", {"screen": "devices"}, ["slash", "z", "z", "enter"]),
        ("tie", {"screen": "devices"}, ["t"]),
        ("calibrate", {"screen": "devices"}, ["G", "c", "d"]),
        ("device", {"screen": "devices"}, ["j", "enter"]),
        ("new-plant", {}, ["n", "tab", "a", "ctrl+s"]),
        ("edit-plant", {"plant": "plt_monstera"}, ["e"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_screen(
    snap_compare: Compare,
    make_app: Make,
    size: tuple[int, int],
    name: str,
    options: dict[str, Any],
    keys: list[str],
) -> None:
    assert snap_compare(make_app(**options), terminal_size=size, run_before=after(*keys))


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        ({"screen": "devices", "ascii_only": True}, []),
        ({"screen": "devices"}, ["G", "R"]),
        ({"screen": "devices"}, ["G", "X", "x", "enter"]),
        ({}, ["X"]),
    ],
    ids=["ascii", "rotate", "decommission", "archive"],
)
def test_smallest(snap_compare: Compare, make_app: Make, options: dict[str, Any], keys: list[str]) -> None:
    assert snap_compare(make_app(**options), terminal_size=(80, 24), run_before=after(*keys))


@every_size
@pytest.mark.parametrize("waiting", [False, True], ids=["closed", "waiting"])
def test_empty(
    snap_compare: Compare, make_app: Make, garden_server: FakeServer, size: tuple[int, int], waiting: bool
) -> None:
    garden_server.devices = []
    if waiting:
        garden_server.pairing = wire.Pairing(open=True, until=NOW + timedelta(seconds=90), opened_by="ada")
    assert snap_compare(make_app(screen="devices"), terminal_size=size, run_before=after())


@every_size
def test_loading(
    snap_compare: Compare, make_app: Make, garden_server: FakeServer, size: tuple[int, int]
) -> None:
    garden_server.delays = {"/api/devices": [60.0] * 9}

    async def wait(pilot: Pilot[None]) -> None:
        await pilot.pause(0.2)

    assert snap_compare(make_app(screen="devices"), terminal_size=size, run_before=wait)


@every_size
def test_error(
    snap_compare: Compare, make_app: Make, garden_server: FakeServer, size: tuple[int, int]
) -> None:
    garden_server.broken = {"/devices"}
    assert snap_compare(make_app(screen="devices"), terminal_size=size, run_before=after())


@every_size
def test_stale(
    snap_compare: Compare, make_app: Make, garden_server: FakeServer, size: tuple[int, int]
) -> None:
    async def lose(pilot: Pilot[None]) -> None:
        await settle(pilot)
        while not garden_server.listened_to:
            await pilot.pause(0.02)
        garden_server.lose_the_line()
        while pilot.app.link.state != "lost":  # type: ignore[attr-defined]
            await pilot.pause(0.02)
        pilot.app.workers.cancel_group(pilot.app, "feed")  # the countdown stands still
        await pilot.pause()

    assert snap_compare(make_app(screen="devices"), terminal_size=size, run_before=lose)
