"""The pictures of README and docs/tui.md, drawn by the real app, and the table of keys in docs/tui.md.

python -m tests.tui.pictures                                    from the garden of the tests
python -m tests.tui.pictures --url URL --token-file FILE        from a running server, such as the demo
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path

from textual.pilot import Pilot

from plantops_api.client import PlantOpsClient
from plantops_api.places import read_token
from plantops_tui.app import PlantOpsApp
from plantops_tui.keymap import all_bindings
from plantops_tui.screens.plant import PlantScreen
from plantops_tui.screens.plants import PlantsScreen
from tests.tui.conftest import BERLIN, Clock
from tests.tui.fake_garden import FakeServer

KEYS = "## Every key\n"
FOLDER = Path(__file__).parents[2] / "docs" / "images"


def make_app(url: str | None, token_file: Path | None) -> PlantOpsApp:
    """The app on a running server, or on the garden of the tests with its standing clock."""
    if url:
        return PlantOpsApp(PlantOpsClient(url, read_token(token_file) if token_file else None))
    client = PlantOpsClient("http://plantops.test", "token", transport=FakeServer().transport())
    return PlantOpsApp(client, clock=Clock(), zone=BERLIN)


async def data(pilot: Pilot[None]) -> None:
    """Until the cards are there."""
    screen = pilot.app.screen
    for _ in range(100):
        await pilot.pause(0.1)
        if isinstance(screen, PlantsScreen) and screen.cards:
            return
    raise SystemExit("No plants came within 10 s.")


async def take(app: PlantOpsApp, name: str, size: tuple[int, int], keys: Sequence[str], needy: bool) -> Path:
    """One picture after some keys; ``needy`` opens the plant that needs water, else the first."""
    async with app.run_test(size=size) as pilot:
        await data(pilot)
        if needy:
            cards = [c for s in app.screen_stack if isinstance(s, PlantsScreen) for c in s.cards]
            dry = [card for card in cards if card.worst == "too dry"] or cards
            app.open_plant(dry[0].id)
            await pilot.pause(1.0)
            assert isinstance(app.screen, PlantScreen)
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.7)
        FOLDER.mkdir(parents=True, exist_ok=True)
        path = FOLDER / name
        path.write_text(app.export_screenshot(title="plantops tui"))
        return path


async def take_all(url: str | None, token_file: Path | None) -> list[Path]:
    """All pictures."""
    pages = [
        ("tui-thresholds.svg", (100, 24), ["T", "t"], True),
        ("tui-all-metrics.svg", (100, 30), ["m", "h", "h", "h"], True),
        ("tui-care-plan.svg", (100, 36), ["C"], True),
        ("tui-advisor.svg", (100, 24), ["4", "C", "t"], False),
        ("tui-devices.svg", (100, 24), ["2"], False),
        ("tui-alerts.svg", (100, 24), ["3"], False),
        ("tui-settings.svg", (100, 24), ["4"], False),
        ("tui-themes.svg", (100, 24), ["4", "T", "j"], False),
    ]
    more = [
        await take(make_app(url, token_file), name, size, keys, needy) for name, size, keys, needy in pages
    ]
    return [
        *more,
        await take(make_app(url, token_file), "tui-plants.svg", (120, 26), ["l"], needy=False),
        await take(make_app(url, token_file), "tui-plant.svg", (110, 30), ["z", "z"], needy=True),
    ]


def write_keys() -> None:
    """The table of keys in docs/tui.md, from the bindings that are really there."""
    page = FOLDER.parent / "tui.md"
    head = page.read_text().partition(KEYS)[0]
    rows = [
        f"| `{binding.id}` | `{binding.key.replace(',', '` `')}` | {binding.tooltip or binding.description} |"
        for binding in sorted(all_bindings(), key=lambda binding: binding.id or "")
    ]
    page.write_text(
        "\n".join([head + KEYS, "| id | keys | what it does |", "| --- | --- | --- |", *rows, ""])
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url")
    parser.add_argument("--token-file", type=Path)
    asked = parser.parse_args()
    write_keys()
    for made in asyncio.run(take_all(asked.url, asked.token_file)):
        print(made.relative_to(FOLDER.parents[1]))  # noqa: T201 - a script
