"""The data directory of ``plantops up``: ours alone (0700), one owner at a time, with the version of its layout.

version            layout of this directory, a number        lock          held while `up` runs; its pid
stack.json         where everything is, while `up` runs      admin.token   the local admin's API token
secret.key         seals secrets at rest                     postgres/     data, passwords, log
mosquitto/         configuration, accounts, queued messages, log
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from plantops_server.errors import DataDirectoryNotOurs, DataDirectoryTooNew, StackAlreadyRunning
from plantops_server.stack.private_file import write_private

_LAYOUT = 1
# What `serve` with an outside database and broker leaves in a directory that `up` may then take over.
_FROM_SERVE = {"secret.key", "admin.token", "lock"}


@contextmanager
def claimed(data_dir: Path) -> Iterator[None]:
    """Make or check the directory and hold its lock; the kernel lets go of it however this process ends.

    Raises StackAlreadyRunning, DataDirectoryTooNew, DataDirectoryNotOurs.
    """
    _check(data_dir)
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise DataDirectoryNotOurs(data_dir=data_dir, problem=problem.strerror) from problem
    try:
        _lock(lock, data_dir)
        data_dir.chmod(0o700)
        write_private(data_dir / "version", f"{_LAYOUT}\n")
        (data_dir / "stack.json").unlink(missing_ok=True)  # of a run that was killed
        yield
    finally:
        os.close(lock)


def is_claimed(data_dir: Path) -> bool:
    """Whether an ``up`` runs on the directory now."""
    try:
        lock = os.open(data_dir / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def read_places(data_dir: Path) -> dict[str, Any]:
    """What stack.json says, empty when nothing runs or it cannot be read."""
    try:
        found = json.loads((data_dir / "stack.json").read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def places_written(data_dir: Path, places: dict[str, Any]) -> Iterator[None]:
    """Keep stack.json there during the block, so that the CLI and the TUI find this stack."""
    path = data_dir / "stack.json"
    write_private(path, json.dumps(places, indent=1) + "\n")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _lock(lock: int, data_dir: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.pread(lock, 20, 0).decode(errors="replace").strip() or "unknown"
        url = read_places(data_dir).get("url", "still starting")
        raise StackAlreadyRunning(data_dir=data_dir, pid=pid, url=url) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)


def _check(data_dir: Path) -> None:
    """Nothing of somebody else's is touched: a mistyped directory must not have its mode changed."""
    if not data_dir.exists():
        return
    if not data_dir.is_dir():
        raise DataDirectoryNotOurs(data_dir=data_dir, problem="it is a file")
    try:
        entries = {entry.name for entry in data_dir.iterdir()}
        version = (data_dir / "version").read_text().strip() if "version" in entries else None
    except OSError as problem:
        raise DataDirectoryNotOurs(data_dir=data_dir, problem=problem.strerror) from problem
    if version is None and entries - _FROM_SERVE:
        raise DataDirectoryNotOurs(data_dir=data_dir, problem='it holds other files and no file "version"')
    if version is not None and not (version.isascii() and version.isdecimal()):
        raise DataDirectoryNotOurs(data_dir=data_dir, problem='its file "version" holds no number')
    if version is not None and int(version) > _LAYOUT:
        raise DataDirectoryTooNew(data_dir=data_dir, found=int(version), known=_LAYOUT)
