"""The limits of one metric: edited with what they would have done shown while they are typed; can be undone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from textual import on, work
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Input, Static

from plantops_api import errors, wire
from plantops_api.client import PlantOpsClient
from plantops_api.scales import scale_of
from plantops_tui import wording
from plantops_tui.screens.form import Field, FormDialog, Values
from plantops_tui.screens.house import HouseScreen, Undo

PAUSE_S = 0.3
"""Typing must rest this long before the server is asked: it judges a month of readings."""


def edit_limits(screen: HouseScreen, plant: wire.Plant, metric: str) -> None:
    """Ask for the limits of one metric; empty ones follow the species again."""
    client = screen.client
    before = plant.own_thresholds.get(metric)

    async def save(values: Values) -> object:
        low, high = number_of(values["min"]), number_of(values["max"])
        wanted = None if low is None and high is None else wire.Range(min=low, max=high)
        return await _replace(client, plant.id, metric, wanted)

    def answered(changed: object) -> None:
        if isinstance(changed, wire.Plant):
            what = f"{scale_of(metric).label} of {plant.name}"
            screen.house.undo = Undo(
                "take that back",
                lambda: _replace(client, plant.id, metric, before),
                f"The limits of {what} are as before.",
            )
            screen.house.say(f"Saved the limits of {what}. u undoes it.")
            screen.load()

    screen.app.push_screen(LimitForm(client, plant, metric, save), answered)


async def _replace(
    client: PlantOpsClient, plant_id: str, metric: str, wanted: wire.Range | None
) -> wire.Plant:
    """Read the plant as it is now and change this one limit: what others changed meanwhile stays."""
    plant = await client.get_plant(plant_id)
    own = {name: limits for name, limits in plant.own_thresholds.items() if name != metric}
    if wanted is not None:
        own[metric] = wanted
    body = wire.PlantBody.model_validate(
        {
            "name": plant.name,
            "species": plant.species,
            "location": plant.location,
            "notes": plant.notes,
            "thresholds": {name: limits.model_dump() for name, limits in own.items()} or None,
        }
    )
    return await client.replace_plant(plant_id, body)


def number_of(typed: str) -> float | None:
    """A number as people type it, with a comma or a point; None for nothing or nonsense."""
    try:
        return float(typed.replace(",", ".")) if typed else None
    except ValueError:
        return None


def wrong_number(metric: str, typed: str) -> str:
    """What is wrong with one limit: no number, or beyond what can be measured."""
    value, (least, most) = number_of(typed), wire.BOUNDS[metric]
    if not typed:
        return ""
    if value is None:
        return "Give a number, or nothing for no limit."
    unit = scale_of(metric).unit
    return "" if least <= value <= most else f"From {least:g} to {most:g} {unit}.".replace(" .", ".")


class LimitForm(FormDialog):
    """Two fields and the sentence that says what they would have done."""

    def __init__(
        self,
        client: PlantOpsClient,
        plant: wire.Plant,
        metric: str,
        save: Callable[[Values], Awaitable[object]],
    ) -> None:
        limits, unit = plant.thresholds.get(metric), scale_of(metric).unit
        self._client, self._plant_id, self._metric = client, plant.id, metric
        self._resting: Timer | None = None
        fields = [
            Field("min", "at least", _text(limits.min if limits else None), "no limit", 12, self._wrong),
            Field("max", "at most", _text(limits.max if limits else None), "no limit", 12, self._wrong_max),
        ]
        source = wording.SOURCE_WORDS[limits.source] if limits else "none yet"
        words = f"In {unit or 'its own unit'}; now {source}. Both empty: as the species has it."
        super().__init__(f"{scale_of(metric).label.capitalize()} of {plant.name}", fields, save, words)

    def compose_field(self, field: Field) -> Iterable[Vertical | Horizontal | Static]:
        """Below the last field the what-if."""
        yield from super().compose_field(field)
        if field.name == "max":
            yield Static("", id="what-if", markup=False)

    def on_mount(self) -> None:
        """Show at once what the present limits did."""
        super().on_mount()
        self._typed()

    def _wrong(self, typed: str) -> str:
        return wrong_number(self._metric, typed)

    def _wrong_max(self, typed: str) -> str:
        low, high = number_of(self.values["min"]), number_of(typed)
        if low is not None and high is not None and low >= high:
            return "Must be more than the lower one."
        return self._wrong(typed)

    @on(Input.Changed)
    def _typed(self) -> None:
        """Ask what this would have done once typing rests; nothing is asked about nonsense."""
        if self._resting is not None:
            self._resting.stop()
        values = self.values
        if self._wrong(values["min"]) or self._wrong_max(values["max"]):
            self._say("")
        else:
            self._resting = self.set_timer(PAUSE_S, lambda: self._ask(dict(values)) and None)

    @work(exclusive=True, group="what-if", exit_on_error=False)
    async def _ask(self, values: Values) -> None:
        low, high = number_of(values["min"]), number_of(values["max"])
        if low is None and high is None:
            self._say("The species' limits will hold.")
            return
        self._say("Trying them on the last 30 days…")
        try:
            found = await self._client.threshold_what_if(self._plant_id, self._metric, low, high)
        except errors.ApiError as problem:
            self._say(f"What they would have done is not known. {problem.message}")
            return
        self._say(what_if(found))

    def _say(self, words: str) -> None:
        self.query_one("#what-if", Static).update(words)


def what_if(found: wire.WhatIf) -> str:
    """``These: 3 alerts, 41 h out of range in 30 days.`` and what the present limits did."""
    if not found.readings:
        return "There are no readings of the last 30 days to try them on."
    days = max(1, round((found.end - found.start).total_seconds() / 86_400))
    lines = [f"These: {_outcome(found.proposed)} in {days} days."]
    if found.current is not None:
        lines.append(f"Now:   {_outcome(found.current)}.")
    return "\n".join(lines)


def _outcome(came: wire.WhatIfOutcome) -> str:
    alerts = "1 alert" if came.alerts == 1 else f"{came.alerts} alerts"
    critical = f" ({came.critical} critical)" if came.critical else ""
    return f"{alerts}{critical}, {came.hours_low + came.hours_high:.0f} h out of range"


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
