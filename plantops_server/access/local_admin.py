"""The first user: an admin for whoever can read the data directory, by a token in a file that nobody else can read."""

from __future__ import annotations

import os
import socket
from datetime import datetime
from pathlib import Path

from plantops_server.access import sessions, tokens, users
from plantops_server.access.callers import caller_of_token
from plantops_server.errors import TokenNotAccepted, UsernameTaken
from plantops_server.store.database import Connection

USERNAME = "admin"


async def ensure_local_admin(conn: Connection, token_file: Path, now: datetime) -> bool:
    """Make sure that ``token_file`` holds an admin token that works; whether it does.

    False only when the user ``admin`` was removed or demoted on purpose: then it stays so.
    """
    if await _still_works(conn, token_file, now):
        return True
    user = await users.user_named(conn, USERNAME)
    if user is None and await users.count_users(conn) == 0:
        user = await _first_user(conn, now)
    if user is None or user["role"] != "admin":
        return False
    name = f"local admin on {socket.gethostname()}"[:120]
    await tokens.revoke_tokens_named(conn, user["id"], name)
    issued = await tokens.issue_token(conn, user["id"], name, "admin", None, now)
    _write_private(token_file, issued.secret + "\n")
    return True


async def invitation(conn: Connection, base_url: str, now: datetime) -> str | None:
    """A link that logs a browser in as the local admin, once; None when that user was removed on purpose."""
    user = await users.user_named(conn, USERNAME)
    if user is None:
        return None
    return sessions.link_url(base_url, await sessions.make_login_link(conn, user["id"], now))


async def _first_user(conn: Connection, now: datetime) -> users.Row | None:
    try:
        return await users.create_user(conn, USERNAME, None, "admin", now)
    except UsernameTaken:  # another process started at the same moment
        return await users.user_named(conn, USERNAME)


async def _still_works(conn: Connection, token_file: Path, now: datetime) -> bool:
    token = _read(token_file)
    if not token:
        return False
    try:
        return (await caller_of_token(conn, token, now)).may("admin")
    except TokenNotAccepted:
        return False


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def _write_private(path: Path, text: str) -> None:
    """Replace ``path`` in one step; at no moment is it readable by others or half written."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
