"""Numbers, times and states in words, as short as they can be and still say what they mean."""

from __future__ import annotations

from datetime import datetime

from plantops_api import wire
from plantops_tui.look import Pen
from plantops_tui.scales import is_number, scale_of, side

HEALTH_WORDS = {"ok": "well", "attention": "needs care", "critical": "critical", "unknown": "unknown"}
TRUST_WORDS = {
    "fresh": "fresh",
    "late": "late",
    "asleep": "asleep",
    "offline": "offline",
    "faulty": "faulty",
    "none": "no data",
}
STATUS_WORDS = {"provisioning": "new", "online": "online", "offline": "offline", "sleeping": "asleep"}
SOURCE_WORDS = {
    "user": "set by you",
    "species": "from the species",
    "default": "general default",
    "advisor": "from the advisor",
}


def number(value: float | None, decimals: int = 0) -> str:
    """A number for people: 22.4, 48, 1.2k, 15k; an en dash when there is none."""
    if value is None or not is_number(value):
        return "–"
    size = abs(value)
    if size >= 9_999.5:
        return f"{value / 1000:.0f}k"
    if size >= 999.5:
        return f"{value / 1000:.1f}k"
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if not text.strip("-0.") else text


def reading(metric: str, value: float | None, threshold: wire.Threshold | None = None) -> str:
    """A value with its unit: ``18 %``, ``22.4 °C``, ``1.2k lx``; as exact as its threshold asks for."""
    return f"{number(value, _decimals(metric, value, threshold))} {scale_of(metric).unit}".rstrip()


def short_reading(metric: str, value: float | None, threshold: wire.Threshold | None = None) -> str:
    """A value in six cells for a card: ``18 %``, ``22.4°``, ``1.2k``; as exact as its threshold asks for."""
    decimals = _decimals(metric, value, threshold)
    unit = {"%": "%" if decimals else " %", "°C": "°"}.get(scale_of(metric).unit, "")
    return number(value, decimals) + (unit if value is not None else "")


def _decimals(metric: str, value: float | None, threshold: wire.Threshold | None) -> int:
    """One more for a value just outside its range: "28 %" beside "28–70" would look like a mistake."""
    decimals = scale_of(metric).decimals
    if value is None or threshold is None or not side(metric, value, threshold):
        return decimals
    limits = [number(limit) for limit in (threshold.min, threshold.max) if limit is not None]
    return 1 if number(value, decimals) in limits else decimals


def span(low: float | None, high: float | None, dash: str = "–") -> str:
    """A range: ``25–60``, ``≥25``, ``≤60``, nothing when it has no ends."""
    if low is None and high is None:
        return ""
    ascii_only = dash.isascii()
    if high is None:
        return (">=" if ascii_only else "≥") + number(low)
    if low is None:
        return ("<=" if ascii_only else "≤") + number(high)
    return f"{number(low)}{dash}{number(high)}"


def duration(seconds: float) -> str:
    """A length of time by its largest unit: ``40 s``, ``12 min``, ``6 h``, ``3 d``."""
    seconds = max(0.0, seconds)
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds // 3600:.0f} h"
    return f"{seconds // 86_400:.0f} d"


def age(pen: Pen, moment: datetime | None) -> str:
    """How long ago, in whole minutes at the finest, so that a quiet screen stays quiet."""
    if moment is None:
        return "never"
    seconds = (pen.now - moment).total_seconds()
    return "now" if seconds < 60 else duration(seconds)


def clock(pen: Pen, moment: datetime) -> str:
    """Local time, with the day when it is not today: ``09:40``, ``Mon 09:40``, ``12 Nov``."""
    local, today = pen.local(moment), pen.local(pen.now)
    apart = abs((local.date() - today.date()).days)
    if apart == 0:
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if apart < 7 else f"{local.day} {local:%b}"


def stamp(pen: Pen, moment: datetime) -> str:
    """Local date and time in full, with the zone's offset named by the clock change: ``Tue 24 Nov 09:40``."""
    local = pen.local(moment)
    return f"{local:%a} {local.day:>2} {local:%b} {local:%H:%M}"


def device_name(device: wire.Device) -> str:
    """What a device is called: its name, else the end of its hardware address (as on its label), else its id."""
    return device.name or (device.mac_address or "")[-8:] or device.id


