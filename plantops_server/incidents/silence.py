"""Incidents of kind ``offline``: a device that fell silent, or one outage when nothing can be heard at all.

The rules, judged every few seconds by ``watch``:

1. Silence counts only while we listen. We listen since the start of the process, the return of the broker
   link, or the end of the last outage, whichever came last.
2. A device that was heard since we listen is offline when it missed its deadline (three of its intervals, or
   two after the waking that it announced). It needs no grace: we were there and it did not speak.
3. A device that was not heard since we listen gets time to find us again: at least 10 minutes, and one and a
   half of its intervals if that is longer. So a restart fires nothing, and a sleeper is not blamed for our absence.
4. What is open stays open over a restart. A device's incident resolves when a newer reading comes, never by
   mere waiting.
5. No proof of life, no blame. If nobody at all was heard after the moment when a silent device should have
   spoken, the fault may lie in the network, the power or the broker. With three or more devices in use that is
   one outage incident; with fewer the device is named, since there is nobody to compare it with.
6. While the broker link is down no device is blamed. Down for two minutes, it is one outage incident.
7. An outage resolves when a reading comes (with no device in use: when the link is back), and then rule 1
   gives every device time again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from plantops_server.incidents import outbox
from plantops_server.store.bell import ring
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__, "silence.sql")

GRACE = timedelta(minutes=10)
"""Least time that a device has to find us again (Home Assistant's plants were given the same: olen#449)."""
_LATE_INTERVALS = 1.5
LINK_DOWN_FOR = timedelta(minutes=2)
"""A broker that restarts is back long before; a link down for longer is an outage."""
_FLEET = 3
"""Devices in use from which on their common silence says more than the silence of one."""


class SilentDevice(NamedTuple):
    """A device past its deadline. ``interval_s`` is what it keeps; ``last_seen_at`` is when it was last heard."""

    device_id: str
    name: str | None
    plant_id: str | None
    plant_name: str | None
    last_seen_at: datetime
    interval_s: float


class Listening(NamedTuple):
    """Since when we can hear devices; ``link_down_since`` is set while the broker link is down.

    In a process without a link of its own the second is None, and rule 5 finds the outage.
    """

    since: datetime
    link_down_since: datetime | None = None


class OpenSilence(NamedTuple):
    """An open incident of kind ``offline``; an outage has no device."""

    id: int
    device_id: str | None
    plant_id: str | None
    opened_at: datetime


@dataclass(slots=True)
class Verdict:
    """What is to be done: devices to open for, an outage to open since when, incidents to resolve and why."""

    offline: list[SilentDevice] = field(default_factory=list)
    outage_since: datetime | None = None
    outage_text: str = ""
    resolve: list[tuple[OpenSilence, str]] = field(default_factory=list)


def decide(
    now: datetime,
    listening: Listening,
    heard: Mapping[str, datetime],
    silent: Sequence[SilentDevice],
    open_now: Sequence[OpenSilence],
) -> Verdict:
    """Apply the rules above. ``heard`` is when each device in use was last heard (never heard: absent)."""
    verdict = Verdict(resolve=_over(heard, listening, open_now))
    if any(incident.device_id is None for incident in open_now):
        return verdict  # an outage blames no device, and its end is where their time begins
    resolved = {incident.id for incident, _ in verdict.resolve}
    still_open = [incident for incident in open_now if incident.id not in resolved]
    if listening.link_down_since is not None:
        if now - listening.link_down_since >= LINK_DOWN_FOR:
            verdict.outage_since = listening.link_down_since
            verdict.outage_text = "The connection to the MQTT broker is down, so no readings come in."
        return verdict
    known = {incident.device_id for incident in still_open}
    candidates = [d for d in silent if d.device_id not in known and _had_time(d, now, listening)]
    _blame(verdict, candidates, heard, {i: at for i, at in heard.items() if i not in known})
    return verdict


def _over(
    heard: Mapping[str, datetime], listening: Listening, open_now: Sequence[OpenSilence]
) -> list[tuple[OpenSilence, str]]:
    over = []
    newest = max(heard.values(), default=None)
    for incident in open_now:
        last = newest if incident.device_id is None else heard.get(incident.device_id)
        if last is not None and last > incident.opened_at:
            over.append((incident, "readings come in again"))
        elif incident.device_id is not None and last is None:
            over.append((incident, "the device was removed"))
        elif incident.device_id is None and not heard and listening.link_down_since is None:
            over.append((incident, "the connection to the broker is back"))
    return over


def _had_time(device: SilentDevice, now: datetime, listening: Listening) -> bool:
    if device.last_seen_at >= listening.since:
        return True
    return now - listening.since >= max(GRACE, _LATE_INTERVALS * timedelta(seconds=device.interval_s))


def _blame(
    verdict: Verdict,
    candidates: Sequence[SilentDevice],
    heard: Mapping[str, datetime],
    in_use: Mapping[str, datetime],
) -> None:
    newest = max(heard.values(), default=None)
    for device in candidates:
        late_at = device.last_seen_at + _LATE_INTERVALS * timedelta(seconds=device.interval_s)
        proof_of_life = newest is not None and newest > late_at
        if proof_of_life or len(in_use) < _FLEET:
            verdict.offline.append(device)
        else:
            verdict.outage_since = max(in_use.values())
            verdict.outage_text = f"None of {len(in_use)} devices is heard: network, power, or the broker?"


async def apply(conn: Connection, verdict: Verdict, now: datetime) -> list[str]:
    """Write the verdict, its outbox rows and rings in the caller's transaction; ids of the plants concerned."""
    resolved = await _resolve(conn, verdict, now)
    opened = await _open(conn, verdict)
    if opened:
        await outbox.enqueue(conn, opened, now)
    concerned = [*resolved, *(event.plant_id for event in opened)]
    alert_ids = [str(incident.id) for incident, _ in verdict.resolve] + [str(e.alert_id) for e in opened]
    await ring(conn, "alert", alert_ids)
    return sorted({plant_id for plant_id in concerned if plant_id is not None})


async def open_now(conn: Connection) -> list[OpenSilence]:
    """The open incidents of kind ``offline``."""
    return [OpenSilence(**row) for row in await (await conn.execute(_SQL["open_silences"])).fetchall()]


async def last_outage_end(conn: Connection) -> datetime | None:
    """When the newest outage ended; None when there was none."""
    row = await (await conn.execute(_SQL["last_outage_end"])).fetchone()
    return None if row is None else row["ended"]


async def clock_set_back(conn: Connection, now: datetime) -> None:
    """Our clock was set back to ``now``: an open silence ends with the next reading, not when it has caught up."""
    await conn.execute(_SQL["clock_set_back"], {"now": now})


async def _resolve(conn: Connection, verdict: Verdict, now: datetime) -> list[str | None]:
    if not verdict.resolve:
        return []
    texts = {incident.id: text for incident, text in verdict.resolve}
    cursor = await conn.execute(
        _SQL["resolve_silences"], {"ids": list(texts), "texts": list(texts.values()), "now": now}
    )
    rows = await cursor.fetchall()
    news = {row["id"]: {"resolved_at": now.isoformat(), "resolution": texts[row["id"]]} for row in rows}
    await outbox.enqueue_again(conn, "resolved", news, now)
    return [row["plant_id"] for row in rows]


async def _open(conn: Connection, verdict: Verdict) -> list[outbox.Event]:
    devices: list[SilentDevice | None] = [*verdict.offline]
    if verdict.outage_since is not None:
        devices.append(None)
    if not devices:
        return []
    cursor = await conn.execute(
        _SQL["open_silences_for"],
        {
            "plants": [d.plant_id if d else None for d in devices],
            "devices": [d.device_id if d else None for d in devices],
            "severities": ["warning" if d else "critical" for d in devices],
            "opened": [d.last_seen_at if d else verdict.outage_since for d in devices],
        },
    )
    by_device = {d.device_id if d else None: d for d in devices}
    return [
        _opened_event(row, by_device[row["device_id"]], verdict.outage_text)
        for row in await cursor.fetchall()
    ]


def _opened_event(row: Mapping[str, object], device: SilentDevice | None, outage_text: str) -> outbox.Event:
    return outbox.Event(
        happened="opened",
        alert_id=row["id"],  # type: ignore[arg-type]
        kind="offline",
        severity="warning" if device else "critical",
        plant_id=device.plant_id if device else None,
        facts=outbox.Facts(
            plant_name=device.plant_name if device else None,
            device_id=device.device_id if device else None,
            device_name=device.name if device else None,
            opened_at=row["opened_at"],
            text=None if device else outage_text,
        ),
    )
