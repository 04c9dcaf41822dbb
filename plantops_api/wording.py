"""Numbers and states in words, as short as they can be and still say what they mean: the words of every interface."""

from __future__ import annotations

from collections.abc import Collection

from plantops_api import wire
from plantops_api.scales import is_number, scale_of, side

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
    """More for a value just outside its range: "28 %" beside "28–70" would look like a mistake."""
    decimals = scale_of(metric).decimals
    if value is None or threshold is None or not side(metric, value, threshold):
        return decimals
    return decimals_beside(value, decimals, (threshold.min, threshold.max))


def decimals_beside(value: float, decimals: int, limits: Collection[float | None]) -> int:
    """So many decimals, or at most two when ``value`` would else read like one of ``limits`` beside it."""
    return next((more for more in range(decimals, 3) if round(value, more) not in limits), 2)


def light_of_days(light: wire.Light | None) -> str:
    """The light of two days, ``1.2 mol/m²/d yesterday, 0.4 today so far``; nothing when none is known."""
    if light is None:
        return ""
    partial = "" if light.complete else " (in part)"
    unit = scale_of("dli").unit
    days = [
        f"{light.yesterday:.1f} {unit} yesterday{partial}" if light.yesterday is not None else "",
        f"{light.today:.1f} {'' if light.yesterday is not None else unit + ' '}today so far"
        if light.today is not None
        else "",
    ]
    return ", ".join(filter(None, days))


def newest(plant: wire.Plant, metric: str) -> wire.MetricState | None:
    """The newest value of a metric that is measured or derived; a day's light has no moment: ``light_of_days``."""
    return plant.vpd if metric == "vpd" else plant.state.get(metric)


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
    ("low", "vpd"): "air too damp",
    ("high", "vpd"): "air too thirsty",
}
KIND_WORDS = {
    "offline": "sensor silent",
    "sensor_fault": "sensor faulty",
    "battery_low": "battery low",
    "light_low": "too little light",
    "flapping": "unsteady link",
}
"""Kinds that need no metric to be told."""


def kind_phrase(kind: str) -> str:
    """What any alert of a kind is about, in words: ``value too low``, ``sensor silent``."""
    return KIND_WORDS.get(kind) or f"value too {kind}"


def alert_phrase(alert: wire.Alert) -> str:
    """What is wrong, in words: ``too dry``, ``sensor silent``; the words of the card."""
    if alert.kind in KIND_WORDS:
        return KIND_WORDS[alert.kind]
    known = _TOO.get((alert.kind, alert.metric or ""))
    return known or f"{scale_of(alert.metric or 'value').label} too {alert.kind}"


def alert_metric(alert: wire.Alert) -> str:
    """What its value and limit measure: too little light is told by the day's sum, not by the lux of a moment."""
    return "dli" if alert.kind == "light_low" else alert.metric or ""


def alert_value(alert: wire.Alert) -> str:
    """The value that opened it, as exact as it takes to see which side of the limit it lies on; empty without one."""
    low = alert.kind in ("low", "light_low", "battery_low")
    limits = wire.Threshold(
        min=alert.threshold if low else None, max=None if low else alert.threshold, source="default"
    )
    return _alert_reading(alert, alert.value, limits)


def alert_limit(alert: wire.Alert) -> str:
    """The limit that was crossed; empty where there is none."""
    return _alert_reading(alert, alert.threshold, None)


def _alert_reading(alert: wire.Alert, value: float | None, limits: wire.Threshold | None) -> str:
    if value is None:
        return ""
    # "light too low: 0.1 mol": that it is by day and square metre goes without saying, and lists are narrow.
    return reading(alert_metric(alert), value, limits).replace("mol/m²/d", "mol")
