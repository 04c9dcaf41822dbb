"""Sensor faults, from what a device sends and before anything believes it: pure, one device at a time, in one pass.

``screen(state, rows)`` takes new rows of one device in the order of time (``store.Row``, as ingest makes them: parsed,
so that what lies outside of a metric's physical range is gone and OUT_OF_RANGE set) and answers the flags to add to
each, rows before them that turned out to be faulty only now, and which faults began and ended. ``state`` is changed in
place and keeps a few dozen numbers a device; ``state.dump()`` and ``State.load()`` make bytes of it and back.

    state = State()
    for row, bits in zip(rows, screen(state, rows).flags): ...      # bits & flags.FAULTY: keep it out of everything

Rows older than the newest one that was screened, and retained ones, are passed over with no flags; and so is, of a row
with the time of the newest, what that one measured.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from plantops_server.telemetry import flags
from plantops_server.telemetry.contact import WARM_UP, Contact
from plantops_server.telemetry.store import Row
from plantops_server.telemetry.stuck import Run

VERSION = 3

_NEEDED: Mapping[str, int] = {"all_equal": 2, "sentinel": 2, "jump": 2, "clock_reset": 2, "out_of_range": 3}
"""Readings in a row with a trouble before it is a fault to tell of, and no hiccup of a bus."""
_CLEAN = 3  # readings in a row without it that end one
_LOST = 3  # readings without contact before that is a fault to tell of
_SENDERS = 3.0  # times that a sequence went back
_FORGIVEN = 0.1  # of those, each reading in order: a restart is soon forgotten

_FRAME_STUCK_S = 2 * 3600.0
_SOIL_STUCK_S = 6 * 3600.0
_FULL_STUCK_S = 24 * 3600.0
_AIR_STUCK_S = 48 * 3600.0

_WARM_JUMP = 15.0  # °C between two reports; the sun on a device moved it by 8
_WARM_PER_S = 10 / 3600
_WARM_SUSPICIOUS = 8.0
_WARM_HELD = 3
_WARM_ERRORS = frozenset({85.0})  # a DS18B20 after power-on; -127 is out of range already
_ENDS = frozenset({0.0, 100.0})
_CONVERTER_ENDS = frozenset({1023.0, 4095.0, 65_535.0})
_FAR = 15.0  # points from the level before
_LIGHT_END = 65_535.0
_DIM_LX = 6_000.0
_SELDOM = 0.1  # share of repeats: white noise of more than a few steps

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Scale = tuple[float, float]


class Late(NamedTuple):
    """Rows of the device in (after, until) that deserve ``bits``: the verdict took its time."""

    after: datetime
    until: datetime
    bits: int


class Change(NamedTuple):
    """A fault that began or ended; ``metric`` is None when it is the whole device's. Names as in incidents."""

    metric: str | None
    fault: str
    since: datetime
    active: bool


class Screening(NamedTuple):
    """What ``screen`` found: flags to add, one a row; rows of earlier; faults that began or ended."""

    flags: list[int]
    late: list[Late]
    changes: list[Change]


