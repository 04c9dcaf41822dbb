"""Names of plants and devices for the shell's completion: quick, and silent whatever goes wrong.

Asks without the client: its models take longer to load than the whole answer may.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from typing import Any

PATIENCE_S = 0.2
"""A shell that hangs at the tab key is worse than one that offers nothing."""

MOST = 200


def plants(incomplete: str) -> list[str]:
    """Plants whose name begins like that, small and capital letters alike."""
    return _beginning(incomplete, "plants", ("name",))


def devices(incomplete: str) -> list[str]:
    """Devices by name, or by id where they have none."""
    return _beginning(incomplete, "devices", ("name", "id"))


def _beginning(incomplete: str, kind: str, fields: Iterable[str]) -> list[str]:
    try:
        from plantops_api.text import clean

        names = {clean(next(filter(None, map(item.get, fields)))) for item in _asked(kind)}
    except Exception:  # no server, no token, a damaged file: the shell's line is no place to say so
        return []
    fitting = sorted(name for name in names if name.casefold().startswith(incomplete.casefold()))
    if os.environ.get("_PLANTOPS_COMPLETE", "").endswith("bash"):  # the others quote by themselves
        return [re.sub(r"[^\w@%+=:,./-]", r"\\\g<0>", name) for name in fitting]
    return fitting


def _asked(kind: str) -> list[dict[str, Any]]:
    from http.client import HTTPConnection, HTTPSConnection
    from urllib.parse import urlsplit

    from plantops_cli import configuration

    place = configuration.server_place(os.environ)
    there = urlsplit(place.url)
    way = HTTPSConnection if there.scheme == "https" else HTTPConnection
    line = way(there.hostname or "", there.port, timeout=PATIENCE_S)
    try:
        line.request(
            "GET", f"/api/{kind}?limit={MOST}", headers={"Authorization": f"Bearer {place.token or ''}"}
        )
        items: list[dict[str, Any]] = json.load(line.getresponse())["items"]
        return items
    finally:
        line.close()
