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


class SnapshotLinks:
    """Addresses within a snapshot, relative to a page that lies ``up`` (such as ``../``) below its top."""

    interactive = False

    def __init__(self, up: str) -> None:
        self._up = up

    def static(self, name: str) -> str:
        """A file of the snapshot's own ``static``."""
        return f"{self._up}static/{name}"

    def dashboard(self, **_query: object) -> str:
        """The plants; a snapshot has one view of them."""
        return f"{self._up}index.html"

    def plant(self, plant_id: str, section: str = "", **query: object) -> str:
        """A plant over a range, or one of its sections."""
        part = section or str(query.get("range", ""))
        return (
            f"{self._up}plants/{quote(plant_id, safe='')}{f'-{part}' if part not in ('', '7d') else ''}.html"
        )

    def alerts(self, **query: object) -> str:
        """The open alerts, or all."""
        return f"{self._up}alerts{'-all' if query.get('state') == 'all' else ''}.html"


def _query(values: dict[str, object]) -> str:
    given = {key: value for key, value in values.items() if value not in (None, "")}
    return f"?{urlencode(given)}" if given else ""
