"""The lines of an OpenSSH server's authorized_keys: each key is bound to one user and to the forced command."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from plantops_api import places, text, wire
from plantops_cli import configuration
from plantops_cli.exit_codes import ExitCode, Stop

OPTIONS = "restrict,pty"
"""``restrict`` takes everything away, also what later versions of OpenSSH add; a terminal is given back."""


def session_command(username: str, fingerprint: str, place: Sequence[str]) -> list[str]:
    """The program that runs one session of the key's user; ``-I``: no PYTHON* variable and no folder adds code."""
    return [
        sys.executable, "-I", "-m", "plantops_cli", "ssh", "session",
        "--user", username, "--fingerprint", fingerprint, *place,
    ]  # fmt: skip


def place_words(environ: Mapping[str, str], url: str | None, token_file: Path | None) -> list[str]:
    """The options that name the server which this process would talk to, and the data directory beside it.

    A session looks at neither PLANTOPS_* nor XDG_* variables, since a client may have sent them.
    """
    found = configuration.as_environment(environ)
    named = {
        "--data-dir": _absolute(places.data_dir(found)),
        "--url": url or found.get("PLANTOPS_URL"),
        "--token-file": _absolute(token_file or found.get("PLANTOPS_TOKEN_FILE")),
    }
    return [word for option, value in named.items() if value for word in (option, value)]


def line(key: wire.SshKey, place: Sequence[str]) -> str:
    """One line. Raises Stop when a path has a character that such a file cannot hold."""
    command = "exec " + shlex.join(session_command(key.username, key.fingerprint, place))
    if not command.isprintable() or "\\" in command:
        raise Stop(
            ExitCode.FAILURE, f"{command!r} cannot stand in an authorized_keys file.", "Use simpler paths."
        )
    quoted = command.replace('"', '\\"')
    comment = text.clean_line(f"{key.username} {key.comment}".strip())
    return f'command="{quoted}",{OPTIONS} {key.public_key} {comment}'


def _absolute(path: str | Path | None) -> str | None:
    return str(Path(path).expanduser().absolute()) if path else None
