"""How the command line shows a device."""

from __future__ import annotations

from datetime import datetime

from plantops_api import wire
from plantops_cli import tables, times
from plantops_cli.output import Column, Section
from plantops_cli.plant_view import with_unit

SENT_COLUMNS = (
    Column("device_id", lambda sent: sent.device_id),
    Column("command", lambda sent: sent.command),
    Column("sent_at", lambda sent: sent.sent_at),
)


def called(device: wire.Device) -> str:
    """How sentences name it: the name if it has one, and the id."""
    return f"{device.name!r} ({device.id})" if device.name else device.id


def columns(now: datetime) -> list[Column]:
    """The columns of a list of devices."""
    return [
        Column("name", lambda device: device.name),
        Column("plant", lambda device: device.plant_name or device.plant_id),
        Column("status", lambda device: device.status),
        Column("trust", lambda device: device.trust),
        Column(
            "last_seen_at",
            lambda device: device.last_seen_at,
            lambda device: times.ago(device.last_seen_at, now),
            "LAST SEEN",
        ),
        Column("battery", lambda device: device.battery, lambda device: with_unit(device.battery, "%")),
        Column("rssi", lambda device: device.rssi, lambda device: with_unit(device.rssi, "dBm"), "SIGNAL"),
        Column("mac_address", lambda device: device.mac_address, title="MAC"),
        Column("plant_id", lambda device: device.plant_id, in_table=False),
        Column("firmware_version", lambda device: device.firmware_version, in_table=False),
        Column("report_interval_s", lambda device: device.report_interval_s, in_table=False),
        Column("id", lambda device: device.id),
    ]


def sections(device: wire.Device, now: datetime) -> list[Section]:
    """What ``devices show`` prints: the device, and what of its packets was rejected."""
    calibration = device.calibration
    facts = {
        "name": device.name,
        "id": device.id,
        "plant": device.plant_name or device.plant_id,
        "status": device.status,
        "trust": device.trust,
        "fault": device.fault or "",
        "mac address": device.mac_address,
        "firmware": device.firmware_version,
        "sensors": ", ".join(device.sensor_types),
        "last seen": times.ago(device.last_seen_at, now),
        "last reading": times.ago(device.last_reading_at, now),
        "reports every": _interval(device),
        "battery": with_unit(device.battery, "%"),
        "signal": with_unit(device.rssi, "dBm"),
        "calibration": f"dry {calibration.dry:g}, wet {calibration.wet:g}" if calibration else None,
        "may register again until": times.local(device.reenrolment_allowed_until)
        if device.reenrolment_allowed_until
        else "",
        "mqtt user name": device.mqtt_username,
        "registered": times.local(device.created_at),
    }
    parts = [Section("", [[name, tables.plain(value)] for name, value in facts.items() if value != ""])]
    if device.rejected:
        rows = [[r.reason, str(r.count), times.ago(r.last_at, now), r.sample] for r in device.rejected]
        parts.append(Section("Rejected", rows, ("REASON", "COUNT", "LAST", "SAMPLE")))
    return parts


def _interval(device: wire.Device) -> str:
    declared = times.brief(device.report_interval_s)
    seen = device.observed_interval_s
    return f"{declared} (seen: {times.brief(seen)})" if seen else declared
