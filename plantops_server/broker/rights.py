"""Who may do what at the broker, said once for both kinds of account management. What is not listed is denied."""

from __future__ import annotations

from typing import Literal, NamedTuple

from plantops_api import topics

INGEST = "plantops-ingest"
DOWNLINK = "plantops-downlink"


class Right(NamedTuple):
    """``publish`` to a topic, or ``receive`` it (subscribe, and get what matches)."""

    access: Literal["publish", "receive"]
    topic: str


def device_rights(device_id: str) -> list[Right]:
    """A device speaks on its own uplinks and hears its own downlinks, literally named."""
    return [Right("publish", topics.uplinks(device_id)), Right("receive", topics.downlinks(device_id))]


def server_rights(username: str) -> list[Right]:
    """Ingest hears all uplinks, alone or sharing them; downlink speaks to devices.

    Downlink may publish on uplinks too, for one purpose: an empty retained message clears what a decommissioned device
    left behind, and a retained message outlives the account that wrote it.
    """
    if username.startswith(INGEST):
        return [
            Right("receive", topics.ALL_UPLINKS),
            Right("receive", f"$share/plantops-ingest/{topics.ALL_UPLINKS}"),
        ]
    return [Right("publish", topics.uplinks("+")), Right("publish", topics.downlinks("+"))]
