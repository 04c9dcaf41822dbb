"""What a message about an incident says, whatever channel carries it: words, glyphs, numbers with units.

Colour never stands alone: each state has a word and a glyph too. Outside text is flattened to one line here;
escaping for a channel's own markup is the channel's business.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from plantops_api.wire import UNITS, Severity
from plantops_api.wording import decimals_beside

_MADE_VISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_NAME_LIMIT = 80

_WORDS: dict[tuple[str, str], str] = {
    ("soil_moisture", "low"): "is too dry",
    ("soil_moisture", "high"): "is too wet",
    ("temperature", "low"): "is too cold",
    ("temperature", "high"): "is too hot",
    ("humidity", "low"): "has too dry air",
    ("humidity", "high"): "has too humid air",
    ("light_level", "low"): "is too dark",
    ("light_level", "high"): "gets too much light",
    ("conductivity", "low"): "has too little fertiliser",
    ("conductivity", "high"): "has too much fertiliser",
    ("vpd", "low"): "has air too damp to draw water (VPD)",
    ("vpd", "high"): "has air that draws too much water (VPD)",
}
_DEVICE_WORDS = {
    "sensor_fault": "has a faulty sensor", "battery_low": "has a sensor with a low battery",
    "light_low": "gets too little light", "flapping": "has a sensor that keeps losing its connection",
}  # fmt: skip


class Note(BaseModel):
    """One incident as it is told, now. Times are aware; values in the units of the wire.

    ``before`` is the reading before the newest one (``seen``): the trend. ``event`` is what makes us tell it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    alert_id: int
    event: Literal["opened", "changed", "resolved", "repeat"]
    kind: str
    severity: Severity
    plant_id: str | None = None
    plant_name: str | None = None
    species: str | None = None
    location: str | None = None
    device_id: str | None = None
    device_name: str | None = None
    metric: str | None = None
    value: float | None = None
    threshold: float | None = None
    min: float | None = None
    max: float | None = None
    opened_at: datetime
    seen: float | None = None
    before: tuple[datetime, float] | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None
    acked_by: str | None = None
    text: str | None = None

    @property
    def state(self) -> Literal["resolved", "acknowledged", "critical", "warning"]:
        """How it stands: one word that decides colour and glyph."""
        if self.resolved_at is not None:
            return "resolved"
        return "acknowledged" if self.acked_by is not None else self.severity


GLYPHS = {"critical": "✖", "warning": "▲", "acknowledged": "◐", "resolved": "✔"}


def one_line(text: str, limit: int = _NAME_LIMIT) -> str:
    """Outside text on one line, without control and direction characters, at most ``limit`` characters."""
    flat = " ".join(_MADE_VISIBLE.sub(" ", text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def subject(note: Note) -> str:
    """Whom it is about: the plant, else the device, else the installation."""
    name = note.plant_name or note.device_name or note.device_id or note.plant_id
    return one_line(name) if name else "PlantOps"


def what(note: Note) -> str:
    """What is wrong, to be read after the subject: "is too dry"."""
    if note.kind == "offline":
        return "hears no device" if note.device_id is None else "is silent"
    if note.kind == "flapping" and note.plant_name is None:
        return "keeps losing its connection"
    words = _DEVICE_WORDS.get(note.kind) or _WORDS.get((note.metric or "", note.kind))
    return words or f"has {(note.metric or 'something').replace('_', ' ')} too {note.kind}"


def headline(note: Note) -> str:
    """One line without markup: glyph, subject, what, and the state when it is no longer news."""
    tail = f" ({note.state})" if note.state in ("resolved", "acknowledged") else ""
    if note.event == "repeat" and not tail:
        tail = " (still)"
    return f"{GLYPHS[note.state]} {subject(note)} {what(note)}{tail}"


def number(value: float, metric: str | None, limits: Collection[float | None] = ()) -> str:
    """A value with its unit, as precise as it deserves; just beyond one of ``limits`` more so: 27.97 %, not 28 %."""
    digits = 2 if metric == "vpd" else 0 if abs(value) >= 1000 else 1
    if value not in limits:
        digits = decimals_beside(value, digits, limits)
    text = f"{value:,.{digits}f}"
    text = (text.rstrip("0").rstrip(".") if digits else text).replace(",", "\u202f")
    unit = UNITS.get(metric or "", "")
    return f"{text} {unit}".rstrip()


def against_range(note: Note) -> str | None:
    """The value against what it should be: "18.2 %, should be 30 to 60 %"; None without a value."""
    value = note.value if note.seen is None else note.seen
    if value is None:
        return None
    if note.min is not None and note.max is not None:
        wanted = f"{number(note.min, None)} to {number(note.max, note.metric)}"
    elif note.min is not None:
        wanted = f"at least {number(note.min, note.metric)}"
    elif note.max is not None:
        wanted = f"at most {number(note.max, note.metric)}"
    else:
        return number(value, note.metric)
    return f"{number(value, note.metric, (note.min, note.max))}, should be {wanted}"


def trend(note: Note) -> str | None:
    """Where the value goes: "↓ falling, 19.4 % before"; None when only one reading is known."""
    if note.before is None or note.seen is None:
        return None
    _, earlier = note.before
    if number(earlier, note.metric) == number(note.seen, note.metric):
        return "→ steady"
    word = "↑ rising" if note.seen > earlier else "↓ falling"
    return f"{word}, {number(earlier, note.metric)} before"


def duration(span: timedelta) -> str:
    """A time span in its two largest units: "2 d 3 h"."""
    seconds = max(0, int(span.total_seconds()))
    parts = [(seconds // 86400, "d"), (seconds % 86400 // 3600, "h"), (seconds % 3600 // 60, "min")]
    said = [f"{n} {unit}" for n, unit in parts if n][:2]
    return " ".join(said) or f"{seconds} s"
