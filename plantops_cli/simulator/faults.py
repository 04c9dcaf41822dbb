"""What goes wrong with sensors in real streams, and when: contact lost, probe pulled out, stuck, garbage, wrong clock.

A fault is planned by chance (seeded, so many a day) or always on, and bends what a probe read. Every fault that
happened is truth that a detector can be measured against.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple, get_args

from plantops_cli.simulator import chance

Kind = Literal["contact_step", "probe_out", "stuck", "garbage", "clock_reset", "drift", "sentinel"]
KINDS: tuple[Kind, ...] = get_args(Kind)

PER_DAY: dict[str, float] = {
    "contact_step": 1 / 25, "probe_out": 1 / 30, "stuck": 1 / 60, "garbage": 0.15, "clock_reset": 1 / 100,
    "drift": 1 / 60, "sentinel": 1 / 30,
}  # fmt: skip
"""How often each fault starts in an ordinary device: two step faults were seen in 50 days of one real pot."""

LASTING_H: dict[str, tuple[float, float]] = {
    "contact_step": (1e9, 1e9),  # never recovers
    "probe_out": (0.15, 0.5),
    "stuck": (6, 48),
    "garbage": (0.05, 0.15),
    "clock_reset": (1, 4),
    "drift": (1e9, 1e9),
    "sentinel": (0.3, 3),
}
"""Shortest and longest duration, h."""

PRESETS: dict[str, tuple[Kind, ...]] = {"none": (), "realistic": KINDS, **{kind: (kind,) for kind in KINDS}}
"""What ``--faults`` takes; kinds can be joined by commas."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GARBAGE: tuple[dict[str, float], ...] = (  # dummy frames of a MiFlora (plant-data series)
    {"temperature": -1749.4, "soil_moisture": 136, "light_level": 2_583_686_877},
    {"temperature": 4804.2, "soil_moisture": 39_304, "conductivity": 65_535},
)
_WHOLE_FRAMES = ("garbage", "sentinel")  # whatever the probe reads, the bus sends these
_SENTINELS = (100.0, 0.0)  # Tuya: every field 100, or every field 0


class Fault(NamedTuple):
    """One fault of a device; ``size`` in points (steps), points a day (drift), or the value shown (sentinel)."""

    kind: Kind
    start: datetime
    end: datetime
    size: float


class Faults:
    """The faults of one device since it was put up; pure functions of the seed and of time.

    ``factor`` makes them as many times more frequent. ``chronic`` lists faults that were there from the start.
    """

    def __init__(
        self, kinds: tuple[Kind, ...], seed: int, since: datetime, factor: float = 1.0, chronic: tuple[Fault, ...] = ()
    ) -> None:  # fmt: skip
        self._kinds, self._seed, self._factor = kinds, seed, factor
        self._since = self._planned_until = since
        self._plan: list[Fault] = list(chronic)
        self._frozen: dict[str, Any] = {}

    def until(self, time: datetime) -> list[Fault]:
        """Every fault that has started by ``time``, oldest first."""
        while self._planned_until <= time:
            day = (self._planned_until - _EPOCH).days
            self._plan += [fault for fault in self._of_day(day) if fault.start >= self._since]
            self._planned_until = _EPOCH + timedelta(days=day + 1)
        return sorted((fault for fault in self._plan if fault.start <= time), key=lambda fault: fault.start)

    def bend(self, values: dict[str, float | None], time: datetime) -> dict[str, float | None]:
        """What the device sends instead of ``values`` at ``time``. Feed it reports in the order of time."""
        active = [fault for fault in self.until(time) if time < fault.end]
        bent = dict(values)
        for fault in (fault for fault in active if fault.kind not in _WHOLE_FRAMES):
            bent = _bend(fault, bent, time)
        if any(fault.kind == "stuck" for fault in active):
            bent = {name: self._frozen.setdefault(name, value) for name, value in bent.items()}
        else:
            self._frozen.clear()
        for fault in (fault for fault in active if fault.kind in _WHOLE_FRAMES):
            bent = _bend(fault, bent, time)
        return bent

    def clock_error(self, time: datetime) -> timedelta:
        """How far the device's clock is off: a reset clock counts from 2015 on."""
        for fault in self.until(time):
            if fault.kind == "clock_reset" and time < fault.end:
                return datetime(2015, 1, 1, tzinfo=UTC) - fault.start
        return timedelta()

    def _of_day(self, day: int) -> list[Fault]:
        found: list[Fault] = []
        for kind in self._kinds:
            seed = chance.seed_of(self._seed, kind, day)
            for n in range(chance.poisson(seed, 0, PER_DAY[kind] * self._factor)):
                start = _EPOCH + timedelta(days=day + chance.uniform(seed, 3 * n + 1))
                shortest, longest = LASTING_H[kind]
                hours = shortest + (longest - shortest) * chance.uniform(seed, 3 * n + 2)
                end = (
                    min(start + timedelta(hours=hours), datetime.max.replace(tzinfo=UTC))
                    if hours < 1e6
                    else FOREVER
                )
                found.append(Fault(kind, start, end, _size(kind, chance.uniform(seed, 3 * n + 3))))
        return found


FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
"""The end of a fault that lasts."""


def parse_kinds(text: str) -> tuple[Kind, ...]:
    """The kinds that ``none``, ``realistic`` or a list such as ``stuck,garbage`` names.

    Raises:
        ValueError: the first word that is none of them.
    """
    found: list[Kind] = []
    for word in text.split(","):
        if word.strip() not in PRESETS:
            raise ValueError(word.strip())
        found += [kind for kind in PRESETS[word.strip()] if kind not in found]
    return tuple(found)


def _size(kind: Kind, drawn: float) -> float:
    if kind == "contact_step":
        return -5 - 20 * drawn
    if kind == "drift":
        return 0.05 if drawn < 0.5 else -0.05
    return float(int(drawn * 2))


def _bend(fault: Fault, values: dict[str, float | None], time: datetime) -> dict[str, float | None]:
    soil = values.get("soil_moisture")
    if fault.kind == "contact_step" and soil is not None:
        return {**values, "soil_moisture": max(0.0, round(soil + fault.size, 2))}
    if fault.kind == "drift" and soil is not None:
        days = (time - fault.start).total_seconds() / 86_400
        return {**values, "soil_moisture": min(100.0, max(0.0, round(soil + fault.size * days, 2)))}
    if fault.kind == "probe_out" and soil is not None:
        return {**values, "soil_moisture": round(0.2 * soil, 1)}
    if fault.kind == "garbage":
        frame = _GARBAGE[int(fault.size) % len(_GARBAGE)]
        return {name: frame.get(name, value) for name, value in values.items()}
    if fault.kind == "sentinel":
        shown = _SENTINELS[int(fault.size) % len(_SENTINELS)]
        return dict.fromkeys(values, shown)
    return values