@dataclass(slots=True)
class State:
    """What is remembered of one device between readings. Times in epoch seconds."""

    time: float = 0.0
    seen: int = 0
    """Which metrics were judged of that time, as bits by their place in a frame: one may come in another message."""
    place: list[Any] = field(default_factory=list)
    """The plant that the probe sits in and its calibration: in another pot, or counted otherwise, moisture is news."""
    soil: Contact = field(default_factory=Contact)
    soil_run: Run = field(default_factory=Run)
    frame_run: Run = field(default_factory=Run)
    air_run: Run = field(default_factory=Run)
    frame: list[float | None] = field(default_factory=list)
    soil_value: float | None = None
    warm: float | None = None
    warm_time: float = 0.0
    warm_held: int = 0
    light: float | None = None
    boot: int | None = None
    boot_before: int | None = None
    seq: int = -1
    senders: float = 0.0
    clock_was_good: bool = False
    troubles: dict[str, int] = field(default_factory=dict)
    """By "metric:fault": readings in a row with it, or, negative, without it while the fault goes on."""
    since: dict[str, float] = field(default_factory=dict)
    """When each of these troubles, and of the faults that go on, began."""
    active: list[str] = field(default_factory=list)
    """Faults that go on, "metric:fault"."""

    def mark(self) -> tuple[Any, ...]:
        """What the next verdicts hang on: where this has changed, the state must not be forgotten."""
        soil = self.soil
        return (
            *self.active, *self.troubles.items(), *self.place, self.boot, self.senders, self.clock_was_good,
            min(soil.lost_readings, _LOST + 1), soil.doubts, soil.rise_time,
            self.soil_run.stuck, self.frame_run.stuck, self.air_run.stuck,
        )  # fmt: skip

    def dump(self) -> bytes:
        """The state as bytes: numbers of a fixed layout, then what has no fixed length as JSON.

        All as JSON took five times as long, which at one reading a device and batch was most of what detection costs.
        """
        own = [_NAN if number is None else number for number in (*_NUMBERS(self), *(self.frame or _NO_FRAME))]
        packed = _LAYOUT.pack(
            VERSION,
            *own,
            *_CONTACT(self.soil),
            *_RUN(self.soil_run),
            *_RUN(self.frame_run),
            *_RUN(self.air_run),
        )
        counters = (self.place, self.boot, self.boot_before, self.seq, self.troubles, self.since, self.active)
        return packed + _TO_JSON(counters).encode()

    @classmethod
    def load(cls, packed: bytes) -> State:
        """The state that ``dump`` wrote; a new one when that was of another version."""
        if len(packed) <= _LAYOUT.size or packed[0] != VERSION:
            return cls()
        state = cls()
        numbers = _LAYOUT.unpack_from(packed)[1:]
        own = [None if n != n else n for n in numbers[:_FRAME_END]]
        for name, number in zip(_OWN, own, strict=False):
            setattr(state, name, number)
        state.frame = own[len(_OWN) :]
        state.soil = Contact(*numbers[_FRAME_END:_CONTACT_END])
        runs = [numbers[_CONTACT_END + n * len(_RUN_FIELDS) :][: len(_RUN_FIELDS)] for n in range(3)]
        state.soil_run, state.frame_run, state.air_run = (Run(*run) for run in runs)
        (state.place, state.boot, state.boot_before, state.seq, state.troubles, state.since, state.active) = (
            json.loads(packed[_LAYOUT.size :])
        )
        return state


_OWN = ("time", "seen", "soil_value", "warm", "warm_time", "warm_held", "light", "senders", "clock_was_good")
_CONTACT_FIELDS = tuple(f.name for f in fields(Contact))
_RUN_FIELDS = tuple(f.name for f in fields(Run))
_NUMBERS, _CONTACT, _RUN = attrgetter(*_OWN), attrgetter(*_CONTACT_FIELDS), attrgetter(*_RUN_FIELDS)
_FRAME = ("soil_moisture", "temperature", "humidity", "light_level", "conductivity")
_NO_FRAME: list[float | None] = [None] * len(_FRAME)
_TO_JSON = json.JSONEncoder(separators=(",", ":")).encode
_NAN = float("nan")
_FRAME_END = len(_OWN) + len(_NO_FRAME)
_CONTACT_END = _FRAME_END + len(_CONTACT_FIELDS)
_LAYOUT = struct.Struct(f"<B{_CONTACT_END + 3 * len(_RUN_FIELDS)}d")


def screen(state: State, rows: Sequence[Row], scale: Scale | None = None) -> Screening:
    """Judge new rows of one device. ``scale`` is its calibration (dry, wet): what ``soil_raw`` counts in."""
    found = Screening([], [], [])
    dry, factor = (scale[0], 100 / (scale[1] - scale[0])) if scale else (0.0, 0.0)
    plant_id: str | None = ""
    for row in rows:
        time, bits, new = (row.time - _EPOCH).total_seconds(), row.flags, 0
        before = int(state.seen) if time == state.time else 0
        seen = before | _measured(row)
        if time < state.time or bits & flags.RETAINED or (time == state.time and seen == before):
            found.flags.append(0)
            continue
        if before:
            row = _without(row, before)
        if row.plant_id != plant_id:
            plant_id = row.plant_id
            _settle(state, time, [plant_id, *(scale or ())], found)
        raw = row.soil_raw if factor else row.soil_moisture
        soil = (raw - dry) * factor if factor and raw is not None else raw
        troubles = _of_packet(state, bits) if bits & _ODD or not state.clock_was_good else []
        if row.seq is not None and row.boot is not None and not before:
            new = _senders(state, time, row.boot, row.seq, found)
        if not bits & flags.SUSPECT:
            new |= _values(state, time, row, raw, soil, troubles, found)
        if troubles or state.troubles:
            _tally(state, time, troubles, found)
        state.time, state.seen = time, seen
        found.flags.append(new)
    return found


