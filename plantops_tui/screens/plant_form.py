"""Add a plant, or change what is said about one. Species are suggested while one is typed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from plantops_api import errors, wire
from plantops_api.client import PlantOpsClient
from plantops_tui.screens.form import Field, FormDialog, Values

SUGGESTIONS = 4
"""Lines of suggestions: what is not among them needs another letter."""
PAUSE_S = 0.2
"""Typing must rest this long before the server is asked."""


class PlantForm(FormDialog):
    """Answers with the plant as the server has it now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "down", "down", show=False),
        Binding("up", "up", "up", show=False),
    ]

    def __init__(
        self, client: PlantOpsClient, title: str, save: Callable[[Values], Awaitable[object]],
        plant: wire.Plant | None = None,
    ) -> None:  # fmt: skip
        fields = [
            Field("name", "name", plant.name if plant else "", "Monstera by the window", check=named),
            Field("species", "species", (plant.species if plant else None) or "", "type to search"),
            Field("location", "location", (plant.location if plant else None) or "", "living room"),
            Field("notes", "notes", (plant.notes if plant else None) or "", lines=3, check=short_enough),
        ]
        super().__init__(title, fields, save)
        self._client = client
        self._found: list[wire.Species] = []
        self._picked = fields[1].value
        self._resting: Timer | None = None

    def compose_field(self, field: Field) -> Iterable[Vertical | Horizontal | Static]:
        """Below the species its suggestions."""
        yield from super().compose_field(field)
        if field.name == "species":
            yield OptionList(id="suggestions", compact=True)  # type: ignore[misc]

    # --- suggestions -----------------------------------------------------------------------------------

    @property
    def _list(self) -> OptionList:
        return self.query_one("#suggestions", OptionList)

    @on(Input.Changed, "#species")
    def _typed(self, message: Input.Changed) -> None:
        if self._resting is not None:
            self._resting.stop()
        wanted = message.value.strip()
        if len(wanted) < 2 or wanted == self._picked:
            self._offer([])
        else:
            self._resting = self.set_timer(PAUSE_S, lambda: self._search(wanted) and None)

    @work(exclusive=True, group="species", exit_on_error=False)
    async def _search(self, wanted: str) -> None:
        try:
            found = await self._client.search_species(wanted, limit=SUGGESTIONS)
        except errors.ApiError:
            found = []  # a name of one's own is as good; saving will tell about a lost server
        self._offer(found)

    def _offer(self, found: list[wire.Species]) -> None:
        self._found = found[:SUGGESTIONS]
        self._list.clear_options()
        self._list.add_options(
            Option(Content.assemble(s.scientific_name, (f"  {', '.join(s.common_names[:2])}", "dim")))
            for s in self._found
        )
        self._list.set_class(bool(self._found), "-shown")

    @on(OptionList.OptionSelected, "#suggestions")
    def _chosen(self, message: OptionList.OptionSelected) -> None:
        self._picked = self._found[message.option_index].scientific_name
        self.query_one("#species", Input).value = self._picked
        self._offer([])
        self.query_one("#location").focus()

    def action_down(self) -> None:
        """Into the suggestions from the species, else to the next field."""
        if self.focused is self.query_one("#species") and self._found:
            self._list.focus()
            self._list.highlighted = 0
        else:
            self.focus_next("Input, TextArea")

    def action_up(self) -> None:
        """The field before."""
        self.focus_previous("Input, TextArea")


def named(value: str) -> str:
    """What is wrong with a name."""
    return "" if value else "Give it a name."


def short_enough(value: str) -> str:
    """What is wrong with notes."""
    return "" if len(value) <= 4000 else f"At most 4000 characters; these are {len(value)}."


def body_of(values: Values, plant: wire.Plant | None = None) -> wire.PlantBody:
    """The body to send; limits that a person set stay as they are."""
    return wire.PlantBody(
        name=values["name"],
        species=values["species"] or None,
        location=values["location"] or None,
        notes=values["notes"] or None,
        thresholds=plant.own_thresholds or None if plant else None,
    )
