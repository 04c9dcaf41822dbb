"""Devices: every device, the pairing window, and the way of a new one into its pot."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from plantops_api import errors, wire
from plantops_api.order import matches
from plantops_tui.screens import device_rows
from plantops_tui.screens.device_acts import DeviceActs
from plantops_tui.screens.filtering import FilteringScreen
from plantops_tui.widgets.notice import Notice
from plantops_tui.widgets.pairing_bar import PairingBar, counted
from plantops_tui.widgets.record_list import RecordList
from plantops_tui.wording import device_name

WINDOW_S = 300
"""How long the pairing window stays open: time to walk to the pot and press a button."""


class DevicesScreen(DeviceActs, FilteringScreen, inherit_bindings=False):
    """A list, and above it the pairing window."""

    place = "devices"
    changes = DeviceActs.changes | {"pairing"}

    # In the order of the key bar, which begins with how a device comes at all.
    reads = frozenset({"devices"})
    BINDINGS: ClassVar[list[BindingType]] = [
        *Screen.BINDINGS,
        Binding(
            "p", "pairing", "pairing", tooltip="let new devices register, or stop that", id="devices.pairing"
        ),
        *DeviceActs.BINDINGS,
        *FilteringScreen.BINDINGS,
    ]

    def __init__(self) -> None:
        super().__init__()
        self._devices: dict[str, wire.Device] = {}
        self._loaded = False
        self._pairing: wire.Pairing | None = None

    def compose_body(self) -> ComposeResult:
        """Pairing window or filter, then the list or a notice."""
        yield PairingBar(id="toolbar")
        yield self.filter_box("device, plant or state")
        yield RecordList(device_rows.DEVICES, id="devices")
        yield Notice(id="notice")

    @property
    def list_widget(self) -> RecordList:
        """The list."""
        return self.query_one("#devices", RecordList)

    @property
    def device(self) -> wire.Device | None:
        """The selected device."""
        return self._devices.get(self.list_widget.selected or "")

    # --- data ------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Read the devices and the pairing window."""
        if not self._loaded:
            self.list_widget.display = False
            self.query_one(Notice).show("Reading the devices" + self.house.glyphs.ellipsis)
        self._read()

    @work(exclusive=True, group="devices", exit_on_error=False)
    async def _read(self) -> None:
        try:
            found = await self.client.list_devices()
            self._pairing = await self.client.get_pairing()
        except errors.ApiError as problem:
            if not self._loaded:
                self.query_one(Notice).show_error("read the devices", problem)
            elif not isinstance(problem, errors.ServerUnreachable):
                self.house.say(f"The devices shown may be old. {problem.message}", bad=True)
            return
        new = [device for device in found if self._loaded and device.id not in self._devices]
        self._devices = {device.id: device for device in found}
        self._loaded = True
        self.house.data_arrived()
        self.show_matches()
        self._welcome(new)

    def _welcome(self, new: list[wire.Device]) -> None:
        """Say that a device came; the selection goes to it only while someone waits for it with the window open."""
        for device in new:
            self.house.say(f"{device_name(device)} registered. t ties it to a plant.")
        if new and self.query_one(PairingBar).open and self.app.screen is self:
            self.list_widget.select(new[-1].id)

    def take_in(self, event: wire.Event) -> None:
        """Read again when a device changed; plants give their names."""
        if event.event in ("device", "plant"):
            self.read_soon()

    def show_matches(self) -> None:
        """Filter, sort and draw what is known."""
        if not self._loaded:
            return
        shown = sorted(
            (device for device in self._devices.values() if matches(self.wanted, device_rows.words(device))),
            key=device_rows.by_need,
        )
        self.list_widget.display = bool(shown)
        self.list_widget.show(device_rows.devices(self.house.pen(), shown))
        self._show_notice(bool(shown))
        self._show_bar(len(shown))
        self.refresh_bindings()

    def _show_bar(self, shown: int) -> None:
        untied = sum(1 for device in self._devices.values() if device.plant_id is None)
        self.query_one(PairingBar).show(self._pairing, counted(len(self._devices), shown, untied))

    def _show_notice(self, shown: bool) -> None:
        notice = self.query_one(Notice)
        if shown:
            notice.hide()
            if self.focused is None:
                self.list_widget.focus()
        elif self._devices:
            notice.show("No device matches", f'Nothing here fits "{self.wanted}".', "esc clears the filter.")
        elif self._pairing is not None and self._pairing.open:
            notice.show(
                "Waiting for a device",
                "Switch it on. It registers by itself and appears here.",
                "t then ties it to a plant. p closes the window.",
            )
        else:
            notice.show(
                "No devices yet",
                "p opens the pairing window for five minutes: a device that is switched on then registers by itself "
                "and appears here. t ties it to a plant.",
                "A device may also bring an enrolment token:\nplantops enrolment-tokens add balcony\n"
                "No device at hand? plantops simulate",
            )

    # --- pairing ---------------------------------------------------------------------------------------

    def action_pairing(self) -> None:
        """Open the window, or close it."""
        if not self.may("pairing"):
            return
        if self.query_one(PairingBar).open:
            self.perform(
                "close the pairing window", self.client.close_pairing, "The pairing window is closed."
            )
        else:
            body = wire.PairingBody(seconds=WINDOW_S)
            self.perform(
                "open the pairing window",
                lambda: self.client.open_pairing(body),
                "Devices may register for five minutes. Switch yours on now.",
            )

    @on(PairingBar.Elapsed)
    def _elapsed(self) -> None:
        self.house.say("The pairing window closed by itself.")
        self.load()

    # --- one device ------------------------------------------------------------------------------------

    @on(RecordList.Opened)
    def _open(self, message: RecordList.Opened) -> None:
        from plantops_tui.screens.device import DeviceScreen

        self.app.push_screen(DeviceScreen(message.key))
