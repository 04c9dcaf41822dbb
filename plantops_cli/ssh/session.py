"""One session: what a proved key gets, as that user and no more. Both doors end here.

``plantops ssh session --user ada`` is the forced command of an OpenSSH server, and what our own door starts. The
client's command comes in SSH_ORIGINAL_COMMAND. There is no way from here to a shell: the interface starts no
program, commands only read, and both speak to the server with a token of the user's own role.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from plantops_api import places
from plantops_cli import configuration
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation
from plantops_cli.ssh import allowed, hangup, surroundings


def run_session(
    user: str, fingerprint: str | None, url: str | None, token_file: Path | None, data_dir: Path | None
) -> int:
    """Run what the client asked for; the exit status.

    Where the server is comes from arguments and configuration files: the environment may be the client's.
    Raises Stop and the errors of the client.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,62}", user):
        raise Stop(
            ExitCode.USAGE, f"{user!r} is no name of a user.", "Give the name as in plantops users list."
        )
    argv = allowed.arguments(os.environ.get("SSH_ORIGINAL_COMMAND", ""))
    trusted = _trusted(os.environ, data_dir)
    door = configuration.server_place(trusted, url=url, token_file=token_file)
    address = os.environ.get("SSH_CONNECTION", "").partition(" ")[0][:100] or None
    _settle(user, places.data_dir(trusted))
    from plantops_api import wire  # loaded here: what is refused is refused at once
    from plantops_cli.ssh.badge import worn

    with worn(door, wire.SshSessionBody(username=user, fingerprint=fingerprint, address=address)) as badge:
        hangup.leave_when_gone(badge.give_back)
        return _run(argv, badge.place)


def _run(argv: list[str], place: places.Place) -> int:
    from plantops_cli.main import status_of

    return status_of(argv, Invocation(place=place, no_input=True))


def _trusted(environ: Mapping[str, str], data_dir: Path | None) -> dict[str, str]:
    doubtful = (configuration.PREFIX, "XDG_")
    kept = {name: value for name, value in environ.items() if not name.startswith(doubtful)}
    return kept | ({} if data_dir is None else {"PLANTOPS_DATA_DIR": str(data_dir)})


def _settle(user: str, data_dir: Path) -> None:
    """Take the session's environment on, and have a folder in which this person's choices are remembered."""
    home = data_dir / "ssh" / "people" / user
    clean = surroundings.of_session(os.environ, home)
    os.environ.clear()
    os.environ.update(clean)
    time.tzset()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        sys.stderr.write(
            "What you choose here will not be remembered: the door cannot write its directory.\n"
        )
