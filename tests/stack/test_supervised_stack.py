"""Both servers under one parent: what happens when one of the three dies."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from plantops_server import errors
from plantops_server.settings import Settings
from plantops_server.stack import identity, supervise
from tests.stack.stack_builders import ROOT, StackProcess, processes_on, wait_until

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")
NOBODY = 65534


@pytest.fixture
def data_dir(tmp_path: Path, copy_database_to: Callable[[Path], None]) -> Iterator[Path]:
    """As an earlier run left it; a first start is in the tests of each part."""
    copy_database_to(tmp_path / "plantops" / "postgres")
    (tmp_path / "plantops" / "version").write_text("1\n")
    yield tmp_path / "plantops"
    assert processes_on(tmp_path / "plantops") == []


def test_ctrl_c_stops_everything_and_leaves_no_process_and_no_address(data_dir: Path) -> None:
    stack = StackProcess(data_dir)
    assert {Path(f"/proc/{pid}/comm").read_text().strip() for pid in stack.pids} == {"postgres", "mosquitto"}
    started = time.monotonic()
    assert stack.end(signal.SIGINT) == ""
    assert time.monotonic() - started < 10
    assert processes_on(data_dir) == []
    assert not (data_dir / "stack.json").exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_a_parent_that_just_dies_leaves_no_process_and_loses_nothing(
    data_dir: Path, number: signal.Signals
) -> None:
    stack = StackProcess(data_dir)
    with psycopg.connect(stack.places["dsn"], autocommit=True) as conn:
        conn.execute("CREATE TABLE t AS SELECT generate_series(1, 1000) AS i")
    stack.end(number)
    wait_until(lambda: processes_on(data_dir) == [])
    again = StackProcess(data_dir)
    with psycopg.connect(again.places["dsn"]) as conn:
        assert conn.execute("SELECT count(*) FROM t").fetchone() == (1000,)
    again.end(signal.SIGINT)


def test_the_next_start_need_not_wait_for_the_killed_one(data_dir: Path) -> None:
    StackProcess(data_dir).end(signal.SIGKILL)
    again = StackProcess(data_dir)
    assert again.places
    again.end(signal.SIGINT)


def test_a_second_start_on_the_same_directory_is_refused_and_harms_nothing(data_dir: Path) -> None:
    first = StackProcess(data_dir)
    second = StackProcess(data_dir)
    refusal = second.end(0)
    assert refusal.startswith(
        f"409 PlantOps is already running on {data_dir} (process {first.process.pid}, http"
    )
    assert all(Path(f"/proc/{pid}").exists() for pid in first.pids)
    first.end(signal.SIGINT)


async def test_a_part_that_dies_is_started_again_on_the_same_port(data_dir: Path) -> None:
    async with supervise.running(Settings(data_dir=data_dir, mqtt_port=0)) as stack:
        assert stack.postgres is not None
        assert stack.mosquitto is not None
        ports = (stack.postgres.port, stack.mosquitto.port)
        watch = asyncio.create_task(stack.watch())
        for part in (stack.postgres, stack.mosquitto):
            assert part.child is not None
            os.kill(part.child.pid, signal.SIGKILL)
        await asyncio.to_thread(wait_until, lambda: _answers(ports[0]) and _answers(ports[1]))
        assert (stack.postgres.port, stack.mosquitto.port) == ports
        watch.cancel()
        await asyncio.wait([watch])


async def test_a_part_that_was_stopped_to_read_its_state_anew_is_no_accident(
    data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with supervise.running(Settings(data_dir=data_dir, mqtt_port=0)) as stack:
        assert stack.mosquitto is not None
        watch = asyncio.create_task(stack.watch())
        with caplog.at_level("INFO"):
            await asyncio.to_thread(stack.mosquitto.stop)
            await asyncio.to_thread(wait_until, lambda: _answers(stack.mosquitto.port))  # type: ignore[union-attr]
        watch.cancel()
        await asyncio.wait([watch])
    assert "Mosquitto was stopped; starting it again" in caplog.text
    assert "unexpectedly" not in caplog.text


async def test_a_part_that_keeps_dying_stops_everything_loudly(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "_FIRST_DELAY_S", 0.01)
    async with supervise.running(Settings(data_dir=data_dir, mqtt_port=0)) as stack:
        assert stack.mosquitto is not None
        assert stack.mosquitto.child is not None
        stack.mosquitto.child.kill()
        with socket.socket() as thief:
            thief.bind(("127.0.0.1", stack.mosquitto.port))
            thief.listen()
            with pytest.RaisesGroup(
                pytest.RaisesExc(errors.StackPartKeepsDying, match="Mosquitto ended 5 times")
            ):
                await asyncio.wait_for(stack.watch(), 20)


async def test_the_settings_get_the_addresses_and_no_password_in_a_url(data_dir: Path) -> None:
    async with supervise.running(Settings(data_dir=data_dir, mqtt_port=0)) as stack:
        filled = stack.settings
        assert stack.mosquitto is not None
        assert filled.mqtt_url == f"mqtt://plantops-admin@127.0.0.1:{stack.mosquitto.port}"
        assert filled.mqtt_password_file is not None
        assert filled.mqtt_password_file.read_text().strip() == stack.mosquitto.admin_password
        assert "postgresql" not in repr(filled)


async def test_a_relative_directory_is_as_good_as_any(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data_dir.parent)
    async with supervise.running(Settings(data_dir=Path(data_dir.name), mqtt_port=0)) as stack:
        assert stack.settings.mqtt_password_file == data_dir / "mosquitto" / "admin.password"


async def test_what_runs_elsewhere_is_not_started(data_dir: Path) -> None:
    settings = Settings(
        data_dir=data_dir, database_url="postgresql://x@127.0.0.1/x",  # type: ignore[arg-type]
        mqtt_url="mqtt://x@127.0.0.1",
    )  # fmt: skip
    async with supervise.running(settings) as stack:
        assert (stack.postgres, stack.mosquitto, stack.settings) == (None, None, settings)
        assert processes_on(data_dir) == []


async def test_a_port_taken_once_is_kept_because_sensors_were_told_it(data_dir: Path, free_port: int) -> None:
    said: list[str] = []
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port))
        other.listen()
        async with supervise.running(Settings(data_dir=data_dir, mqtt_port=free_port), said.append) as stack:
            assert stack.mosquitto is not None
            used = stack.mosquitto.port
    assert used != free_port
    assert len(said) == 1
    assert f"Port {free_port} is taken" in said[0]
    assert str(used) in said[0]
    async with supervise.running(Settings(data_dir=data_dir), said.append) as stack:
        assert stack.mosquitto is not None
        assert stack.mosquitto.port == used


async def test_when_a_program_is_missing_nothing_is_made(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new", mqtt_port=0, mosquitto_bin=tmp_path / "absent")
    with pytest.raises(errors.MosquittoMissing):
        async with supervise.running(settings):
            pass
    assert not (tmp_path / "new" / "postgres").exists()


async def test_when_one_part_cannot_start_the_other_is_stopped(data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir, mqtt_port=0, mosquitto_bin=Path("/bin/false"))
    with pytest.raises(errors.StackPartFailed, match="Mosquitto did not start"):
        async with supervise.running(settings):
            pass
    assert processes_on(data_dir) == []


async def test_a_cancelled_start_leaves_nothing_running(data_dir: Path) -> None:
    async def start() -> None:
        async with supervise.running(Settings(data_dir=data_dir, mqtt_port=0)):
            raise AssertionError("it was to be cancelled before")

    task = asyncio.create_task(start())
    await asyncio.sleep(0.03)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert processes_on(data_dir) == []


async def test_the_database_alone_serves_backups_whether_or_not_the_stack_runs(data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir, mqtt_port=0)
    async with supervise.running(settings) as stack:
        with stack.announced("http://127.0.0.1:1"), supervise.embedded_database(settings) as database:
            assert stack.postgres is not None
            assert database.dsn == stack.postgres.dsn
    with supervise.embedded_database(settings) as database, psycopg.connect(database.dsn) as conn:
        assert conn.execute("SELECT current_database()").fetchone() == ("plantops",)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_runs_the_stack() -> None:
    nobody = identity.Identity(f"{NOBODY}:{NOBODY}", NOBODY, NOBODY)
    python = _python_for(nobody)
    if python is None:
        pytest.skip("there is no Python here that an ordinary user may run")
    home = Path(tempfile.mkdtemp(prefix="plantops-test-"))
    try:
        os.chown(home, NOBODY, NOBODY)
        stack = StackProcess(home / "d", [python], user=NOBODY, group=NOBODY, extra_groups=[])
        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in stack.pids}
        assert stack.end(signal.SIGINT) == ""
        assert owners == {NOBODY}
        assert processes_on(home) == []
    finally:
        shutil.rmtree(home)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _python_for(user: identity.Identity) -> str | None:
    """A Python of this one's version which ``user`` may run, and with which it reaches our sources."""
    version = sys.version_info[:2]
    look = f"import os, sys; sys.exit(sys.version_info[:2] != {version} or not os.access({str(ROOT)!r}, os.X_OK))"
    for name in (f"python{version[0]}.{version[1]}", "python3"):
        path = shutil.which(name, path="/usr/bin:/usr/local/bin")
        if path and identity.works(user, [path, "-c", look]):
            return path
    return None
