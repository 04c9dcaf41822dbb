"""Where a running server is, for whoever started it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from plantops_server.settings import Settings


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What is told once everything runs. ``settings`` has the addresses of an embedded stack filled in."""

    settings: Settings
    url: str | None
    """Of API and web view; None in a process that does not serve them."""
    token_file: Path | None
    """File with the local admin's token; None when there is none that works."""
    login_link: str | None = None
    """Logs a browser in as the local admin, once; None where whoever reads this may not be its owner."""


Tell: TypeAlias = Callable[[Whereabouts], None]


def say(where: Whereabouts) -> None:
    """Tell the person at the terminal, on stderr, where everything is."""
    ready = f"PlantOps is ready at {where.url}" if where.url else "PlantOps is ready"
    lines = [f"{ready} (Ctrl-C stops it)"]
    if where.url:
        lines.append(f"  API            {where.url}/api, described by {where.url}/api/openapi.json")
    if where.login_link:
        lines.append(f"  web view       {where.login_link}")
        lines.append(
            '                 (logs a browser in once, within 10 minutes; "plantops web link" makes another)'
        )
    broker = where.settings.mqtt
    lines.append(f"  MQTT broker    {broker.scheme}://{broker.hostname}:{broker.port or 1883}")
    lines.append(f"  data           {where.settings.data_dir}")
    if where.token_file is not None:
        lines.append(f"  admin's token  {where.token_file} (the CLI and the TUI on this machine find it)")
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()
