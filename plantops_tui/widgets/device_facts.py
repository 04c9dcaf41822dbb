"""Everything that is known of one device, fact by fact; two columns where there is room."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content
from textual.geometry import Size

from plantops_api import topics, wire
from plantops_tui import wording
from plantops_tui.look import Pen
from plantops_tui.widgets.canvas import Canvas
from plantops_tui.widgets.plant_card import trust_style

_LABEL = 12
_STATUS_GLYPHS = {"online": "fresh", "offline": "offline", "sleeping": "asleep", "provisioning": "none"}


def link_mark(pen: Pen, device: wire.Device) -> Content:
    """Whether the broker has it: glyph and word."""
    style = {"online": pen.look.good, "offline": pen.look.warn}.get(device.status, pen.look.muted)
    glyph = pen.glyphs.trust[_STATUS_GLYPHS[device.status]]
    return Content.styled(f"{glyph} {wording.STATUS_WORDS[device.status]}", style)


def readings_mark(pen: Pen, device: wire.Device) -> Content:
    """Whether its readings can be believed now: glyph and word."""
    words = f"{pen.glyphs.trust[device.trust]} {wording.TRUST_WORDS[device.trust]}"
    return Content.styled(words, trust_style(pen, device.trust))


class DeviceFacts(Canvas):
    """Name and place, then label and value."""

    DEFAULT_CSS = "DeviceFacts { height: 10; padding: 0 1; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._device: wire.Device | None = None

    def show(self, device: wire.Device) -> None:
        """Draw another snapshot."""
        self._device = device
        self.styles.height = 3 + (len(self._facts(self.pen, device)) + 1) // 2
        self.redraw()

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """Empty until the device is known."""
        device = self._device
        if device is None:
            return []
        where = (
            f"in {device.plant_name or device.plant_id}"
            if device.plant_id
            else "in no plant: t ties it to one"
        )
        title = Content.assemble(
            Content.styled(wording.device_name(device), pen.look.accent),
            Content.styled(f"  {where}", pen.look.muted if device.plant_id else pen.look.warn),
        )
        facts = self._facts(pen, device)
        return [title.truncate(size.width, ellipsis=True), Content(""), *_columns(pen, facts, size.width)]

    @staticmethod
    def _facts(pen: Pen, device: wire.Device) -> list[tuple[str, Content]]:
        def plain(words: str) -> Content:
            return Content.styled(words, pen.look.text)

        observed = (
            f", seen to keep {wording.duration(device.observed_interval_s)}"
            if device.observed_interval_s
            else ""
        )
        ends = device.calibration
        calibration = f"dry {ends.dry:g}, saturated {ends.wet:g}" if ends else "none yet: c calibrates"
        again = device.reenrolment_allowed_until
        facts = [
            ("link", Content.assemble(link_mark(pen, device), plain(f", {_seen(pen, device)}"))),
            ("readings", Content.assemble(readings_mark(pen, device), plain(_last_reading(pen, device)))),
            ("reports each", plain(wording.duration(device.report_interval_s) + observed)),
            ("battery", plain(_measured(pen, "battery", device.battery))),
            ("signal", plain(_measured(pen, "rssi", device.rssi))),
            ("calibration", plain(calibration)),
            ("soil counts", plain(pen.glyphs.dash if device.soil_raw is None else f"{device.soil_raw:g}")),
            ("senses", plain(", ".join(device.sensor_types) or "not told")),
            ("firmware", plain(device.firmware_version or "not told")),
            ("hardware", plain(device.mac_address or pen.glyphs.dash)),
            ("id", plain(device.id)),
            ("user name", plain(device.mqtt_username)),
            ("topic", plain(topics.telemetry(device.id))),
            ("since", plain(wording.stamp(pen, device.created_at))),
        ]  # fmt: skip
        if again is not None and again > pen.now:
            facts.insert(2, ("may register", plain(f"again till {wording.clock(pen, again)}")))
        return facts


def _measured(pen: Pen, metric: str, value: float | None) -> str:
    return pen.glyphs.dash if value is None else wording.reading(metric, value)


def _seen(pen: Pen, device: wire.Device) -> str:
    return f"seen {_ago(pen, device.last_seen_at)}" if device.last_seen_at else "never seen"


def _last_reading(pen: Pen, device: wire.Device) -> str:
    return f", last {_ago(pen, device.last_reading_at)}" if device.last_reading_at else ""


def _ago(pen: Pen, moment: datetime) -> str:
    age = wording.age(pen, moment)
    return age if age == "now" else f"{age} ago"


def _columns(pen: Pen, facts: list[tuple[str, Content]], width: int) -> list[Content]:
    """Two facts a line: a screen of 80 x 24 has room for all and for what was rejected."""
    half = (len(facts) + 1) // 2
    room = width // 2
    lines = []
    for place in range(half):
        left = _fact(pen, facts[place], room - 2)
        right = _fact(pen, facts[place + half], width - room) if place + half < len(facts) else Content("")
        lines.append(Content.assemble(left, " " * (room - left.cell_length), right))
    return lines


def _fact(pen: Pen, fact: tuple[str, Content], width: int) -> Content:
    label = Content.styled(f"{fact[0]:<{_LABEL}} ", pen.look.muted)
    return Content.assemble(label, fact[1].truncate(max(4, width - _LABEL - 1), ellipsis=True))
