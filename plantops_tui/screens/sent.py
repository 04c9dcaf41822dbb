"""What would be sent to the model, word for word, and to whom; nothing is sent by looking."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from plantops_api import errors, wire
from plantops_api.client import PlantOpsClient
from plantops_tui.look import Pen
from plantops_tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from plantops_tui.app import PlantOpsApp


class SentDialog(Dialog[None]):
    """Read when it opens."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,q", "leave", "leave", show=False),
        Binding("j,down", "scroll(1)", "down", show=False),
        Binding("k,up", "scroll(-1)", "up", show=False),
        Binding("ctrl+d,pagedown", "scroll(10)", "page down", show=False),
        Binding("ctrl+u,pageup", "scroll(-10)", "page up", show=False),
    ]

    def __init__(self, client: PlantOpsClient, plant_id: str) -> None:
        super().__init__()
        self._client, self._plant_id = client, plant_id

    def compose(self) -> ComposeResult:
        """One text that scrolls."""
        with VerticalScroll(classes="dialog", id="sent"):
            yield Static("Reading…", id="words", markup=False)
            yield Static("\nesc closes this", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Ask."""
        self._read()

    @work(exclusive=True, group="sent", exit_on_error=False)
    async def _read(self) -> None:
        shown = self.query_one("#words", Static)
        try:
            found = await self._client.advisor_preview(self._plant_id)
        except errors.ApiError as problem:
            shown.update(f"Could not read this. {problem.message}")
            return
        shown.update(words_of(cast("PlantOpsApp", self.app).pen(), found))

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def words_of(pen: Pen, found: wire.AdvisorPreview) -> Content:
    """To whom, then instructions and message."""
    if found.host is None:
        why = f" {found.source_reason}" if found.source_reason else ""
        to = f"Nothing would be sent: the rules write the plan on this machine.{why} A model would get this:"
    else:
        to = f"This would be sent to {found.model} at {found.host}, and nothing else:"
    return Content("\n").join(
        [
            Content.styled(to, pen.look.strong),
            Content(""),
            Content.styled("Instructions", pen.look.key),
            Content.styled(found.system, pen.look.text),
            Content(""),
            Content.styled("Message", pen.look.key),
            Content.styled(found.prompt, pen.look.text),
        ]
    )
