"""Where things are: the addresses that templates write into pages, on the server and in a snapshot of it."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import quote, urlencode

from plantops_server.web import static_files


class Links(Protocol):
    """What templates ask for. ``interactive`` is false in a snapshot: no forms, no account, nothing live."""

    interactive: bool

    def static(self, name: str) -> str:
        """A file of ``static/``."""

    def dashboard(self, **query: object) -> str:
        """The plants."""

    def plant(self, plant_id: str, section: str = "", **query: object) -> str:
        """A plant, or one of its sections: waterings, limits, care, edit."""

    def alerts(self, **query: object) -> str:
        """The alerts."""


class ServerLinks:
    """Addresses on the server."""

    interactive = True

    def static(self, name: str) -> str:
        """A file of ``static/`` under the digest of its content, so that browsers may keep it for good."""
        return f"/static/{static_files.digest_of(name)}/{name}"

    def dashboard(self, **query: object) -> str:
        """The plants."""
        return "/" + _query(query)

    def plant(self, plant_id: str, section: str = "", **query: object) -> str:
        """A plant, or one of its sections."""
        place = f"/plants/{quote(plant_id, safe='')}"
        return (f"{place}/{section}" if section else place) + _query(query)

    def alerts(self, **query: object) -> str:
        """The alerts."""
        return "/alerts" + _query(query)


def _query(values: dict[str, object]) -> str:
    given = {key: value for key, value in values.items() if value not in (None, "")}
    return f"?{urlencode(given)}" if given else ""