def _measured(row: Row) -> int:
    """What a row measured, as bits by the place in a frame."""
    return (
        (row.soil_moisture is not None or row.soil_raw is not None)
        | (row.temperature is not None) << 1
        | (row.humidity is not None) << 2
        | (row.light_level is not None) << 3
        | (row.conductivity is not None) << 4
    )


def _without(row: Row, seen: int) -> Row:
    """A row without what another message of the same time has told of already."""
    gone: dict[str, Any] = {name: None for bit, name in enumerate(_FRAME) if seen >> bit & 1}
    return row._replace(**gone, soil_raw=None if seen & 1 else row.soil_raw)


def _settle(state: State, time: float, place: list[Any], found: Screening) -> None:
    """Forget what was known of the moisture when the probe was put elsewhere or is counted otherwise."""
    if place != state.place:
        state.place, state.soil, state.soil_run, state.soil_value = place, Contact(), Run(), None
        for name in [name for name in state.active if name.startswith("soil_moisture:")]:
            _end(state, time, name, found)


_ODD = flags.SUSPECT | flags.OUT_OF_RANGE | flags.CLOCK_WRONG


def _of_packet(state: State, bits: int) -> list[str]:
    """Troubles that parsing has found: every value equal, a value refused, a clock that was right and is not."""
    troubles = []
    if bits & flags.SUSPECT:
        troubles.append(":all_equal")
    if bits & flags.OUT_OF_RANGE:
        troubles.append(":out_of_range")
    if bits & flags.CLOCK_WRONG and state.clock_was_good:
        troubles.append(":clock_reset")
    if not bits & (flags.CLOCK_WRONG | flags.ARRIVAL_TIME):
        state.clock_was_good = True
    return troubles


def _senders(state: State, time: float, boot: int, seq: int, found: Screening) -> int:
    """Whether sequences go back although time goes on: two devices with one identity."""
    if boot == state.boot:
        back = seq <= state.seq
    else:
        back = boot == state.boot_before
        state.boot_before, state.boot = state.boot, boot
    state.seq = seq
    if back:
        state.senders = min(state.senders + 1, 2 * _SENDERS)
        if state.senders >= _SENDERS:
            _begin(state, time, ":duplicate_stream", found)
    elif state.senders:
        state.senders = max(0.0, state.senders - _FORGIVEN)
        if not state.senders:
            _end(state, time, ":duplicate_stream", found)
    return flags.DUPLICATE if state.senders and ":duplicate_stream" in state.active else 0


def _values(
    state: State, time: float, row: Row, raw: float | None, soil: float | None, troubles: list[str], found: Screening
) -> int:  # fmt: skip
    """What the values themselves say; the whole frame first, then the air, then the soil."""
    frame = [soil, row.temperature, row.humidity, row.light_level, row.conductivity]
    if frame == _NO_FRAME:
        return 0
    if frame == state.frame:
        if state.frame_run.repeated(time, _FRAME_STUCK_S) and _several(frame):
            return _stuck(state, time, ":stuck", state.frame_run, found)
    else:
        if state.frame_run.stuck:
            _end(state, time, ":stuck", found)
        state.frame_run.changed(time)
        state.frame = frame
    new = 0
    if row.temperature is not None:
        new = _warmth(state, time, row.temperature, soil, troubles, found)
    if row.light_level is not None:
        if row.light_level == _LIGHT_END and state.light is not None and state.light < _DIM_LX:
            new |= flags.SENTINEL
            troubles.append("light_level:sentinel")
        state.light = row.light_level  # a second one is sun on a sensor that can show no more
    if soil is None or new:
        return new
    return _soil(state, time, raw, soil, troubles, found)


def _warmth(
    state: State, time: float, warm: float, soil: float | None, troubles: list[str], found: Screening
) -> int:
    was = state.warm
    if was is not None and not -_WARM_SUSPICIOUS < warm - was < _WARM_SUSPICIOUS:
        bits = _warm_jump(state, time, warm, warm - was, soil)
        if bits:
            troubles.append("temperature:sentinel" if bits & flags.SENTINEL else "temperature:jump")
            return bits
    elif warm == was:
        if state.air_run.repeated(time, _AIR_STUCK_S):  # no harm to the soil's readings: told, not flagged
            _begin(state, state.air_run.since, "temperature:stuck", found)
    else:
        if state.air_run.stuck:
            _end(state, time, "temperature:stuck", found)
        state.air_run.changed(time)
    state.warm, state.warm_time, state.warm_held = warm, time, 0
    return 0


