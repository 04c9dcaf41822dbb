"""A database directory made once and copied, because initdb takes a second of every test that starts a server."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plantops_server.stack.postgres import Postgres


@pytest.fixture(scope="session")
def copy_database_to(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], None]]:
    """Call it with the folder that is to become an initialised, stopped database."""
    made = Postgres(tmp_path_factory.mktemp("made-once") / "postgres", fsync=False)
    made.start()
    made.stop()
    yield lambda folder: shutil.copytree(made.folder, folder)
    shutil.rmtree(made.folder)
