"""As whom the embedded servers run. PostgreSQL refuses uid 0, so root needs a way around.

An ordinary user runs them as itself. Root runs them in a user namespace, where it is nobody while its files stay
root's: nothing is chowned, no account is made, a 0700 home works. Where namespaces are forbidden (some
containers) root steps down to ``postgres`` or ``nobody``, who must then be able to reach the data directory.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

LAUNCHER = Path(__file__).with_name("launcher.py")


class Identity(NamedTuple):
    """``word`` is the launcher's argument; ``uid`` and ``gid`` own files which a lesser user needs, else None."""

    word: str
    uid: int | None = None
    gid: int | None = None

    @property
    def steps_down(self) -> bool:
        """Whether the server runs as another user than we do."""
        return self.uid is not None


SAME = Identity("same")
NAMESPACE = Identity("namespace")


def launch_command(signal_number: int, identity: Identity, argv: list[str]) -> list[str]:
    """The command line that runs ``argv`` through the launcher; ``-I -S`` makes that Python start in 15 ms."""
    prefix = [sys.executable, "-I", "-S", str(LAUNCHER), str(signal_number), str(os.getpid()), identity.word]
    return prefix + argv


@lru_cache(maxsize=1)
def for_servers() -> Identity:
    """The best identity this machine allows; tried once."""
    if os.geteuid() != 0:
        return SAME
    return NAMESPACE if works(NAMESPACE, ["/bin/true"]) else unprivileged_user()


def unprivileged_user() -> Identity:
    """The account that root steps down to."""
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(f"{entry.pw_uid}:{entry.pw_gid}", entry.pw_uid, entry.pw_gid)
    return Identity("65534:65534", 65534, 65534)


def works(identity: Identity, argv: list[str]) -> bool:
    """Whether ``argv`` can be run, and succeeds, as ``identity``."""
    command = launch_command(0, identity, argv)
    return subprocess.run(command, capture_output=True, check=False, cwd="/", timeout=20).returncode == 0
