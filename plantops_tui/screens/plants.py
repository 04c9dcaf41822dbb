"""Plants: every plant as a card, the one that needs you first."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from plantops_api import errors, order, wire
from plantops_tui.screens import care, gardening
from plantops_tui.screens.filtering import FilteringScreen
from plantops_tui.widgets.notice import Notice
from plantops_tui.widgets.plant_grid import PlantGrid
from plantops_tui.widgets.toolbar import Toolbar

FEW = 4
"""Up to so many changed plants are read one by one; above that the whole list is one call."""


class PlantsScreen(FilteringScreen, inherit_bindings=False):
    """Holds all cards; the grid shows those that the filter lets pass."""

    place = "plants"
    changes = frozenset({"water", "ack", "new", "edit", "archive", "quiet"})

    # In the order of the key bar: what is done each day first.
    reads = frozenset({"cards"})
    BINDINGS: ClassVar[list[BindingType]] = [
        *Screen.BINDINGS,
        Binding("w", "water", "watered", tooltip="log a watering", id="plants.water"),
        Binding("a", "ack", "ack", tooltip="acknowledge its open alerts", id="plants.ack"),
        *FilteringScreen.BINDINGS,
        Binding("n", "new", "new", tooltip="add a plant", id="plants.new"),
        Binding("s", "sort", "sort", tooltip="the next way to sort", id="plants.sort"),
        Binding(
            "e", "edit", "edit", show=False, tooltip="change name, species, place, notes", id="plants.edit"
        ),
        Binding(
            "X", "archive", "archive", show=False, tooltip="take it off the dashboard", id="plants.archive"
        ),
        Binding(
            "M",
            "quiet",
            "maintenance",
            show=False,
            tooltip="tell nothing about it for a while",
            id="plants.quiet",
        ),
        Binding("y", "copy", "copy id", show=False, id="plants.copy"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._cards: dict[str, wire.PlantCard] = {}
        self._loaded = False
        self._changed: set[str] = set()
        self._everything = False
        self._order = order.ORDERS[0]

    def compose_body(self) -> ComposeResult:
        """Toolbar or filter, then cards or a notice."""
        self._order = next((o for o in order.ORDERS if o.name == self.house.memory.sort), self._order)
        yield Toolbar(id="toolbar")
        yield self.filter_box("name, species, place or state")
        yield PlantGrid(id="grid")
        yield Notice(id="notice")

    @property
    def grid(self) -> PlantGrid:
        """The cards."""
        return self.query_one(PlantGrid)

    @property
    def list_widget(self) -> PlantGrid:
        """The cards: they get the focus back after the filter."""
        return self.grid

    @property
    def cards(self) -> list[wire.PlantCard]:
        """Every plant known, in no order."""
        return list(self._cards.values())

    # --- data ------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Read all cards."""
        if not self._loaded:
            self.query_one(Notice).show("Reading your plants" + self.house.glyphs.ellipsis, self.client.url)
            self.grid.display = False
        self._read_all()

    @work(exclusive=True, group="cards", exit_on_error=False)
    async def _read_all(self) -> None:
        try:
            cards = await self.client.list_plants()
        except errors.ApiError as problem:
            if not self._loaded:
                self.query_one(Notice).show_error("read the plants", problem)
            elif not isinstance(problem, errors.ServerUnreachable):
                self.house.say(f"The plants shown may be old. {problem.message}", bad=True)
            return
        self._cards = {card.id: card for card in cards if not card.archived}
        self._loaded = True
        self._arrived()

    @work(exclusive=True, group="cards", exit_on_error=False)
    async def _read_some(self, plant_ids: frozenset[str]) -> None:
        for plant_id in plant_ids:
            try:
                plant = await self.client.get_plant(plant_id)
            except errors.NotFound:
                self._cards.pop(plant_id, None)
            except errors.ApiError:
                return  # the feed notices a lost server; the next event or reconnect reads again
            else:
                self._cards[plant_id] = plant
        self._arrived()

    def _arrived(self) -> None:
        self.house.data_arrived()
        self.house.count_alerts(sum(card.open_incidents for card in self._cards.values()))
        self.show_matches()

    def take_in(self, event: wire.Event) -> None:
        """Gather what changed for a moment, then read it once."""
        if event.event == "plant" and event.ids:
            self._changed.update(event.ids)
        elif event.event != "care_plan":
            self._everything = True
        self.read_soon()

    def read_news(self) -> None:
        """Read the few cards that changed, or all."""
        changed, everything = frozenset(self._changed), self._everything
        self._changed, self._everything = set(), False
        if everything or len(changed) > FEW:
            self.load()
        elif changed:
            self._read_some(changed)

    # --- what is shown ---------------------------------------------------------------------------------

    def show_matches(self) -> None:
        """Filter, sort and draw what is known."""
        if not self._loaded:
            return
        shown = order.shown(self.cards, self.wanted, self._order)
        notice = self.query_one(Notice)
        if shown:
            notice.hide()
        elif self._cards:
            notice.show("No plant matches", f'Nothing here fits "{self.wanted}".', "esc clears the filter.")
        else:
            notice.show(
                "No plants yet",
                "A plant is added once; then a device is tied to it and readings appear here by themselves.",
                "n adds a plant. 2 goes to the devices: p there lets a new one register.",
            )
        self.grid.display = bool(shown)
        if shown and self.focused is None:
            self.grid.focus()
        self.grid.show(shown)
        self.refresh_bindings()
        self.query_one(Toolbar).show(len(shown), self.cards, self._order.name, self.wanted)

    @on(PlantGrid.Opened)
    def _open(self, message: PlantGrid.Opened) -> None:
        self.house.open_plant(message.plant_id)

    # --- order -----------------------------------------------------------------------------------------

    def step_back(self) -> bool:
        """Clear the filter; this is the last screen: there is nothing else to go back to."""
        super().step_back()
        return True

    def action_sort(self) -> None:
        """The next way to sort."""
        place = order.ORDERS.index(self._order)
        self.sort_by(order.ORDERS[(place + 1) % len(order.ORDERS)])

    def sort_by(self, wanted: order.Order) -> None:
        """Sort this way; the selected plant stays selected."""
        self._order = wanted
        if self.grid.selected:
            self.grid.select(self.grid.selected.id)
        self.house.remember(sort=wanted.name)
        self.show_matches()

    # --- acts on the selected plant --------------------------------------------------------------------

    def why_not(self, action: str) -> str | None:
        """Acts need a plant, and ack an open alert."""
        if action in ("water", "ack", "copy", "edit", "archive", "quiet") and self.grid.selected is None:
            return "There is no plant to do that with."
        if action == "ack" and self.grid.selected and not self.grid.selected.open_incidents:
            return f"{self.grid.selected.name} has no open alert."
        return super().why_not(action)

    def action_water(self) -> None:
        """Log a watering of the selected plant."""
        if self.may("water") and self.grid.selected:
            care.log_watering(self, self.grid.selected)

    def action_ack(self) -> None:
        """Acknowledge the open alerts of the selected plant."""
        if self.may("ack") and self.grid.selected:
            care.acknowledge(self, self.grid.selected)

    def action_new(self) -> None:
        """Add a plant."""
        if self.may("new"):
            gardening.add_plant(self)

    def action_edit(self) -> None:
        """Change what is said about the selected plant."""
        if self.may("edit") and self.grid.selected:
            gardening.edit_plant(self, self.grid.selected)

    def action_archive(self) -> None:
        """Take the selected plant off the dashboard."""
        if self.may("archive") and self.grid.selected:
            gardening.archive_plant(self, self.grid.selected)

    def action_quiet(self) -> None:
        """Tell nothing about the selected plant for a while."""
        if self.may("quiet") and self.grid.selected:
            care.keep_quiet(self, self.grid.selected)

    def copies(self) -> list[tuple[str, str]]:
        """Its id and commands about it."""
        return care.copies(self.grid.selected.id) if self.grid.selected else []

    def action_copy(self) -> None:
        """Copy the id of the selected plant to the clipboard."""
        if self.may("copy") and self.grid.selected:
            self.house.copy_and_say(self.grid.selected.id)
