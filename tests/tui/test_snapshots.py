"""How every screen looks in every state, at the smallest size, a common one, and a large one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from plantops_tui.app import PlantOpsApp
from tests.tui.conftest import settle
from tests.tui.fake_garden import FakeServer
from tests.tui.screen_text import screen_text

Compare = Callable[..., bool]
Make = Callable[..., PlantOpsApp]

every_size = pytest.mark.parametrize(
    "size", [(80, 24), (100, 30), (160, 50)], ids=["80x24", "100x30", "160x50"]
)


def after(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def press(pilot: Pilot[None]) -> None:
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)

    return press


@every_size
@pytest.mark.parametrize(
    ("name", "options", "keys"),
    [
        ("plants", {}, []),
        ("plants-filter", {}, ["slash", "f", "e"]),
        ("plants-no-match", {}, ["slash", "z", "z", "enter"]),
        ("plants-ascii", {"ascii_only": True}, []),
        ("watering", {}, ["w"]),
        ("help", {}, ["question_mark"]),
        ("plant", {"plant": "plt_monstera"}, []),
        ("plant-cursor", {"plant": "plt_monstera"}, ["h", "h", "h", "h", "h", "h"]),
        ("plant-fit", {"plant": "plt_monstera"}, ["f"]),
        ("plant-30d", {"plant": "plt_monstera"}, ["z", "z"]),
        ("plant-ascii", {"plant": "plt_monstera", "ascii_only": True}, []),
        ("plant-waterings", {"plant": "plt_monstera"}, ["W"]),
        ("plant-devices", {"plant": "plt_monstera"}, ["D"]),
        ("plant-alerts", {"plant": "plt_monstera"}, ["A"]),
        ("plant-thresholds", {"plant": "plt_monstera"}, ["T"]),
        ("plant-empty", {"plant": "plt_orchid"}, []),
        ("plant-unknown", {"plant": "plt_nothing"}, []),
        ("alerts", {"screen": "alerts"}, []),
        ("alerts-snooze", {"screen": "alerts"}, ["s"]),
        ("alerts-all", {"screen": "alerts"}, ["o"]),
        ("plant-forecast", {"plant": "plt_tomato"}, ["h", "h"]),
        ("plant-all-metrics", {"plant": "plt_monstera"}, ["m", "h", "h"]),
        ("plant-older", {"plant": "plt_monstera"}, ["b"]),
        ("plant-deliveries", {"plant": "plt_monstera"}, ["A", "enter"]),
        ("settings", {"screen": "settings"}, []),
        ("settings-channel", {"screen": "settings"}, ["n", "enter"]),
        ("settings-access", {"screen": "settings"}, ["A"]),
        ("settings-theme", {"screen": "settings"}, ["T", "j"]),
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


@every_size
@pytest.mark.parametrize("theme", ["plantops-light", "plantops-contrast", "plantops-terminal"])
def test_theme(snap_compare: Compare, make_app: Make, size: tuple[int, int], theme: str) -> None:
    async def choose(pilot: Pilot[None]) -> None:
        await settle(pilot)
        pilot.app.theme = theme
        await settle(pilot)

    assert snap_compare(make_app(), terminal_size=size, run_before=choose)


@every_size
@pytest.mark.parametrize("screen", ["plants", "alerts", "settings"])
def test_loading(
    snap_compare: Compare, make_app: Make, garden_server: FakeServer, size: tuple[int, int], screen: str
) -> None:
    garden_server.delays = {"/api/plants": [60.0] * 9, "/api/alerts": [60.0] * 9, "/api/settings": [60.0] * 9}

    async def wait(pilot: Pilot[None]) -> None:
        await pilot.pause(0.2)

    assert snap_compare(make_app(screen=screen), terminal_size=size, run_before=wait)


@every_size
@pytest.mark.parametrize("screen", ["plants", "alerts"])
def test_empty(
    snap_compare: Compare, make_app: Make, garden_server: FakeServer, size: tuple[int, int], screen: str
) -> None:
    garden_server.cards, garden_server.alerts = [], []
    assert snap_compare(make_app(screen=screen), terminal_size=size, run_before=after())


@every_size
@pytest.mark.parametrize(
    "options",
    [{}, {"screen": "alerts"}, {"plant": "plt_monstera"}, {"screen": "settings"}],
    ids=["plants", "alerts", "plant", "settings"],
)
def test_error(
    snap_compare: Compare,
    make_app: Make,
    garden_server: FakeServer,
    size: tuple[int, int],
    options: dict[str, str],
) -> None:
    garden_server.broken = {"/plants", "/alerts", "/plt_monstera", "/notifications"}
    assert snap_compare(make_app(**options), terminal_size=size, run_before=after())


@every_size
@pytest.mark.parametrize("options", [{}, {"plant": "plt_monstera"}], ids=["plants", "plant"])
def test_stale(
    snap_compare: Compare,
    make_app: Make,
    garden_server: FakeServer,
    size: tuple[int, int],
    options: dict[str, str],
) -> None:
    async def lose(pilot: Pilot[None]) -> None:
        await settle(pilot)
        while not garden_server.listened_to:  # else the link breaks before there is one, and says so
            await pilot.pause(0.02)
        garden_server.lose_the_line()
        while pilot.app.link.state != "lost":  # type: ignore[attr-defined]
            await pilot.pause(0.02)
        pilot.app.workers.cancel_group(pilot.app, "feed")  # the countdown stands still
        await pilot.pause()

    assert snap_compare(make_app(**options), terminal_size=size, run_before=lose)


def test_too_small(snap_compare: Compare, make_app: Make) -> None:
    assert snap_compare(make_app(), terminal_size=(60, 20), run_before=after())


@every_size
def test_limits(snap_compare: Compare, make_app: Make, size: tuple[int, int]) -> None:
    async def ask(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press("T", "t")
        for _ in range(100):
            await pilot.pause(0.05)
            if "in 30 days" in "\n".join(screen_text(pilot.app)):
                return

    assert snap_compare(make_app(plant="plt_monstera"), terminal_size=size, run_before=ask)
