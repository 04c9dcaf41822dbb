"""Plays a recording as a device of its own, so that it looks to the server as if it had just been measured.

Playing the same recording for the same plant again adds nothing: the device is found by a MAC address derived from
plant and recording, and what the times were moved by stands in its firmware version, so that the same rows get
the same times, and the server stores each (device, time) once.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from plantops_api import __version__, errors, wire
from plantops_api.client import PlantOpsClient
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.recording import Recording, Row
from plantops_cli.simulator import chance
from plantops_cli.simulator.enrolment import (
    Enrolled,
    enrolment_token,
    mac_address,
    register,
    register_or_return,
)
from plantops_cli.simulator.messages import Fields, arrays, instant
from plantops_cli.simulator.session import DeviceSession, Status

REST_S = 86_400
"""The device announces its next reading for a day after the last row: the recording is over, and that is no failure.
After that day it is silent like any other device, and the server says so."""

BELIEVED = timedelta(days=35) - timedelta(minutes=10)
"""The server takes an older time for a wrong clock; ten minutes are for sending."""

STORED_TIMEOUT_S = 120.0

_ENDS = re.compile(r"\bends=(\S+)")


class Speed(NamedTuple):
    """``factor`` times as fast as it was recorded; None is as fast as it goes."""

    factor: float | None

    def lasts(self, span: timedelta) -> timedelta:
        """How long playing takes."""
        return timedelta() if self.factor is None else span / self.factor


@dataclass(frozen=True)
class Request:
    """What to play, for which plant, and how. ``salt`` makes it another device, and so another playing."""

    recording: Recording
    plant_id: str
    name: str
    speed: Speed
    keep_time: bool = False
    salt: str = ""

    @property
    def span(self) -> timedelta:
        """From the first row to the last."""
        return self.recording.rows[-1].time - self.recording.rows[0].time

    @property
    def interval_s(self) -> int:
        """The interval that the recording keeps, s."""
        rows = self.recording.rows
        steps = [(b.time - a.time).total_seconds() for a, b in pairwise(rows)]
        return min(86_400, max(1, round(median(steps)))) if steps else 600

    @property
    def mac_address(self) -> str:
        """The address of the device that plays this recording for this plant."""
        rows = [(row.time.isoformat(), sorted(row.values.items())) for row in self.recording.rows]
        return mac_address("replay", self.plant_id, chance.seed_of(rows), self.keep_time, self.salt)


class Outcome(NamedTuple):
    """What playing did. ``too_old`` and ``too_new`` rows lie where the server believes no time; ``added`` may be
    less than ``sent`` when rows were there already. ``played_before``: the recording's end as it was moved then."""

    device_id: str
    sent: int
    added: int
    stored: int
    too_old: int
    too_new: int
    ends: datetime
    played_before: bool


async def play(client: PlantOpsClient, request: Request, now: Callable[[], datetime]) -> Outcome:
    """Register (or return), publish every row over MQTT, and wait until the server has stored them.

    Raises:
        ApiError, Stop: the server or the broker refuses or is away, or it does not store what it took.
    """
    if request.keep_time:  # before anything is registered
        _sendable(request, request.recording.rows, now())
    enrolled, ends = await _take_up(client, request, now())
    device_id = enrolled.registered.device_id
    await client.provision_device(device_id, request.plant_id)
    rows = _moved(request, ends)
    sendable = _sendable(request, rows, now())
    before = await stored_rows(client, request.plant_id, device_id, sendable) if enrolled.known else 0
    await _publish(request, enrolled.registered, sendable, ends, now)
    stored = await _wait_until_stored(client, request.plant_id, device_id, sendable)
    too_old = sum(row.time < sendable[0].time for row in rows)
    return Outcome(
        device_id, len(sendable), stored - before, stored, too_old, len(rows) - len(sendable) - too_old, ends,
        enrolled.known is not None,
    )  # fmt: skip


async def stored_rows(client: PlantOpsClient, plant_id: str, device_id: str, rows: Sequence[Row]) -> int:
    """How many readings of the device the server holds between the first and the last of ``rows``."""
    start, end = rows[0].time, rows[-1].time + timedelta(microseconds=1)
    wanted, count, rest = f",{device_id},".encode(), 0, b""
    async for piece in client.export_plant_csv(plant_id, start=start, end=end):
        *lines, rest = (rest + piece).split(b"\n")
        count += sum(wanted in line for line in lines)
    return count + (wanted in rest)


