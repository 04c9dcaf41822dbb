"""What really happened to the pots and sensors of a simulation: what a detector is measured against."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from plantops_cli.simulator.messages import instant
from plantops_cli.simulator.node import Node

Mapped = Callable[[datetime], datetime]
"""From the pot's time to the time that its readings carry."""


def of_node(
    node: Node, device_id: str, plant_id: str | None, until: datetime, mapped: Mapped
) -> dict[str, Any]:
    """Waterings and faults of one node until ``until`` (the pot's time), in the time of its readings."""
    return {
        "device_id": device_id,
        "plant_id": plant_id,
        "probe": node.design.probe,
        "interval_s": node.design.interval_s,
        "waterings": [
            {
                "at": instant(mapped(w.at)),
                "moisture_before": round(w.before, 2),
                "moisture_after": round(w.after, 2),
            }
            for w in node.pot.waterings
        ],
        "faults": [
            {
                "kind": fault.kind,
                "start": instant(mapped(fault.start)),
                "end": instant(mapped(fault.end)) if fault.end < until else None,
                "size": fault.size,
            }
            for fault in node.faults.until(until)
        ],
    }


def write(path: Path, seed: int, speed: float, devices: list[dict[str, Any]]) -> None:
    """Write the truth as JSON, whole or not at all."""
    document = {"seed": seed, "speed": speed, "devices": devices}
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    part.replace(path)
