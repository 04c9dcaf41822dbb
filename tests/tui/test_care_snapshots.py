"""How the care plan and the settings of its model look in every state, at three sizes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from plantops_tui.app import PlantOpsApp
from tests.tui.conftest import settle
from tests.tui.fake_advisor import by_rules
from tests.tui.fake_garden import FakeServer
from tests.tui.moments import ago
from tests.tui.test_snapshots import Compare, Make, after, every_size


def empty(server: FakeServer) -> None:
    server.plans = []


def ruled(server: FakeServer) -> None:
    server.plans = [by_rules(reason="The daily cap of $0.50 is reached.", generated_at=ago(9 * 1440))]
    server.advice = server.advice.model_copy(
        update={"source": "rules", "source_reason": "The daily cap of $0.50 is reached.", "host": None}
    )


def refused(server: FakeServer) -> None:
    server.refused = {"status": 503, "title": "No", "detail": "The advisor is resting.", "code": "x"}


def unreadable(server: FakeServer) -> None:
    server.broken = {"/care-plans"}


def untouched(_: FakeServer) -> None:
    """As it is."""


@every_size
@pytest.mark.parametrize(
    ("name", "prepare", "keys"),
    [
        ("plan", untouched, ["C"]),
        ("end", untouched, ["C", "G"]),
        ("older", untouched, ["C", "b"]),
        ("empty", empty, ["C"]),
        ("rules", ruled, ["C"]),
        ("refused", refused, ["C", "p"]),
        ("error", unreadable, ["C"]),
        ("evidence", untouched, ["C", "j", "j", "j", "enter"]),
        ("limits", untouched, ["C", "G", "enter"]),
        ("feedback", untouched, ["C", "f"]),
        ("sent", untouched, ["C", "s"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_care_plan(
    snap_compare: Compare,
    make_app: Make,
    garden_server: FakeServer,
    size: tuple[int, int],
    name: str,
    prepare: Callable[[FakeServer], None],
    keys: list[str],
) -> None:
    prepare(garden_server)
    assert snap_compare(make_app(plant="plt_monstera"), terminal_size=size, run_before=after(*keys))


@every_size
def test_care_plan_ascii(snap_compare: Compare, make_app: Make, size: tuple[int, int]) -> None:
    app = make_app(plant="plt_monstera", ascii_only=True)
    assert snap_compare(app, terminal_size=size, run_before=after("C", "j"))


@every_size
@pytest.mark.parametrize("state", ["loading", "writing", "stale"])
def test_care_plan_in_motion(
    snap_compare: Compare, make_app: Make, garden_server: FakeServer, size: tuple[int, int], state: str
) -> None:
    garden_server.hold = 4

    async def move(pilot: Pilot[None]) -> None:
        await settle(pilot)
        if state == "loading":
            garden_server.delays["/care-plans"] = [60.0]
            await pilot.press("C")
            await pilot.pause(0.2)
            return
        await pilot.press("C")
        await settle(pilot)
        if state == "writing":
            await pilot.press("p")
            await pilot.pause(0.3)
        else:
            await lose(pilot, garden_server)

    assert snap_compare(make_app(plant="plt_monstera"), terminal_size=size, run_before=move)


async def lose(pilot: Pilot[None], server: FakeServer) -> None:
    app = pilot.app
    assert isinstance(app, PlantOpsApp)
    while not server.listened_to:
        await pilot.pause(0.02)
    server.lose_the_line()
    while app.link.state != "lost":
        await pilot.pause(0.02)
    app.workers.cancel_group(app, "feed")  # the countdown stands still
    await pilot.pause()


def without_model(server: FakeServer) -> None:
    update = {"provider": None, "model": None, "api_key_masked": None, "key_host": None, "configured": False}
    server.llm = server.llm.model_copy(update=update)


def failing(server: FakeServer) -> None:
    server.llm_test = server.llm_test.model_copy(
        update={"ok": False, "error": "api.anthropic.com rejected the key (HTTP 401). Enter it again."}
    )


def unreadable_settings(server: FakeServer) -> None:
    server.broken = {"/settings/llm"}


@every_size
@pytest.mark.parametrize(
    ("name", "prepare", "keys"),
    [
        ("model", untouched, ["C"]),
        ("none", without_model, ["C"]),
        ("failed", failing, ["C", "t"]),
        ("choice", untouched, ["C", "n"]),
        ("form", without_model, ["C", "n", "enter"]),
        ("own", untouched, ["C", "n", "j", "j", "enter", "enter"]),
        ("error", unreadable_settings, ["C"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_model_settings(
    snap_compare: Compare,
    make_app: Make,
    garden_server: FakeServer,
    size: tuple[int, int],
    name: str,
    prepare: Callable[[FakeServer], None],
    keys: list[str],
) -> None:
    prepare(garden_server)
    assert snap_compare(make_app(screen="settings"), terminal_size=size, run_before=after(*keys))
