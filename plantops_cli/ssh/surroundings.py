"""The environment of a session: almost nothing comes from the client, and nothing that could point elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_LOCALE = r"[A-Za-z0-9_.@-]{1,64}"
_FROM_CLIENT = {
    "TERM": r"[A-Za-z0-9._+-]{1,64}",
    "COLORTERM": r"[A-Za-z0-9-]{1,32}",
    "NO_COLOR": r"[A-Za-z0-9]{1,16}",
    # A name of the zone files: neither a path nor a file of another kind.
    "TZ": r"[A-Za-z0-9_+-]{1,32}(?:/[A-Za-z0-9_+-]{1,32}){0,2}",
    **dict.fromkeys(("LANG", "LC_ALL", "LC_CTYPE", "LC_TIME", "LC_NUMERIC"), _LOCALE),
}
_FROM_HOST = ("HOME", "PATH", "USER", "LOGNAME", "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")


def of_client(sent: Mapping[str, str]) -> dict[str, str]:
    """What of a client's environment reaches a session: terminal, colours, language, time zone."""
    return {
        name: sent[name]
        for name, pattern in _FROM_CLIENT.items()
        if name in sent and re.fullmatch(pattern, sent[name])
    }


def of_session(found: Mapping[str, str], home: Path) -> dict[str, str]:
    """The environment in which a session runs.

    ``home`` is where what is remembered of this person lies: theme, order, keys of one's own. PLANTOPS_*, TEXTUAL_*
    and PYTHON* are gone, whoever set them.
    """
    kept = {name: found[name] for name in _FROM_HOST if name in found}
    folders = {f"XDG_{kind.upper()}_HOME": str(home / kind) for kind in ("config", "state", "cache", "data")}
    return {"LANG": "C.UTF-8"} | of_client(found) | kept | folders
