"""Calibrate a soil probe: what it counts now, captured once in dry and once in saturated soil."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from plantops_api import errors, wire
from plantops_api.client import PlantOpsClient
from plantops_tui import wording
from plantops_tui.look import Pen
from plantops_tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from plantops_tui.app import PlantOpsApp

POLL_S = 2.0
"""Pause between two looks at the newest reading: as fast as the quickest devices report."""


class CalibrationDialog(Dialog[bool | None]):
    """Answers True when new endpoints were saved. Keys: d takes dry, s saturated, h what history says, enter saves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "capture('dry')", "capture dry", show=False),
        Binding("s", "capture('wet')", "capture saturated", show=False),
        Binding("h", "suggested", "take what history suggests", show=False),
        Binding("enter,ctrl+s", "save", "save", show=False),
    ]

    def __init__(self, client: PlantOpsClient, device: wire.Device) -> None:
        super().__init__()
        self._client, self._device = client, device
        self._captured: dict[str, float] = {}
        self._suggested: wire.CalibrationSuggestion | None = None
        self._problem = ""
        self._saving = False

    def compose(self) -> ComposeResult:
        """The live value, the two endpoints, what they make of it."""
        with Vertical(classes="dialog"):
            yield Static(f"Calibrate {wording.device_name(self._device)}", classes="title", markup=False)
            yield Static("", id="live")
            yield Static("", id="endpoints")
            yield Static("", id="history")
            yield Static("", id="preview")
            yield Static("", id="form-wrong", classes="wrong", markup=False)
            yield Static(
                "d takes dry   s takes saturated   enter saves   esc leaves", classes="hint", markup=False
            )

    def on_mount(self) -> None:
        """Look at the newest reading, again and again until this is closed."""
        self._show()
        self._poll()
        self._ask_history()
        self.set_interval(POLL_S, self._poll)

    @work(exclusive=True, group="live", exit_on_error=False)
    async def _poll(self) -> None:
        try:
            self._device = await self._client.get_device(self._device.id)
        except errors.NotFound:
            self._problem = "This device was decommissioned elsewhere. esc leaves."
        except errors.ApiError as problem:
            self._problem = f"The value may be old. {problem.message}"
        else:
            self._problem = ""
        self._show()

    @work(exclusive=True, group="suggestion", exit_on_error=False)
    async def _ask_history(self) -> None:
        with suppress(errors.ApiError):  # a help, not a need: capturing by hand goes on without it
            self._suggested = await self._client.suggest_calibration(self._device.id)
        self._show()

    def action_suggested(self) -> None:
        """Take the endpoints that its own history suggests."""
        found = self._suggested
        if found is None or found.dry is None or found.wet is None:
            self._wrong((found.reason if found else None) or "Its history suggests nothing yet.")
            return
        self._captured = {"dry": found.dry, "wet": found.wet}
        self._show()

    def action_capture(self, end: str) -> None:
        """Take the present value as an endpoint; again takes a new one."""
        if self._device.soil_raw is None:
            self._wrong("Nothing has been measured yet. Wait for a reading.")
            return
        self._captured[end] = self._device.soil_raw
        self._show()

    def action_save(self) -> None:
        """Send both endpoints."""
        if len(self._captured) < 2:
            missing = "dry soil (d)" if "dry" not in self._captured else "saturated soil (s)"
            self._wrong(f"Capture the value in {missing} first.")
        elif self._captured["dry"] == self._captured["wet"]:
            self._wrong("Both are the same value: put the probe into the other soil and capture again.")
        elif not self._saving:
            self._save()

    @work(exclusive=True, group="form", exit_on_error=False)
    async def _save(self) -> None:
        self._saving = True
        try:
            body = wire.CalibrationBody(dry=self._captured["dry"], wet=self._captured["wet"])
            await self._client.calibrate_device(self._device.id, body)
        except errors.ApiError as problem:
            self._wrong(f"Could not save it. {problem.message} {problem.advice}".strip())
            return
        finally:
            self._saving = False
        self.dismiss(True)

    def _wrong(self, words: str) -> None:
        line = self.query_one("#form-wrong", Static)
        line.update(words)
        line.set_class(bool(words), "-shown")

    def _show(self) -> None:
        pen = cast("PlantOpsApp", self.app).pen()
        self.query_one("#live", Static).update(self._live(pen))
        lines = [self._endpoint(pen, end) for end in ("dry", "wet")]
        self.query_one("#endpoints", Static).update(Content("\n").join(lines))
        self.query_one("#history", Static).update(self._history(pen))
        self.query_one("#preview", Static).update(self._preview(pen))
        self._wrong(self._problem)

    def _live(self, pen: Pen) -> Content:
        raw, at = self._device.soil_raw, self._device.soil_raw_at
        if raw is None or at is None:
            wait = f"Waiting for a reading{pen.glyphs.ellipsis} it reports each "
            return Content.styled(wait + wording.duration(self._device.report_interval_s), pen.look.muted)
        age = wording.age(pen, at)
        return Content.assemble(
            Content.styled("counts now  ", pen.look.muted),
            Content.styled(f"{raw:g}", pen.look.accent),
            Content.styled(f"  {'just measured' if age == 'now' else f'{age} ago'}", pen.look.muted),
        )

    def _endpoint(self, pen: Pen, end: str) -> Content:
        title = {"dry": "dry, 0 %", "wet": "saturated, 100 %"}[end]
        hint = {
            "dry": "let it stand in dry soil, then press d",
            "wet": "water well, wait 1 h, then press s",
        }[end]
        old = self._device.calibration
        label = Content.styled(f"{title:<18}", pen.look.text)
        if end in self._captured:
            value = Content.styled(f"{pen.glyphs.health['ok']} {self._captured[end]:g}", pen.look.good)
            return Content.assemble(label, value)
        if old:
            hint = f"was {getattr(old, end):g}; {'d' if end == 'dry' else 's'} takes a new value"
        return Content.assemble(label, Content.styled(hint, pen.look.muted))

    def _history(self, pen: Pen) -> Content:
        found = self._suggested
        if found is None or found.dry is None or found.wet is None:
            return Content("")
        dot = pen.glyphs.dot
        words = f"its {found.waterings} waterings suggest {found.dry:g} and {found.wet:g} {dot} h takes them"
        return Content.styled(words, pen.look.text)

    def _preview(self, pen: Pen) -> Content:
        raw = self._device.soil_raw
        ends = dict(self._captured)
        if raw is None or len(ends) < 2 or ends["dry"] == ends["wet"]:
            return Content("")
        percent = min(100.0, max(0.0, 100 * (raw - ends["dry"]) / (ends["wet"] - ends["dry"])))
        return Content.styled(f"the value now would be {percent:.0f} %", pen.look.strong)
