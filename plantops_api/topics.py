"""Names of the MQTT topics (version 1): one place that spells them for server, simulator and tests."""

from __future__ import annotations

from typing import Final, NamedTuple

ROOT: Final = "plantops/v1"
ALL_UPLINKS: Final = f"{ROOT}/+/up/#"
"""What ingest subscribes to."""


class Uplink(NamedTuple):
    """A topic on which a device speaks, taken apart."""

    device_id: str
    kind: str


def telemetry(device_id: str) -> str:
    """Readings, QoS 1, not retained."""
    return f"{ROOT}/{device_id}/up/telemetry"


def status(device_id: str) -> str:
    """Retained ``online``, ``offline`` or ``sleeping``; the last will says ``offline``."""
    return f"{ROOT}/{device_id}/up/status"


def config(device_id: str) -> str:
    """Retained JSON: report_interval_s, calibration."""
    return f"{ROOT}/{device_id}/down/config"


def command(device_id: str) -> str:
    """JSON: {"command": "identify" | "reboot" | "rotate"}."""
    return f"{ROOT}/{device_id}/down/command"


def uplinks(device_id: str) -> str:
    """Everything that a device may publish."""
    return f"{ROOT}/{device_id}/up/#"


def downlinks(device_id: str) -> str:
    """Everything that a device may receive."""
    return f"{ROOT}/{device_id}/down/#"


def speaker(topic: str) -> str | None:
    """The device that an uplink topic of any depth belongs to; None for other topics."""
    root, _, rest = topic.partition(f"{ROOT}/")
    device_id, _, below = rest.partition("/")
    return device_id if not root and device_id and below.startswith("up/") else None


def parse_uplink(topic: str) -> Uplink | None:
    """Take ``plantops/v1/{device}/up/{kind}`` apart; None when it is any other topic."""
    parts = topic.split("/")
    if len(parts) == 5 and parts[0] == "plantops" and parts[1] == "v1" and parts[3] == "up" and parts[2]:
        return Uplink(parts[2], parts[4])
    return None
