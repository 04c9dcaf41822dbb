"""What can be done to a device, from the list of devices and from the page of one."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from plantops_api import topics, wire
from plantops_tui.screens.house import HouseScreen, Undo
from plantops_tui.wording import device_name

LONGEST_INTERVAL_S = 86_400
"""What the server accepts."""

_ADMIN = frozenset({"rotate", "reenrol", "decommission"})
"""Acts on secrets: the server wants an admin for them."""


class DeviceActs(HouseScreen):
    """Subclasses say which device is meant."""

    place = "devices"
    changes = frozenset({"tie", "calibrate", "rename", "interval", "command", *_ADMIN})

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "tie", "plant", tooltip="tie it to a plant, or untie it", id="device.tie"),
        Binding("c", "calibrate", "calibrate", tooltip="calibrate its soil probe", id="device.calibrate"),
        Binding("e", "rename", "rename", tooltip="give it a name", id="device.rename"),
        Binding("i", "interval", "interval", tooltip="how often it reports", id="device.interval"),
        Binding(
            "b", "command('identify')", "blink", show=False, tooltip="let it blink: which one is it?",
            id="device.identify",
        ),
        Binding(
            "B", "command('reboot')", "restart it", show=False, tooltip="restart the device", id="device.reboot"
        ),
        Binding("R", "rotate", "new secret", tooltip="give it a new secret", id="device.rotate"),
        Binding(
            "E", "reenrol", "let it register again", show=False,
            tooltip="let the same hardware register again, once", id="device.reenrol",
        ),
        Binding("X", "decommission", "decommission", show=False, tooltip="shut it out", id="device.decommission"),
        Binding("y", "copy", "copy id", show=False, id="device.copy"),
    ]  # fmt: skip

    @property
    def device(self) -> wire.Device | None:
        """The device that is meant."""
        raise NotImplementedError

    def why_not(self, action: str) -> str | None:
        """Acts need a device, some of them an admin, and calibration a soil probe."""
        name = action.partition("(")[0]
        reason = super().why_not(action)
        if reason:
            return reason
        if self.device is None and (name in DeviceActs.changes or name == "copy"):
            return "There is no device to do that with."
        me = self.house.link.me
        if name in _ADMIN and me is not None and me.role != "admin":
            return f"{me.username} is {me.role}; an admin's token is needed for this."
        sensors = self.device.sensor_types if self.device else []
        if name == "calibrate" and sensors and "soil_moisture" not in sensors:
            return "This device has no soil probe: there is nothing to calibrate."
        return None

    # --- where it sits, what it is called --------------------------------------------------------------

    def action_tie(self) -> None:
        """Choose the plant."""
        device = self.device
        if self.may("tie") and device:
            self.run_worker(self._choose_plant(device), group="plants", exclusive=True, exit_on_error=False)

    async def _choose_plant(self, device: wire.Device) -> None:
        from plantops_api import errors
        from plantops_tui.screens.pick import Pick, PickDialog

        try:
            plants = await self.client.list_plants()
        except errors.ApiError as problem:
            self.house.say(f"Could not read the plants. {problem.message} {problem.advice}".strip(), bad=True)
            return
        picks = [
            Pick(card.id, card.name, " · ".join(part for part in (card.species, card.location) if part))
            for card in sorted(
                plants, key=lambda card: (card.device_count > 0, card.name.casefold(), card.id)
            )
            if not card.archived and card.id != device.plant_id
        ]
        if device.plant_id is not None:
            picks.append(Pick("", f"no plant: untie it from {device.plant_name or device.plant_id}", ""))
        names = {card.id: card.name for card in plants}
        self.app.push_screen(
            PickDialog(
                f"In which plant does {device_name(device)} sit?", picks,
                "No plant is left to choose. n on the Plants screen (1) adds one.",
            ),
            lambda plant_id: None if plant_id is None else self._tie(device, plant_id, names.get(plant_id, "")),
        )  # fmt: skip

    def _tie(self, device: wire.Device, plant_id: str, plant_name: str) -> None:
        before = device.plant_id
        done = (
            f"{device_name(device)} sits in {plant_name} now."
            if plant_id
            else f"{device_name(device)} is untied."
        )
        self.perform(
            "tie it" if plant_id else "untie it",
            lambda: self.client.provision_device(device.id, plant_id or None),
            done,
            Undo(
                "take that back",
                lambda: self.client.provision_device(device.id, before),
                f"{device_name(device)} is back where it was.",
            ),
        )

    def action_rename(self) -> None:
        """Give it a name."""
        from plantops_tui.screens.form import Field, FormDialog, Values

        device = self.device
        if not self.may("rename") or not device:
            return

        async def save(values: Values) -> object:
            return await self.client.update_device(device.id, wire.DevicePatch(name=values["name"] or None))

        fields = [Field("name", "name", device.name or "", "Probe on the shelf")]
        self._ask(FormDialog(f"Rename {device_name(device)}", fields, save), "Renamed.")

    def action_interval(self) -> None:
        """How often it reports."""
        from plantops_tui.screens.form import Field, FormDialog, Values

        device = self.device
        if not self.may("interval") or not device:
            return

        async def save(values: Values) -> object:
            seconds, _ = read_interval(values["report_interval_s"])
            return await self.client.update_device(device.id, wire.DevicePatch(report_interval_s=seconds))

        now = f"{device.report_interval_s} s"
        fields = [
            Field("report_interval_s", "each", now, "10 min", check=lambda value: read_interval(value)[1])
        ]
        words = "A device that sleeps learns of it when it wakes. Often is precise, seldom saves the battery."
        form = FormDialog(f"How often does {device_name(device)} report?", fields, save, words)
        self._ask(form, "The device will be told.")

    def _ask(self, form: object, done: str) -> None:
        from plantops_tui.screens.form import FormDialog

        def answered(answer: object) -> None:
            if answer is not None:
                self.house.say(done)
                self.load()

        assert isinstance(form, FormDialog)  # noqa: S101 - imported lazily
        self.app.push_screen(form, answered)

    def action_calibrate(self) -> None:
        """Capture dry and saturated."""
        from plantops_tui.screens.calibration import CalibrationDialog

        device = self.device
        if self.may("calibrate") and device:

            def answered(saved: bool | None) -> None:
                if saved:
                    self.house.say(f"Calibrated {device_name(device)}; its history is derived anew.")
                    self.load()

            self.app.push_screen(CalibrationDialog(self.client, device), answered)

    # --- commands, secrets, the end --------------------------------------------------------------------

    def action_command(self, command: str) -> None:
        """Send a command over MQTT."""
        device = self.device
        if self.may("command") and device:
            body = wire.CommandBody.model_validate({"command": command})
            self.perform(
                f"send {command}",
                lambda: self.client.command_device(device.id, body),
                f"Sent {command} to {device_name(device)}; one that sleeps gets it when it wakes.",
            )

    def action_rotate(self) -> None:
        """A new secret, after a question: the old one dies at once."""
        from plantops_tui.screens.choice import ChoiceDialog

        device = self.device
        if self.may("rotate") and device:
            name = device_name(device)
            question = (
                f"Give {name} a new secret? The old one stops working at once: "
                "the device is cut off until the new one is put into it."
            )
            self.app.push_screen(
                ChoiceDialog(question, [("keep the old secret", None), (f"new secret for {name}", 1)]),
                lambda sure: self._rotate(device) if sure else None,
            )

    def _rotate(self, device: wire.Device) -> None:
        from plantops_tui.screens.shown_once import ShownOnceDialog

        title = f"New password of {device_name(device)}"

        async def rotate() -> None:
            mqtt = (await self.client.rotate_device(device.id)).mqtt
            words = (
                f"host       {mqtt.host}:{mqtt.port}{' with TLS' if mqtt.tls else ''}\nuser name  {mqtt.username}\n"
                f"client id  {mqtt.client_id}\n\nThe old one is dead: put this one into the device now."
            )
            self.app.push_screen(ShownOnceDialog(title, mqtt.password, words))

        self.perform("make a new secret", rotate, f"{device_name(device)} has a new secret.")

    def action_reenrol(self) -> None:
        """Let the same hardware register once more."""
        from plantops_tui.screens.choice import ChoiceDialog

        device = self.device
        if self.may("reenrol") and device:
            name = device_name(device)
            question = (
                f"Let {name} register again? For an hour whoever has its MAC address gets its credentials, once; "
                "its old secret is revoked then. It keeps its history."
            )
            self.app.push_screen(
                ChoiceDialog(question, [("leave it as it is", None), (f"let {name} register again", 1)]),
                lambda sure: self._reenrol(device) if sure else None,
            )

    def _reenrol(self, device: wire.Device) -> None:
        self.perform(
            "allow that",
            lambda: self.client.allow_reenrolment(device.id),
            f"{device_name(device)} may register again, once.",
        )

    def action_decommission(self) -> None:
        """Shut it out for good; severe, so its name is typed."""
        from plantops_tui.screens.form import Field, FormDialog, Values

        device = self.device
        if not self.may("decommission") or not device:
            return
        name = device_name(device)

        async def save(_: Values) -> object:
            await self.client.delete_device(device.id)
            return True

        def check(typed: str) -> str:
            return "" if typed == name.strip() else f"That is not its name. Type: {name}"

        words = (
            "The broker shuts it out at once and its secret is gone; its readings stay. This cannot be undone.\n"
            f"Type its name to go on: {name}"
        )
        fields = [Field("name", "name", check=check, longest=max(120, len(name)))]
        form = FormDialog(f"Decommission {name}?", fields, save, words, verb="decommissions")
        self._ask(form, f"{name} is decommissioned; its readings stay.")

    def copies(self) -> list[tuple[str, str]]:
        """Its id, its topics, a command."""
        if self.device is None:
            return []
        return [
            ("id", self.device.id),
            ("telemetry topic", topics.telemetry(self.device.id)),
            ("show", f"plantops devices show {self.device.id}"),
        ]

    def action_copy(self) -> None:
        """Copy its id to the clipboard."""
        if self.may("copy") and self.device:
            self.house.copy_and_say(self.device.id)


def read_interval(raw: str) -> tuple[int | None, str]:
    """Seconds from ``90``, ``90 s``, ``10 min`` or ``2 h``, and what is wrong with it in words."""
    text = raw.strip().lower()
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = text[len(number) :].strip()
    factor = {"": 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}.get(unit)
    try:
        seconds = float(number.replace(",", ".")) * (factor or 0)
    except ValueError:
        seconds = 0.0
    if factor is None or not 1 <= seconds <= LONGEST_INTERVAL_S:
        return None, "Give 1 s to 24 h, such as 90 s, 10 min or 2 h."
    return round(seconds), ""
