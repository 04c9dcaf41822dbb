"""What the server says to devices: commands, retained configuration, and the end of what was retained."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import Any, Protocol

from plantops_api import topics
from plantops_server.devices import registry
from plantops_server.errors import PlantOpsError
from plantops_server.store.database import Database

log = logging.getLogger(__name__)


class Publisher(Protocol):
    """The part of a broker link that is needed here."""

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> None:
        """Hand over one message and wait until the broker has it."""


async def send_command(downlink: Publisher, device_id: str, command: str) -> None:
    """Send ``identify``, ``reboot`` or ``rotate``. A sleeping device gets it at its next waking, if it keeps a session.

    Raises BrokerUnavailable.
    """
    await downlink.publish(topics.command(device_id), json.dumps({"command": command}).encode())


async def send_pending_configs(db: Database, downlink: Publisher) -> int:
    """Publish every configuration that changed and that the broker does not have yet; how many were sent.

    Stops, without an error, when the broker is away: they stay pending.
    """
    async with db.connection() as conn:
        rows = await registry.pending_configs(conn)
    sent = 0
    for row in rows:
        try:
            await downlink.publish(topics.config(row["id"]), _config(row), retain=True)
        except PlantOpsError as error:
            log.warning("%d configurations wait for the broker: %s", len(rows) - sent, error)
            break
        async with db.transaction() as conn:
            await registry.config_sent(conn, row)
        sent += 1
    return sent


async def clear_retained(downlink: Publisher, device_id: str, seen: Iterable[str] = ()) -> None:
    """Remove what the broker keeps of a device that is gone: a retained message outlives the account that wrote it.

    ``seen`` are topics beside the usual ones on which it was seen to retain something.
    """
    usual = (
        topics.status(device_id),
        topics.telemetry(device_id),
        topics.config(device_id),
        topics.command(device_id),
    )
    for topic in dict.fromkeys((*usual, *sorted(seen))):
        try:
            await downlink.publish(topic, b"", retain=True)
        except PlantOpsError as error:
            log.warning("a retained message may be left on %s: %s", topic, error)


def _config(row: dict[str, Any]) -> bytes:
    config = {"report_interval_s": row["report_interval_s"], "calibration": row["calibration"]}
    return json.dumps(config).encode()