async def _take_up(client: PlantOpsClient, request: Request, now: datetime) -> tuple[Enrolled, datetime]:
    """The device that plays, and when the recording ends in its moved time."""
    ends = request.recording.rows[-1].time
    if not request.keep_time:
        ends = (now + request.speed.lasts(request.span)).replace(microsecond=0)
    body = wire.RegisterBody(
        mac_address=request.mac_address,
        firmware_version=f"plantops-replay {__version__} ends={instant(ends)}",
        sensor_types=[metric for metric in request.recording.columns if metric != "time"],
        name=request.name,
        report_interval_s=request.interval_s,
    )
    async with enrolment_token(client, request.name, uses=2) as token:
        enrolled = await register_or_return(client, body, token)
        if enrolled.known is None:
            return enrolled, ends
        if (
            enrolled.known.last_reading_at is None
        ):  # it never came to sending: nothing binds it to those times
            await client.allow_reenrolment(enrolled.known.id)
            return Enrolled(await register(client, body, token), None), ends
    return enrolled, _ends_of(enrolled.known)


def _ends_of(device: wire.Device) -> datetime:
    match = _ENDS.search(device.firmware_version)
    try:
        return datetime.fromisoformat(match[1] if match else "").astimezone(UTC)
    except ValueError:
        raise Stop(
            ExitCode.CONFLICT,
            f"Device {device.id} played this recording before and does not say how its times were moved.",
            "--again plays it anew, as another device.",
        ) from None


def _sendable(request: Request, rows: Sequence[Row], now: datetime) -> list[Row]:
    """The rows whose time the server believes: not too old, and not ahead unless they are waited for."""
    found = [row for row in rows if row.time >= now - BELIEVED and not (request.keep_time and row.time > now)]
    if not found:
        raise Stop(
            ExitCode.FAILURE,
            "No row lies within the last 35 days, and the server believes no other time.",
            "Nothing was sent. "
            + (
                "Without --keep-time its last row becomes now."
                if request.keep_time
                else "--again makes its last row now."
            ),
        )
    return found


def _moved(request: Request, ends: datetime) -> list[Row]:
    shift = ends - request.recording.rows[-1].time
    return [row._replace(time=row.time + shift) for row in request.recording.rows]


async def _publish(
    request: Request, registered: wire.Registered, rows: Sequence[Row], ends: datetime, now: Callable[[], datetime]
) -> None:  # fmt: skip
    session = DeviceSession(registered.mqtt, registered.topics)
    await session.connect()
    last_words: Status = "offline"
    try:
        finish = now() + request.speed.lasts(request.span) if request.keep_time else ends
        for batch in _batches(request.speed, rows):
            paced = finish - request.speed.lasts(ends - batch[-1].time)
            due = max(paced, batch[-1].time)  # never before its time: the server believes no future
            await asyncio.sleep(max(0.0, (due - now()).total_seconds()))
            await session.send([_fields(row, is_last=row is rows[-1]) for row in batch])
        last_words = "sleeping"
    finally:
        await session.close(last_words)


def _batches(speed: Speed, rows: Sequence[Row]) -> list[Sequence[Row]]:
    """Rows that go out together: full arrays at full speed, else what falls into a tenth of a second."""
    if speed.factor is None:
        return list(arrays(rows))
    batches: list[list[Row]] = []
    for row in rows:
        width = timedelta(seconds=0.1 * speed.factor)
        if batches and row.time - batches[-1][0].time < width:
            batches[-1].append(row)
        else:
            batches.append([row])
    return list(batches)


def _fields(row: Row, *, is_last: bool) -> Fields:
    fields: dict[str, Any] = {"ts": row.time, **row.values}
    return {**fields, "next_in_s": REST_S} if is_last else fields


async def _wait_until_stored(
    client: PlantOpsClient, plant_id: str, device_id: str, rows: Sequence[Row]
) -> int:
    """Wait for the last row, then for the count; the number of rows stored."""
    stored = 0
    try:
        async with asyncio.timeout(STORED_TIMEOUT_S):
            while True:
                last = (await client.get_device(device_id)).last_reading_at
                if last is not None and last >= rows[-1].time:
                    stored = await stored_rows(client, plant_id, device_id, rows)
                    if stored >= len(rows):
                        return stored
                await asyncio.sleep(0.2)
    except TimeoutError:
        stored = await stored_rows(client, plant_id, device_id, rows)
        raise Stop(
            ExitCode.FAILURE,
            f"The broker took all {len(rows)} rows, and the server has stored {stored} of them so far.",
            f'"plantops devices show {device_id}" says what it refused; "plantops doctor" what holds it up.',
        ) from None
    except errors.NotFound:
        raise Stop(
            ExitCode.NOT_FOUND, "Plant or device were removed while the recording was played."
        ) from None
