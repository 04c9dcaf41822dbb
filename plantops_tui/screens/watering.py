"""Log a watering: how much, and a note; both may stay empty."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from plantops_api import wire
from plantops_tui.screens.dialog import Dialog

LARGEST_ML = 100_000
"""What the server accepts."""


class WateringDialog(Dialog[wire.WateringBody | None]):
    """Answers with the body to send, or None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "save", "save", show=False)]

    def __init__(self, plant_name: str) -> None:
        super().__init__()
        self._plant_name = plant_name

    def compose(self) -> ComposeResult:
        """Two fields, each with its own place for an error."""
        with Vertical(classes="dialog"):
            yield Static(Content.assemble("Watered now: ", (self._plant_name, "bold")))
            yield Static("")
            yield Static("amount in ml (may be empty)", classes="label")
            yield Input(placeholder="250", id="amount", compact=True)
            yield Static("", id="amount-wrong", classes="wrong", markup=False)
            yield Static("note (may be empty)", classes="label")
            yield Input(id="note", max_length=1000, compact=True)
            yield Static("enter saves   tab next field   esc leaves", classes="hint", markup=False)

    @on(Input.Submitted)
    def action_save(self) -> None:
        """Check, then answer."""
        raw = self.query_one("#amount", Input).value.strip()
        amount, wrong = read_amount(raw)
        self.query_one("#amount-wrong", Static).update(wrong)
        if wrong:
            self.query_one("#amount", Input).focus()
            return
        note = self.query_one("#note", Input).value.strip()
        self.dismiss(wire.WateringBody(amount_ml=amount, note=note or None))


def read_amount(raw: str) -> tuple[float | None, str]:
    """The amount in ml, and what is wrong with it in words (empty when nothing is)."""
    if not raw:
        return None, ""
    try:
        amount = float(raw.lower().removesuffix("ml").strip().replace(",", "."))
    except ValueError:
        return None, "Give a number of millilitres, such as 250."
    if not 0 < amount <= LARGEST_ML:
        return None, f"Give more than 0 and at most {LARGEST_ML} ml."
    return amount, ""