def _warm_jump(state: State, time: float, warm: float, change: float, soil: float | None) -> int:
    """A temperature far from the one before: an error value, a jump, or, with time between them, weather."""
    if warm in _WARM_ERRORS or (warm in _ENDS and soil == warm):
        return flags.SENTINEL
    if abs(change) > _WARM_JUMP + _WARM_PER_S * (time - state.warm_time) and state.warm_held < _WARM_HELD:
        state.warm_held += 1
        return flags.JUMP
    return 0


def _soil(
    state: State, time: float, raw: float | None, soil: float, troubles: list[str], found: Screening
) -> int:
    contact = state.soil
    if raw in _CONVERTER_ENDS and contact.n >= WARM_UP and abs(soil - contact.value) > _FAR:
        troubles.append("soil_moisture:sentinel")
        return flags.SENTINEL
    lost = contact.lost_readings
    changed = soil != state.soil_value
    if changed and state.soil_run.stuck:
        contact.time = state.soil_run.since  # it dried on meanwhile
    bits = contact.fold(time, soil, telling=changed or state.soil_run.repeats > _SELDOM)
    if contact.late_since:
        found.late.append(Late(_at(contact.late_since - 0.001), _at(time), flags.JUMP))
        contact.late_since = 0.0
    if bits:
        if contact.lost_readings == _LOST:
            fault = "out_of_soil" if bits & flags.OUT_OF_SOIL else "jump"
            _begin(state, contact.lost_time, f"soil_moisture:{fault}", found)
        return bits
    if lost:
        _end(state, time, "soil_moisture:out_of_soil", found)
        _end(state, time, "soil_moisture:jump", found)
    if soil == state.soil_value:
        return _same_soil(state, time, soil, found)
    if state.soil_run.stuck:
        _end(state, time, "soil_moisture:stuck", found)
    state.soil_run.changed(time)
    state.soil_value = soil
    return 0


def _same_soil(state: State, time: float, soil: float, found: Screening) -> int:
    """The same moisture as before: for how long may that be?"""
    if soil <= 0:
        return 0  # where a drying pot ends, and stays
    contact, run = state.soil, state.soil_run
    rate = contact.loss_per_s / contact.step if contact.step else None
    if run.repeated(time, _FULL_STUCK_S if soil >= 100 else _SOIL_STUCK_S, rate):
        return _stuck(state, time, "soil_moisture:stuck", run, found)
    return 0


def _several(frame: Sequence[float | None]) -> bool:
    return sum(value is not None for value in frame) > 1


def _stuck(state: State, time: float, name: str, run: Run, found: Screening) -> int:
    if name not in state.active:
        _begin(state, run.since, name, found)
        found.late.append(Late(_at(run.since), _at(time), flags.STUCK))
    return flags.STUCK


def _tally(state: State, time: float, troubles: Sequence[str], found: Screening) -> None:
    """Count troubles that are judged by how many readings in a row show them."""
    for name in troubles:
        count = max(state.troubles.get(name, 0), 0) + 1
        state.troubles[name] = count
        if count == 1 and name not in state.active:
            state.since[name] = time
        if count >= _NEEDED[name.partition(":")[2]]:
            _begin(state, state.since[name], name, found)
    for name in [name for name in state.troubles if name not in troubles]:
        count = min(state.troubles[name], 0) - 1
        state.troubles[name] = count
        if name not in state.active or count <= -_CLEAN:
            _end(state, time, name, found)
            del state.troubles[name]


def _begin(state: State, since: float, name: str, found: Screening) -> None:
    if name not in state.active:
        state.active.append(name)
        state.since[name] = since
        found.changes.append(_change(name, since, active=True))


def _end(state: State, time: float, name: str, found: Screening) -> None:
    state.since.pop(name, None)
    if name in state.active:
        state.active.remove(name)
        found.changes.append(_change(name, time, active=False))


def _change(name: str, at: float, *, active: bool) -> Change:
    metric, _, fault = name.partition(":")
    return Change(metric or None, fault, _at(at), active)


def _at(time: float) -> datetime:
    return _EPOCH + timedelta(seconds=time)
