"""What the app tells its screens."""

from __future__ import annotations

from textual.message import Message

from plantops_api import wire
from plantops_tui.link import Link


class Happened(Message, bubble=False):
    """Something changed on the server: ids, not data."""

    def __init__(self, event: wire.Event) -> None:
        super().__init__()
        self.event = event


class LinkChanged(Message, bubble=False):
    """The connection came, went, or will be tried again."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link
