"""Who was heard when, which interval each device keeps, and who is silent.

A reading that is neither retained nor old makes its device online. Status messages and last wills are hints: they
name the state, and silence is judged by the interval alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, cast

from plantops_api.wire import DeviceStatus
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

SQL = load_queries(__package__ or "", "presence.sql")

STATUS_WORDS: Mapping[bytes, DeviceStatus] = {
    b"online": "online", b"offline": "offline", b"sleeping": "sleeping",
}  # fmt: skip

# The estimate is an expectile of the logarithm of the interval: it leans towards the long ones, so that a device that
# sends in bursts, or loses one packet in ten, is not called late all the time.
_LEAN = 0.9
_GAIN = 0.3
_STEP = 1.0  # of the logarithm: an outage of a week counts as one interval 2.7 times too long
_SETTLED = 8  # intervals seen; until then they count alike, so that the first, possibly odd ones do not stick
_PROMISED = (
    1.5  # times the declared interval: whoever keeps that is believed at once, whatever was learned before
)
_SHORTEST_S, _LONGEST_S = 0.1, 7 * 86_400.0


@dataclass(slots=True)
class Device:
    """A device row under lock, changed in memory while a batch is read and written back once."""

    id: str
    name: str | None
    plant_id: str | None
    status: DeviceStatus
    calibration: dict[str, float] | None
    report_interval_s: int
    expected_interval_s: float
    last_seen_at: datetime | None
    last_reading_at: datetime | None
    last_live_at: datetime | None
    observed_interval_s: float | None
    observed_intervals: int
    next_wake_at: datetime | None
    battery: float | None
    rssi: float | None
    was: DeviceStatus = "provisioning"

    def heard(self, arrived: datetime) -> None:
        """A live message came: the device is there."""
        self.last_seen_at = max(self.last_seen_at or arrived, arrived)
        self._becomes("online")

    def measured(
        self, time: datetime, *, fresh: bool, next_in_s: float | None = None, battery: float | None = None,
        rssi: float | None = None, catching_up: bool = False,
    ) -> None:  # fmt: skip
        """A new reading was taken at ``time``; ``fresh`` unless it is back-fill. ``next_in_s`` counts from then.

        ``catching_up`` says that back-fill came in the same packet. The interval is learned between live readings
        only: a gap to back-fill says how long the link was away, or how long ago a history ended, and nothing about
        what the device keeps.
        """
        if self.last_reading_at is not None and time < self.last_reading_at:
            return
        self.battery = self.battery if battery is None else battery
        self.rssi = self.rssi if rssi is None else rssi
        if time == self.last_reading_at:  # another message of the same reading
            if fresh and next_in_s is not None:
                self.next_wake_at = time + timedelta(seconds=next_in_s)
            return
        live = fresh and not catching_up
        if live and self.last_live_at is not None:
            self._keeps((time - self.last_live_at).total_seconds())
        if fresh:
            self.next_wake_at = None if next_in_s is None else time + timedelta(seconds=next_in_s)
        self.last_live_at = time if live else None
        self.last_reading_at = time

    def heard_status(self, status: DeviceStatus, arrived: datetime) -> None:
        """A status message. Retained, it may be as old as the broker, so that it proves no life by itself."""
        overdue = self.last_seen_at is not None and arrived > self._offline_at(self.last_seen_at)
        if status == "offline" or not overdue:
            self._becomes(status)

    @property
    def status_changed(self) -> bool:
        """Whether the batch changed what the device is doing."""
        return self.status != self.was

    def _becomes(self, status: DeviceStatus) -> None:
        if self.status != "provisioning" or self.plant_id is not None:
            self.status = status

    def _keeps(self, interval_s: float) -> None:
        self.observed_interval_s = learned(
            self.observed_interval_s, self.observed_intervals, interval_s, self.report_interval_s
        )
        self.observed_intervals += 1

    def _offline_at(self, since: datetime) -> datetime:
        interval = timedelta(seconds=self.expected_interval_s)
        return max(since + interval, self.next_wake_at or since) + 2 * interval


class Silent(NamedTuple):
    """A device that has not been heard in time. ``trust`` is ``late`` or ``offline``; times in UTC, intervals in s."""

    device_id: str
    plant_id: str | None
    name: str | None
    status: DeviceStatus
    last_seen_at: datetime
    interval_s: float
    trust: Literal["late", "offline"]


class Expectation(NamedTuple):
    """What may be expected of the devices of one plant: the widest interval, the latest announced waking."""

    interval_s: float
    next_wake_at: datetime | None
    status: DeviceStatus


def learned(estimate: float | None, seen: int, interval_s: float, declared_s: float = math.inf) -> float:
    """The new estimate of the interval that a device keeps, s, after one more of ``interval_s``.

    ``seen`` is how many intervals the present ``estimate`` rests on. An estimate above ``declared_s`` comes down
    quickly while the device keeps what it declared, since silence would be noticed late by it.
    """
    interval_s = min(max(interval_s, _SHORTEST_S), _LONGEST_S)
    if estimate is None or seen == 0:
        return interval_s
    error = math.log(interval_s / estimate)
    if seen < _SETTLED:
        return estimate * math.exp(error / (seen + 1))
    promised = declared_s / _PROMISED <= interval_s <= declared_s * _PROMISED
    if promised and error < 0:
        return estimate * math.exp(_GAIN * error)
    error = min(max(error, -_STEP), _STEP)
    return estimate * math.exp(_GAIN * error * (_LEAN if error > 0 else 1 - _LEAN))


async def lock(conn: Connection, device_ids: Iterable[str]) -> dict[str, Device]:
    """Lock these devices, in the order of their ids, until the transaction ends; unknown, removed: absent."""
    cursor = await conn.execute(SQL["lock_devices"], (sorted(set(device_ids)),))
    return {row["id"]: Device(**row, was=row["status"]) for row in await cursor.fetchall()}


async def write_back(conn: Connection, devices: Sequence[Device]) -> None:
    """Store what was heard of devices that ``lock`` gave."""
    if devices:
        columns: list[list[Any]] = [
            [getattr(device, name) for device in devices]
            for name in (
                "id", "status", "last_seen_at", "last_reading_at", "last_live_at", "observed_interval_s",
                "observed_intervals", "next_wake_at", "battery", "rssi",
            )
        ]  # fmt: skip
        await conn.execute(SQL["write_devices"], columns)


async def expectations(conn: Connection, plant_ids: Sequence[str]) -> dict[str, Expectation]:
    """What each of these plants may expect of its devices; plants without a device are absent."""
    cursor = await conn.execute(SQL["expectations_of_plants"], (list(plant_ids),))
    return {
        row["plant_id"]: Expectation(row["interval_s"], row["next_wake_at"], row["status"])
        for row in await cursor.fetchall()
    }


async def silent(conn: Connection, now: datetime) -> list[Silent]:
    """Devices that are late or offline at ``now``, by the interval they keep and the waking they announced."""
    cursor = await conn.execute(SQL["silent_devices"], {"now": now})
    return [Silent(**row) for row in await cursor.fetchall()]


async def mark_offline(conn: Connection, silent: Iterable[Silent]) -> list[str]:
    """Give the status ``offline`` to those that are; the ids of devices that had another one.

    A device that was heard since ``silent`` looked keeps its status.
    """
    gone = sorted((s.device_id, s.last_seen_at) for s in silent if s.trust == "offline")
    cursor = await conn.execute(
        SQL["mark_offline"], ([device_id for device_id, _ in gone], [seen for _, seen in gone])
    )
    return [cast(str, row["id"]) for row in await cursor.fetchall()]


async def clock_set_back(conn: Connection, now: datetime, by: timedelta) -> None:
    """Our clock was set back ``by`` so much, to ``now``: else nobody would be missed until it has caught up."""
    await conn.execute(SQL["clock_set_back"], {"now": now, "by": by})