def health_phrase(card: wire.PlantCard) -> str:
    """Health in words: ``well``, ``too dry``, ``critical: too dry``; what ails a device is named beside it."""
    word = HEALTH_WORDS[card.health]
    if not card.worst:
        return word
    if card.health in ("ok", "critical"):
        return f"{word}: {card.worst}" if card.health == "critical" else f"{word}, {card.worst}"
    return card.worst


def trust_phrase(pen: Pen, card: wire.PlantCard) -> str:
    """Trust in words, with the age of the last reading: ``fresh 2 min``, ``offline 6 h``, ``no data yet``."""
    if card.last_reading_at is None:
        return "no data yet"
    return f"{TRUST_WORDS[card.trust]} {age(pen, card.last_reading_at)}"


NO_FORECAST = "no forecast"


def maintenance(pen: Pen, card: wire.PlantCard) -> str:
    """Until when nothing is told about it: ``quiet till 16:00``; empty when it is not in maintenance."""
    until = card.maintenance_until
    return f"quiet till {clock(pen, until)}" if until is not None and until > pen.now else ""


def next_watering(pen: Pen, card: wire.PlantCard) -> str:
    """When to water next, or in few words why that is not known; what fits beside the trust on a card."""
    if card.next_watering is not None:
        return _forecast(pen, card.next_watering)
    if card.device_count == 0:
        return "no device yet"
    if "soil_moisture" not in card.state:
        return "no soil probe"
    if card.worst == "too dry" and card.trust not in ("offline", "faulty"):
        return "dry: water now"
    return card.next_watering_brief or NO_FORECAST


def _forecast(pen: Pen, forecast: wire.Forecast) -> str:
    local, today = pen.local(forecast.at), pen.local(pen.now)
    days = (local.date() - today.date()).days
    sign = "~" if pen.glyphs.dash.isascii() else "±"
    margin = sign + duration(forecast.plus_minus_h * 3600).replace(" ", "")
    if forecast.at <= pen.now:
        return "water now"
    if days == 0:
        return f"water {local:%H:%M} {margin}"
    if days < 7:
        return f"water {local:%a} {local.day} {margin}"
    return f"water {local.day} {local:%b} {margin}"


FLAG_WORDS = {
    1: "time of arrival",
    2: "replayed by the broker",
    4: "sent later",
    8: "all fields equal",
    16: "clock wrong",
    32: "a value refused",
    64: "stuck",
    128: "jump",
    256: "out of the soil",
    512: "error value",
    1024: "two senders",
}
"""What each bit of a reading's flags means."""
UNTRUSTED = 2 | 8 | 64 | 128 | 256 | 512 | 1024
"""Flags of readings that count for nothing but to be seen."""


def flags(bits: int) -> str:
    """The flags of a reading in words; a bit of a newer server by its number."""
    known = [word for bit, word in FLAG_WORDS.items() if bits & bit]
    rest = bits & ~sum(FLAG_WORDS)
    return ", ".join([*known, f"flag {rest}"] if rest else known)


_TOO = {
    ("low", "soil_moisture"): "too dry",
    ("high", "soil_moisture"): "too wet",
    ("low", "temperature"): "too cold",
    ("high", "temperature"): "too warm",
    ("low", "humidity"): "air too dry",
    ("high", "humidity"): "air too humid",
    ("low", "light_level"): "too dark",
    ("high", "light_level"): "too bright",
    ("low", "conductivity"): "needs feeding",
    ("high", "conductivity"): "over-fertilised",
}
_KINDS = {
    "offline": "sensor silent",
    "sensor_fault": "sensor faulty",
    "battery_low": "battery low",
    "light_low": "too little light",
}


def alert_phrase(alert: wire.Alert) -> str:
    """What is wrong, in words: ``too dry``, ``sensor silent``; the words of the card."""
    if alert.kind in _KINDS:
        return _KINDS[alert.kind]
    known = _TOO.get((alert.kind, alert.metric or ""))
    return known or f"{scale_of(alert.metric or 'value').label} too {alert.kind}"


def alert_state(pen: Pen, alert: wire.Alert) -> str:
    """Where it stands in its life: ``open``, ``acked by ada``, ``snoozed till 18:00``, ``over 09:40``."""
    if alert.resolved_at is not None:
        return f"over {clock(pen, alert.resolved_at)}"
    if alert.snoozed_until is not None and alert.snoozed_until > pen.now:
        return f"quiet till {clock(pen, alert.snoozed_until)}"
    if alert.acked_at is not None:
        return f"acked by {alert.acked_by}" if alert.acked_by else "acked"
    return "open"
