"""Every action by name: those of the focused screen, where to go, plants, orders, ranges, themes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.screen import Screen

from plantops_api import order
from plantops_tui import themes
from plantops_tui.screens.plant import RANGES, PlantScreen
from plantops_tui.screens.plants import PlantsScreen
from plantops_tui.widgets.title_bar import PLACES

if TYPE_CHECKING:
    from plantops_tui.app import PlantOpsApp


class Command(NamedTuple):
    """One entry."""

    title: str
    help: str
    """The palette parses it as markup: only words of our own, never a name."""
    run: Callable[[], Awaitable[object] | object]


def commands(app: PlantOpsApp, screen: Screen[object]) -> Iterator[Command]:
    """All that can be done from this screen."""
    yield from _bindings(app, screen)
    for key, place, title in PLACES:
        yield Command(f"Go to: {title}", key, partial(app.action_go, place))
    plants = next((s for s in app.screen_stack if isinstance(s, PlantsScreen)), None)
    if plants is not None:
        for card in sorted(plants.cards, key=lambda card: card.name.casefold()):
            yield Command(f"Go to plant: {card.name}", "", partial(app.open_plant, card.id))
        if screen is plants:
            for way in order.ORDERS:
                yield Command(f"Sort: {way.name}", "s takes the next", partial(plants.sort_by, way))
    if isinstance(screen, PlantScreen):
        for tab in RANGES:
            yield Command(f"Range: {tab.title}", "z takes the next", partial(screen.show_range, tab.name))
    for name, title in themes.TITLES.items():
        yield Command(f"Theme: {title}", "", partial(app.choose_theme, name))


def _bindings(app: PlantOpsApp, screen: Screen[object]) -> Iterator[Command]:
    seen: set[tuple[str, int]] = set()
    for active in screen.active_bindings.values():
        binding, node = active.binding, active.node
        if (
            not binding.description
            or (binding.action, id(node)) in seen
            or binding.action == "command_palette"
        ):
            continue
        seen.add((binding.action, id(node)))
        title = binding.description[:1].upper() + binding.description[1:]
        yield Command(title, app.get_key_display(binding), partial(app.run_action, binding.action, node))


class Commands(Provider):
    """Fuzzy search over :func:`commands`; names are drawn as they are, never parsed as markup."""

    def _all(self) -> Iterator[Command]:
        return commands(cast("PlantOpsApp", self.app), self.screen)

    async def discover(self) -> Hits:
        """Everything, while nothing is typed."""
        for command in self._all():
            yield DiscoveryHit(Content(command.title), command.run, command.title, command.help or None)

    async def search(self, query: str) -> Hits:
        """What fits, best first."""
        matcher = self.matcher(query)
        for command in self._all():
            if (score := matcher.match(command.title)) > 0:
                yield Hit(score, Content(command.title), command.run, command.title, command.help or None)
