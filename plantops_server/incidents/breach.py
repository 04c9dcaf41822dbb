"""When a value becomes an incident and when it stops being one: pure rules, folded over readings in time order.

A breach opens an incident when it was seen by two distinct consecutive readings or has lasted ten minutes,
whichever comes first (decision 0007). It clears with hysteresis. Only a fresh reading opens or resolves; a
back-filled one moves the start of the breach, so that the fresh reading that continues it counts the whole.
A reading older than the newest one that was judged never changes what is open.

A breach that returns within six hours after its incident ended by itself continues that incident: a noisy probe at the
limit is one problem and not a dozen. Dry soil has one and a half days for that, since it does not get wet by itself:
what the probe shows is the warmth of the day. After a watering ended it, dryness is news once the water had two hours
to reach the probe; unless the probe saw that water, and it was too little to last for half a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from plantops_api.wire import Severity, Threshold

Kind: TypeAlias = Literal["low", "high"]

HOLD = timedelta(minutes=10)
"""A breach that lasted this long opens an incident."""
HOLD_READINGS = 2
"""So does a breach that this many distinct consecutive readings saw."""
LONG = timedelta(hours=24)
"""An incident older than this is critical, however small the breach."""
SAME_WITHIN = timedelta(hours=6)
"""A breach that returns so soon after "back in range" is the same incident."""
DRY_WITHIN = timedelta(hours=36)
"""The same for dry soil: probes read up to 0.6 points a degree, which brings them back every night."""
SOAKING = timedelta(hours=2)
"""After a watering the soil may read dry for so long: water takes its time to the probe."""
TOO_LITTLE_WITHIN = timedelta(hours=12)
"""Soil that is dry again so soon after a watering that the probe saw got too little: nothing was over."""
BACK_IN_RANGE = "back in range"
WATERED = "watered"
"""How the resolution of a dry incident begins that a watering ended."""
SEEN = f"{WATERED}, found in the readings"
"""The same when the readings showed it. One that is only logged is another matter: if it stays dry, that is news."""
TAKEN_UP = (BACK_IN_RANGE, SEEN)
"""Ends after which an incident goes on when the breach returns soon."""
_HYSTERESIS = 0.05  # of the crossed threshold, at most of the span: both found right by olen#354 and olen#465
_FAR = 0.20  # of the span, or of the threshold when there is only one: beyond it a breach is critical
_LEAST_MAGNITUDE = {"temperature": 4.0}
"""0 °C is as arbitrary as any other temperature: 5 % of it would be no hysteresis at all (4 °C gives 0.2 °C)."""
_NEVER_LOW = frozenset(
    {"light_level", "battery"}
)  # judged by the day's DLI, and by the battery's slow median


class Observation(NamedTuple):
    """One trusted reading of one plant: values by metric in the units of the wire.

    ``fresh`` is false for back-fill and for retained messages: they are history, not news.
    """

    plant_id: str
    time: datetime
    values: Mapping[str, float]
    fresh: bool


class PlantContext(NamedTuple):
    """What judging and telling about a plant needs to know of it.

    ``newest`` is the time of the newest trusted value per metric before this batch; an observation that is
    older is late. Without it, lateness is known only for metrics that are in breach.
    """

    plant_id: str
    name: str
    species: str | None
    location: str | None
    thresholds: Mapping[str, Threshold]
    newest: Mapping[str, datetime] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one metric of one plant; either side may be absent."""

    metric: str
    min: float | None = None
    max: float | None = None

    @classmethod
    def of(cls, metric: str, threshold: Threshold | None) -> Limits:
        """The limits that are judged: momentary light is never too low, and what is only shown has none."""
        if threshold is None or not threshold.enabled:
            return cls(metric)
        return cls(metric, None if metric in _NEVER_LOW else threshold.min, threshold.max)

    def same_within(self, kind: Kind) -> timedelta:
        """How soon after "back in range" a breach of this kind must return to be the same incident."""
        return DRY_WITHIN if (self.metric, kind) == ("soil_moisture", "low") else SAME_WITHIN

    def limit(self, kind: Kind) -> float | None:
        """The limit that a breach of this kind crosses."""
        return self.min if kind == "low" else self.max

    def excess(self, kind: Kind, value: float) -> float:
        """How far ``value`` lies beyond the limit; negative inside, minus infinity where there is no limit."""
        limit = self.limit(kind)
        if limit is None:
            return float("-inf")
        return limit - value if kind == "low" else value - limit

    def side(self, value: float) -> Kind | None:
        """Which limit the value crosses, if any."""
        if self.excess("low", value) > 0:
            return "low"
        return "high" if self.excess("high", value) > 0 else None

    def band(self, kind: Kind) -> float:
        """Width of the hysteresis inside the limit."""
        widths = [_HYSTERESIS * self._magnitude(kind)]
        if self._span is not None:
            widths.append(_HYSTERESIS * self._span)
        return min(widths)

    def cleared(self, kind: Kind, value: float) -> bool:
        """Whether a breach of this kind is over at ``value``."""
        return self.excess(kind, value) <= -self.band(kind)

    def severity(self, kind: Kind, value: float, lasted: timedelta) -> Severity:
        """Critical when far out or long."""
        far = _FAR * (self._span if self._span is not None else self._magnitude(kind))
        return "critical" if self.excess(kind, value) > far or lasted > LONG else "warning"

    @property
    def _span(self) -> float | None:
        return abs(self.max - self.min) if self.min is not None and self.max is not None else None

    def _magnitude(self, kind: Kind) -> float:
        return max(abs(self.limit(kind) or 0.0), _LEAST_MAGNITUDE.get(self.metric, 0.0))


