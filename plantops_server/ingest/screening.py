"""Sensor faults of a batch: flags on its rows before they are stored, verdicts for incidents after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple, cast

from plantops_server.devices.presence import Device
from plantops_server.incidents.faults import Fault, FaultVerdict
from plantops_server.store.database import Connection
from plantops_server.telemetry import faults, flags, sensor_state
from plantops_server.telemetry.faults import Change, Late
from plantops_server.telemetry.store import Row


class Screened(NamedTuple):
    """Rows in their order, with the flags that they deserve; what else was found, by device."""

    rows: list[Row]
    late: list[tuple[str, Late]]
    changes: list[tuple[str, Change]]


async def screen(conn: Connection, rows: Sequence[Row], devices: Mapping[str, Device]) -> Screened:
    """Judge the rows of a batch, device by device, each in the order of time, by what is remembered of its sensors."""
    of_device: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        of_device.setdefault(row.device_id, []).append(place)
    states = await sensor_state.load(
        conn, {device_id: devices[device_id].last_reading_at for device_id in of_device}
    )
    screened = Screened(list(rows), [], [])
    for device_id, places in of_device.items():
        if len(places) > 1:
            places.sort(key=lambda place: rows[place].time)
        found = faults.screen(
            states[device_id], [rows[place] for place in places], scale_of(devices[device_id].calibration)
        )
        for place, bits in zip(places, found.flags, strict=True):
            if bits:
                screened.rows[place] = rows[place]._replace(flags=rows[place].flags | bits)
        screened.late.extend((device_id, late) for late in found.late)
        screened.changes.extend((device_id, change) for change in found.changes)
    await sensor_state.save(conn, states, {device_id: len(places) for device_id, places in of_device.items()})
    return screened


def scale_of(calibration: Mapping[str, float] | None) -> faults.Scale | None:
    """The endpoints (dry, wet) of a calibrated device."""
    if calibration is None or calibration["dry"] == calibration["wet"]:
        return None
    return calibration["dry"], calibration["wet"]


def verdicts(changes: Iterable[tuple[str, Change]], devices: Mapping[str, Device]) -> list[FaultVerdict]:
    """What incidents need to hear."""
    return [
        FaultVerdict(
            devices[device_id].plant_id, device_id, devices[device_id].name, change.metric,
            cast(Fault, change.fault), change.since, change.active,
        )
        for device_id, change in changes
    ]  # fmt: skip


def faulty_now(rows: Iterable[Row]) -> dict[str, tuple[Row, bool]]:
    """By plant, its newest soil reading in these rows and whether that one is faulty."""
    newest: dict[str, Row] = {}
    told = [
        row
        for row in rows
        if row.plant_id is not None
        and not row.flags & flags.RETAINED
        and (row.soil_moisture is not None or row.flags & flags.FAULTY)
    ]
    for row in sorted(told, key=attrgetter("time")):
        newest[cast(str, row.plant_id)] = row
    return {plant_id: (row, bool(row.flags & flags.FAULTY)) for plant_id, row in newest.items()}
