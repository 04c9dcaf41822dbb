"""Wall mode: a display that nobody touches. It goes round the cards, the plants in need, and the alerts, for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from plantops_api import wire
from plantops_tui.screens.plants import PlantsScreen

if TYPE_CHECKING:
    from plantops_tui.app import PlantOpsApp

STAY_S = 15.0
"""How long one view stays, s."""
PAUSE_S = 60.0
"""How long it waits after a person touched a key, s."""
MOST = 6
"""Plants in need that are opened in one round; more would hide the cards for too long."""


class View(NamedTuple):
    """One stop: a page of the cards, one plant, or the alerts."""

    kind: Literal["cards", "plant", "alerts"]
    page: int = 0
    plant_id: str = ""


def round_of(cards: Sequence[wire.PlantCard], pages: int, open_alerts: int) -> list[View]:
    """The stops of one round: every page of the cards, then what is wrong."""
    needy = [card for card in cards if card.health in ("critical", "attention")]
    needy.sort(key=lambda card: (card.health != "critical", card.name.casefold(), card.id))
    views = [View("cards", page) for page in range(max(1, pages))]
    views += [View("plant", plant_id=card.id) for card in needy[:MOST]]
    return [*views, View("alerts")] if open_alerts else views


def after(view: View | None, views: Sequence[View]) -> View:
    """The stop after this one; the first when this one is no longer part of the round."""
    if view is None or view not in views:
        return views[0]
    return views[(views.index(view) + 1) % len(views)]


class Tour:
    """Walks the app round; waits while somebody uses it."""

    def __init__(self, app: PlantOpsApp) -> None:
        self._app = app
        self._view: View | None = None
        self._rest_until = app.clock()

    def touched(self) -> None:
        """Somebody pressed a key: leave what they look at alone for a while."""
        self._rest_until = self._app.clock() + timedelta(seconds=PAUSE_S)

    def step(self) -> None:
        """The next view; none while somebody uses the app, or before the cards are there."""
        plants = next((s for s in self._app.screen_stack if isinstance(s, PlantsScreen)), None)
        if plants is None or not plants.cards or self._app.clock() < self._rest_until:
            return
        self._view = after(self._view, round_of(plants.cards, plants.grid.pages, self._app.open_alerts))
        if self._view.kind == "plant":
            self._app.open_plant(self._view.plant_id)
        else:
            self._app.action_go("plants" if self._view.kind == "cards" else "alerts")
        if self._view.kind == "cards":
            plants.grid.turn_to(self._view.page)