@dataclass(slots=True)
class Breach:
    """A breach that is being watched: since when, over how many readings, and its newest value."""

    kind: Kind
    since: datetime
    readings: int
    last_at: datetime
    last_value: float

    def established(self) -> bool:
        """Whether it held long enough to be an incident."""
        return self.readings >= HOLD_READINGS or self.last_at - self.since >= HOLD


@dataclass(slots=True, eq=False)
class Incident:
    """One incident as the fold sees it; ``id`` is None until it is stored. Equal only to itself."""

    kind: Kind
    severity: Severity
    value: float
    threshold: float | None
    opened_at: datetime
    id: int | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None
    escalated: bool = False
    returned: bool = False
    """It was over, and goes on."""
    seen: float | None = None
    """Value of the reading that opened, changed or resolved it, for the message."""
    before: tuple[datetime, float] | None = None
    """The reading before that one, for the trend."""


@dataclass(slots=True)
class Track:
    """One metric of one plant: its limits, its breach, its open incident, and what this fold did to it."""

    limits: Limits
    breach: Breach | None = None
    open: Incident | None = None
    newest: datetime | None = None
    resting: Incident | None = None
    """The last incident, when its end may have been none (``TAKEN_UP``): a breach soon after continues it."""
    watered_at: datetime | None = None
    """When a watering ended the last dry incident."""
    touched: list[Incident] = field(default_factory=list)

    def observe(self, time: datetime, value: float, *, fresh: bool) -> None:
        """Take one reading; readings come in time order, late ones are recognised and change nothing open."""
        if self.newest is not None and time <= self.newest:
            self._late(time, value)
            return
        self.newest = time
        before = (self.breach.last_at, self.breach.last_value) if self.breach else None
        self._follow(time, value)
        if fresh:
            self._settle(time, value, before)
            self._escalate(time, value, before)
            self._open(time, value, before)

    def _follow(self, time: datetime, value: float) -> None:
        side, breach = self.limits.side(value), self.breach
        if breach is not None and breach.kind != side and (side or self.limits.cleared(breach.kind, value)):
            breach = self.breach = None
        if side is not None and breach is None:
            self.breach = Breach(side, since=time, readings=1, last_at=time, last_value=value)
        elif breach is not None:
            breach.readings += side is not None  # inside the band a breach goes on, but is not seen again
            breach.last_at, breach.last_value = time, value

    def _late(self, time: datetime, value: float) -> None:
        breach = self.breach
        if breach is None or time >= breach.last_at:
            return
        if self.limits.side(value) == breach.kind and time < breach.since:
            breach.since = time
            breach.readings += 1
        elif self.limits.cleared(breach.kind, value) and time >= breach.since:
            breach.since, breach.readings = time, 1  # it began after this reading

    def _settle(self, time: datetime, value: float, before: tuple[datetime, float] | None) -> None:
        incident = self.open
        if incident is None or not self.limits.cleared(incident.kind, value):
            return
        incident.resolved_at, incident.seen, incident.before = time, value, before
        incident.resolution = BACK_IN_RANGE
        self._touch(incident)
        self.open, self.resting = None, incident

    def _escalate(self, time: datetime, value: float, before: tuple[datetime, float] | None) -> None:
        incident = self.open
        if incident is None or incident.severity == "critical" or self.limits.side(value) != incident.kind:
            return
        if self.limits.severity(incident.kind, value, time - incident.opened_at) == "critical":
            incident.severity, incident.value, incident.escalated = "critical", value, True
            incident.seen, incident.before = value, before
            self._touch(incident)

    def _open(self, time: datetime, value: float, before: tuple[datetime, float] | None) -> None:
        breach, side = self.breach, self.limits.side(value)
        if self.open is not None or breach is None or side != breach.kind or not breach.established():
            return
        if side == "low" and self.watered_at is not None and time < self.watered_at + SOAKING:
            return
        self.open = self._returned(side, time, value)
        if self.open is None:
            severity = self.limits.severity(side, value, time - breach.since)
            self.open = Incident(side, severity, value, self.limits.limit(side), breach.since)
        self.open.seen, self.open.before = value, before
        self._touch(self.open)

    def _returned(self, kind: Kind, time: datetime, value: float) -> Incident | None:
        """The incident that this breach continues, open again."""
        incident, self.resting = self.resting, None
        if incident is None or incident.kind != kind or incident.resolved_at is None:
            return None
        seen_watered = incident.resolution == SEEN
        if time > incident.resolved_at + (
            TOO_LITTLE_WITHIN if seen_watered else self.limits.same_within(kind)
        ):
            return None
        incident.resolved_at = incident.resolution = None
        incident.returned = True
        if incident.severity == "warning":
            incident.severity = self.limits.severity(kind, value, time - incident.opened_at)
            incident.escalated = incident.severity == "critical"
        return incident

    def _touch(self, incident: Incident) -> None:
        if incident not in self.touched:
            self.touched.append(incident)
