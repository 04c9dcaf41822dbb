"""How one alert was told: every attempt on every channel, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from plantops_api import errors, wire
from plantops_api.client import PlantOpsClient
from plantops_tui import wording
from plantops_tui.look import Pen
from plantops_tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from plantops_tui.app import PlantOpsApp


class DeliveriesDialog(Dialog[None]):
    """Read when it opens."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,q", "leave", "leave", show=False)]

    def __init__(self, client: PlantOpsClient, alert_id: int) -> None:
        super().__init__()
        self._client, self._alert_id = client, alert_id

    def compose(self) -> ComposeResult:
        """Title, attempts, hint."""
        with VerticalScroll(classes="dialog"):
            yield Static("Told so far\n", markup=False)
            yield Static("Reading…", id="attempts", markup=False)
            yield Static("\nesc closes this", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Ask."""
        self._read()

    @work(exclusive=True, group="deliveries", exit_on_error=False)
    async def _read(self) -> None:
        shown = self.query_one("#attempts", Static)
        try:
            found = await self._client.alert_deliveries(self._alert_id, limit=50)
        except errors.ApiError as problem:
            shown.update(f"Could not read this. {problem.message}")
            return
        shown.update(attempts(cast("PlantOpsApp", self.app).pen(), found))


def attempts(pen: Pen, found: Sequence[wire.DeliveryAttempt]) -> Content:
    """A line an attempt: when, where, what, and what came of it."""
    if not found:
        return Content.styled(
            "Nobody was told: no channel wants it, or it waits for its time.", pen.look.muted
        )
    return Content("\n").join(_line(pen, attempt) for attempt in found)


def _line(pen: Pen, attempt: wire.DeliveryAttempt) -> Content:
    sent = attempt.outcome == "sent"
    glyph = pen.glyphs.health["ok" if sent else "attention"]
    status = f" HTTP {attempt.status}" if attempt.status else ""
    why = f" {attempt.error}" if attempt.error else ""
    return Content.assemble(
        Content.styled(f"{wording.clock(pen, attempt.at):<11}", pen.look.muted),
        Content.styled(f"{attempt.channel}: {attempt.event}  ", pen.look.text),
        Content.styled(f"{glyph} {attempt.outcome}{status}{why}", pen.look.good if sent else pen.look.warn),
    )
