"""Read the golden payloads: what must become of each telemetry payload."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent / "payloads"
DEVICE_ID = "dev_golden"


class Golden(NamedTuple):
    name: str
    payload: bytes
    arrived: datetime
    readings: list[dict[str, Any]] | int
    rejected: list[str]
    sent_by_devices: bool


def load_all() -> list[Golden]:
    return [load(path) for path in sorted(FOLDER.glob("*.json"))]


def load(path: Path) -> Golden:
    document = json.loads(path.read_text("utf-8"))
    return Golden(
        path.stem,
        _payload(document),
        datetime.fromisoformat(document["arrived"]),
        document["readings"],
        document["rejected"],
        document.get("sent_by_devices", False),
    )


def _payload(document: dict[str, Any]) -> bytes:
    if "payload_hex" in document:
        return bytes.fromhex(document["payload_hex"])
    if "repeat" in document:
        part = document["repeat"]
        units = "".join(part["unit"].replace("{i}", str(i)) for i in range(part["times"]))
        return (part["head"] + units + part["tail"]).encode()
    return str(document["payload"]).encode()
