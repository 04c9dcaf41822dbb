"""What is remembered of a person from one run to the next: theme, last screen, order, range.

One small JSON file in the XDG state directory. It may be missing, damaged or from another version: what cannot be
used is left out, said once, and never keeps the interface from starting.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from plantops_api.order import ORDERS
from plantops_tui.themes import DARK, TITLES


@dataclass(frozen=True)
class Memory:
    """What is remembered; the defaults are those of a first run."""

    theme: str = DARK.name
    screen: str = "plants"
    sort: str = "needs you first"
    range: str = "24h"


_KNOWN = {
    "theme": frozenset(TITLES),
    "screen": frozenset({"plants", "devices", "alerts", "settings"}),
    "sort": frozenset(order.name for order in ORDERS),
    "range": frozenset({"24h", "7d", "30d", "1y"}),
}
_LIMIT = 10_000
"""Bytes; a longer file is not ours."""


def path_of_user() -> Path:
    """Where it lies for the person who runs this."""
    from platformdirs import user_state_path

    return user_state_path("plantops") / "tui.json"


def read(path: Path | None) -> tuple[Memory, str]:
    """What is remembered, and a sentence about what was damaged (empty when nothing was)."""
    if path is None:
        return Memory(), ""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_LIMIT))
    except FileNotFoundError:
        return Memory(), ""
    except (OSError, ValueError, RecursionError):
        return Memory(), f"What was remembered in {path} cannot be read; everything starts as at first."
    if not isinstance(found, dict):
        return Memory(), f"What was remembered in {path} makes no sense; everything starts as at first."
    usable = {name: found[name] for name in _KNOWN if _is_known(name, found.get(name))}
    odd = [name for name in _KNOWN if name in found and name not in usable]
    words = f"What was remembered as {' and '.join(odd)} is not known here; the default holds." if odd else ""
    return Memory(**usable), words


def _is_known(name: str, value: object) -> bool:
    return isinstance(value, str) and value in _KNOWN[name]


def write(path: Path | None, memory: Memory) -> str:
    """Write it whole or not at all; a sentence about why it could not be (empty when it was)."""
    if path is None:
        return ""
    draft = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(asdict(memory)), "utf-8")
        draft.replace(path)
    except OSError as problem:
        return f"Theme, order and range cannot be remembered: {path}: {problem.strerror}."
    return ""
