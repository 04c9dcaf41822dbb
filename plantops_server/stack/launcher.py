"""Prepares a process, then becomes the server: run as a script, ``launcher.py SIGNAL IDENTITY PROGRAM ARGUMENTS…``.

A script and not ``preexec_fn``, because Python code between fork and exec is unsafe in a process with threads.
SIGNAL is what the kernel sends us when the thread that started us dies (Linux only). IDENTITY is ``same``,
``namespace`` or ``UID:GID``, see identity.py. Needs the standard library only.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_NOBODY = 65534
_OPEN_FILES = 65_536
"""One per connected device, and Debian's soft limit is 1,024."""

CANNOT = 125
"""Exit status when the wanted identity cannot be had here."""


def _call(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


def _enter_namespace() -> None:
    """Be nobody inside a user namespace whose nobody is root outside: PostgreSQL refuses to run as uid 0."""
    uid, gid = os.geteuid(), os.getegid()
    _call("unshare", _CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{_NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{_NOBODY} {gid} 1")


def _become(identity: str) -> None:
    if identity == "namespace":
        _enter_namespace()
    elif identity != "same":
        uid, gid = (int(part) for part in identity.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def _die_with_parent(signal_number: int, parent: int) -> None:
    """Must come after the change of identity, which clears the setting."""
    if sys.platform != "linux":
        return
    _call("prctl", _PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked to be told
        sys.exit(CANNOT)


def main(arguments: list[str]) -> None:
    """Change identity, tie our life to the parent's, raise the file limit, and exec; never returns."""
    signal_number, parent, identity, *program = arguments
    try:
        _become(identity)
    except OSError as problem:
        sys.stderr.write(f"cannot run as {identity}: {problem}\n")
        sys.exit(CANNOT)
    _die_with_parent(int(signal_number), int(parent))
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    os.execv(program[0], program)  # noqa: S606 - the very purpose


if __name__ == "__main__":
    main(sys.argv[1:])
