"""Files that the broker reads: written whole or not at all, readable by the broker's user alone."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write_for_broker(path: Path, content: str) -> None:
    """Replace ``path`` in one step, mode 0600, owned by whoever owned it (or its folder) before.

    A broker that reads half a file drops the accounts of the other half. The owner matters when we are root and
    Mosquitto is not.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:  # mkstemp made it 0600
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        before = path.stat() if path.exists() else path.parent.stat()
        with suppress(PermissionError):  # only root may give a file away, and only root needs to
            os.chown(temporary, before.st_uid, before.st_gid)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
