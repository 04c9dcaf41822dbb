"""Device: everything that is known of one, and what it sent that could not be believed."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult

from plantops_api import errors, wire
from plantops_tui.screens import device_rows
from plantops_tui.screens.device_acts import DeviceActs
from plantops_tui.widgets.device_facts import DeviceFacts
from plantops_tui.widgets.notice import Notice
from plantops_tui.widgets.record_list import RecordList


class DeviceScreen(DeviceActs):
    """One device."""

    reads = frozenset({"device"})

    def __init__(self, device_id: str) -> None:
        super().__init__()
        self._device_id = device_id
        self._device: wire.Device | None = None

    def compose_body(self) -> ComposeResult:
        """Facts, then what was rejected."""
        yield DeviceFacts(id="facts")
        yield RecordList(device_rows.REJECTED, id="rejected")
        yield Notice(id="notice")

    @property
    def device(self) -> wire.Device | None:
        """The device of this screen."""
        return self._device

    def load(self) -> None:
        """Read the device."""
        if self._device is None:
            self._show_parts(ready=False)
            self.query_one(Notice).show("Reading the device" + self.house.glyphs.ellipsis)
        self._read()

    @work(exclusive=True, group="device", exit_on_error=False)
    async def _read(self) -> None:
        try:
            device = await self.client.get_device(self._device_id)
        except errors.NotFound as problem:
            self._device = None
            self._refused(problem, "Was it decommissioned? esc goes back to all devices.")
            return
        except errors.ApiError as problem:
            if self._device is None:
                self._refused(problem, "r tries again, esc goes back.")
            return
        self._device = device
        self.house.data_arrived()
        self.query_one(Notice).hide()
        self._show_parts(ready=True)
        self._show(device)
        self.refresh_bindings()

    def _refused(self, problem: errors.ApiError, hint: str) -> None:
        self._show_parts(ready=False)
        hint = f"{problem.advice}\n{hint}".strip()
        self.query_one(Notice).show("Could not read this device", problem.message, hint, bad=True)
        self.refresh_bindings()

    def _show_parts(self, *, ready: bool) -> None:
        for part in (self.query_one(DeviceFacts), self.query_one(RecordList)):
            part.display = ready
        if ready and self.focused is None:
            self.query_one(RecordList).focus()

    def _show(self, device: wire.Device) -> None:
        self.query_one(DeviceFacts).show(device)
        self.query_one(RecordList).show(
            device_rows.rejected(self.house.pen(), device.rejected), "Nothing that it sent was rejected."
        )

    def redraw(self) -> None:
        """Ages change by the minute: the rows are made anew."""
        if self._device is not None:
            self._show(self._device)
        super().redraw()

    def take_in(self, event: wire.Event) -> None:
        """Read again when this device changed."""
        if event.event == "plant" or (event.event == "device" and self._device_id in event.ids):
            self.read_soon()
