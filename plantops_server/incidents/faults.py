"""Incidents of kind ``sensor_fault``: one a device, however many faults it shows and however many plants' limits its
values would cross.

A device's incident stays open while any of its faults goes on. A fault that comes back within six hours is the same
incident again and not news: a loose cable comes and goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from plantops_server.incidents import outbox
from plantops_server.incidents.breach import PlantContext
from plantops_server.store.bell import ring
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__, "faults.sql")

Fault: TypeAlias = Literal[
    "stuck", "jump", "out_of_range", "sentinel", "out_of_soil", "all_equal", "clock_reset", "duplicate_stream"
]

SAME_FAULT_WITHIN = timedelta(hours=6)
"""A fault that comes back so soon continues the incident."""
_RECOVERED = "the sensor is plausible again"
_MOVED = "the device was moved to another plant"
_GOES_ON = {"resolved_at": None, "resolution": None}
_WORDS: Mapping[str, str] = {
    "stuck": "{metric} is stuck at one value",
    "jump": "{metric} jumps as no pot does",
    "out_of_range": "{metric} is outside of what the sensor can measure",
    "sentinel": "{metric} is the sensor's error value",
    "out_of_soil": "the probe is out of the soil",
    "all_equal": "all values are equal",
    "clock_reset": "its clock was reset",
    "duplicate_stream": "two senders report as this device",
}


class FaultVerdict(NamedTuple):
    """One fault of one device that began (``active``) or ended. ``metric`` is None for faults of the whole device."""

    plant_id: str | None
    device_id: str
    device_name: str | None
    metric: str | None
    fault: Fault
    since: datetime
    active: bool


@dataclass(slots=True)
class _Case:
    """The incident of one device as these verdicts leave it."""

    device_id: str
    plant_id: str | None = None
    device_name: str | None = None
    id: int | None = None
    opened_at: datetime | None = None
    before: tuple[str, ...] = ()
    faults: list[str] = field(default_factory=list)
    returned: bool = False

    @property
    def metric(self) -> str | None:
        """The metric, when all faults are about one."""
        metrics = {fault.partition(":")[0] for fault in self.faults or self.before}
        return (metrics.pop() or None) if len(metrics) == 1 else None

    @property
    def detail(self) -> str:
        """The faults in words."""
        return "; ".join(_in_words(fault) for fault in self.faults or self.before)

    def hear(self, verdict: FaultVerdict) -> None:
        """Take one verdict."""
        name = f"{verdict.metric or ''}:{verdict.fault}"
        self.device_name = verdict.device_name
        if not verdict.active:
            self.faults = [fault for fault in self.faults if fault != name]
        elif name not in self.faults:
            self.faults.append(name)
            self.opened_at = self.opened_at or verdict.since


async def judge_faults(
    conn: Connection, verdicts: Sequence[FaultVerdict], contexts: Mapping[str, PlantContext], now: datetime
) -> list[int]:
    """Open, change and resolve incidents by these verdicts; the ids of those that changed.

    A verdict that says what is known already does nothing, so that states may be given as well as changes. Writes
    ``alerts`` and the outbox and rings ``alert`` in the caller's transaction; the caller has locked the devices.
    """
    if not verdicts:
        return []
    cases = await _load(conn, verdicts, now)
    changed = await _leave(conn, verdicts, cases, now)
    for verdict in verdicts:
        cases.setdefault(verdict.device_id, _Case(verdict.device_id, verdict.plant_id)).hear(verdict)
    known = [case for case in cases.values() if case.id is not None and tuple(case.faults) != case.before]
    changed += await _tell_known(conn, known, now)
    new = [case for case in cases.values() if case.id is None and case.faults]
    changed += await _tell_new(conn, new, contexts, now)
    await ring(conn, "alert", map(str, changed))
    return changed


async def _load(conn: Connection, verdicts: Sequence[FaultVerdict], now: datetime) -> dict[str, _Case]:
    """What is open, or ended a short while ago, by device."""
    devices = sorted({verdict.device_id for verdict in verdicts})
    begun = sorted({verdict.device_id for verdict in verdicts if verdict.active})
    cases: dict[str, _Case] = {}
    if begun:
        values = {"devices": begun, "since": now - SAME_FAULT_WITHIN, "recovered": _RECOVERED}
        for row in await (await conn.execute(_SQL["lately_over"], values)).fetchall():
            cases[row["device_id"]] = _Case(
                row["device_id"], row["plant_id"], id=row["id"], opened_at=row["opened_at"], returned=True
            )
    for row in await (await conn.execute(_SQL["open_faults"], {"devices": devices})).fetchall():
        cases[row["device_id"]] = _Case(
            row["device_id"], row["plant_id"], id=row["id"], opened_at=row["opened_at"],
            before=tuple(row["faults"]), faults=list(row["faults"]),
        )  # fmt: skip
    return cases


async def _leave(
    conn: Connection, verdicts: Sequence[FaultVerdict], cases: dict[str, _Case], now: datetime
) -> list[int]:
    """Close incidents of devices that sit in another plant by now; ``cases`` forgets them."""
    place = {verdict.device_id: verdict.plant_id for verdict in verdicts}
    left = [case for case in cases.values() if case.plant_id != place[case.device_id]]
    for case in left:
        del cases[case.device_id]
    return await _resolve(conn, [case for case in left if not case.returned], _MOVED, now)


async def _tell_known(conn: Connection, cases: Sequence[_Case], now: datetime) -> list[int]:
    """Write what became of known incidents, and tell whoever was told of them."""
    over = [case for case in cases if not case.faults]
    changed = [case for case in cases if case.faults]
    written = await _update(conn, changed, None, None)
    news = {
        alert_id: {"text": case.detail, "returned": case.returned, **_GOES_ON}
        for alert_id, case in written.items()
    }
    await outbox.enqueue_again(conn, "changed", news, now)
    return [*news, *await _resolve(conn, over, _RECOVERED, now)]


async def _resolve(conn: Connection, cases: Sequence[_Case], why: str, now: datetime) -> list[int]:
    written = await _update(conn, cases, now, why)
    news = {alert_id: {"resolved_at": now.isoformat(), "resolution": why} for alert_id in written}
    await outbox.enqueue_again(conn, "resolved", news, now)
    return list(written)


async def _update(
    conn: Connection, cases: Sequence[_Case], resolved_at: datetime | None, why: str | None
) -> dict[int, _Case]:
    """Write these incidents; those that were written, by id."""
    if not cases:
        return {}
    by_id = {case.id: case for case in cases if case.id is not None}
    cursor = await conn.execute(
        _SQL["update"],
        {
            "ids": list(by_id),
            "metrics": [case.metric for case in by_id.values()],
            "details": [case.detail for case in by_id.values()],
            "faults": [",".join(case.faults) for case in by_id.values()],
            "resolved_at": resolved_at, "resolution": why, "recovered": _RECOVERED,
        },
    )  # fmt: skip
    return {row["id"]: by_id[row["id"]] for row in await cursor.fetchall()}


async def _tell_new(
    conn: Connection, cases: Sequence[_Case], contexts: Mapping[str, PlantContext], now: datetime
) -> list[int]:
    """Open one incident for each of these devices and tell of it."""
    if not cases:
        return []
    cursor = await conn.execute(
        _SQL["open"],
        {
            "plants": [case.plant_id for case in cases],
            "devices": [case.device_id for case in cases],
            "metrics": [case.metric for case in cases],
            "opened": [case.opened_at for case in cases],
            "details": [case.detail for case in cases],
            "faults": [",".join(case.faults) for case in cases],
        },
    )
    ids = {row["device_id"]: row["id"] for row in await cursor.fetchall()}
    events = [_opened(ids[c.device_id], c, contexts) for c in cases if c.device_id in ids]
    await outbox.enqueue(conn, events, now)
    return [event.alert_id for event in events]


def _opened(alert_id: int, case: _Case, contexts: Mapping[str, PlantContext]) -> outbox.Event:
    context = contexts.get(case.plant_id or "")
    assert case.opened_at is not None  # noqa: S101 - it was set with the first fault
    return outbox.Event(
        happened="opened", alert_id=alert_id, kind="sensor_fault", severity="warning", plant_id=case.plant_id,
        facts=outbox.Facts(
            plant_name=context.name if context else None, species=context.species if context else None,
            location=context.location if context else None,
            device_id=case.device_id, device_name=case.device_name, metric=case.metric,
            opened_at=case.opened_at, text=case.detail,
        ),
    )  # fmt: skip


def _in_words(fault: str) -> str:
    metric, _, what = fault.partition(":")
    return _WORDS[what].format(metric=metric.replace("_", " ") or "a value")
