"""Where a client finds its server and its token when nobody tells it.

URL      PLANTOPS_URL, else what ``DATA_DIR/stack.json`` says (written by ``plantops up``),
         else http://127.0.0.1:8420
token    the file that PLANTOPS_TOKEN_FILE names, else ``DATA_DIR/admin.token`` (written at first start);
         the latter only goes to this machine, so that a foreign URL never receives the local admin's token
DATA_DIR PLANTOPS_DATA_DIR, else the user's XDG data directory
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from plantops_api.errors import ApiError

DEFAULT_URL = "http://127.0.0.1:8420"


class TokenFileUnreadable(ApiError):
    """A token file was named, and it cannot be read or holds no token."""

    advice = 'The file must hold the token and nothing else; an admin makes one with "plantops tokens add".'


class Place(NamedTuple):
    """A server and the token for it; ``token_file`` is where it came from, None when there is none."""

    url: str
    token: str | None
    token_file: Path | None

    def __repr__(self) -> str:
        return f"Place(url={self.url!r}, token_file={self.token_file!r})"


def data_dir(environ: Mapping[str, str]) -> Path:
    """The directory of the local stack."""
    if named := environ.get("PLANTOPS_DATA_DIR"):
        return Path(named).expanduser()
    from platformdirs import user_data_path

    return user_data_path("plantops")


def local_stack(directory: Path) -> dict[str, Any]:
    """What the running ``plantops up`` of this data directory wrote about itself; empty when there is none."""
    try:
        found = json.loads((directory / "stack.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def local_url(directory: Path) -> str | None:
    """Where the running stack of this data directory is; None when none runs. Always on this very machine."""
    url = local_stack(directory).get("url")
    return url if isinstance(url, str) and is_loopback(url) else None


def find_server(
    environ: Mapping[str, str], *, url: str | None = None, token_file: Path | None = None
) -> Place:
    """The server to talk to and the token to use; ``url`` and ``token_file`` go before everything found.

    Raises:
        TokenFileUnreadable: a token file was named and gives no token.
    """
    directory = data_dir(environ)
    base = url or environ.get("PLANTOPS_URL") or local_url(directory) or DEFAULT_URL
    named = token_file or (
        Path(environ["PLANTOPS_TOKEN_FILE"]) if environ.get("PLANTOPS_TOKEN_FILE") else None
    )
    if named is not None:
        return Place(base, read_token(named.expanduser()), named)
    local = directory / "admin.token"
    if is_loopback(base) and local.is_file():
        return Place(base, read_token(local), local)
    return Place(base, None, None)


def read_token(path: Path) -> str:
    """The token in a file, without the line break after it.

    Raises:
        TokenFileUnreadable: it cannot be read, is empty, or holds more than one word.
    """
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, ValueError) as problem:
        why = problem.strerror if isinstance(problem, OSError) and problem.strerror else "it is not text"
        raise TokenFileUnreadable(f"The token file {path} cannot be read: {why}.") from None
    if not token or len(token.split()) != 1 or not token.isascii() or not token.isprintable():
        raise TokenFileUnreadable(f"The file {path} holds no token.")
    return token


def is_loopback(url: str) -> bool:
    """Whether a URL names this very machine."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
