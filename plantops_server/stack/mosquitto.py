"""The private Mosquitto: configuration, bootstrap of its dynamic-security state, one supervised process.

The same options, explained line by line and for a broker that runs as a service, are in ``broker/mosquitto.conf``;
a test keeps the two equal.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

from plantops_server.errors import MosquittoMissing, MosquittoPluginMissing, StackPartFailed
from plantops_server.stack import identity
from plantops_server.stack.child import Child, stop_stray
from plantops_server.stack.dynsec_state import ADMIN, bootstrap_state
from plantops_server.stack.identity import Identity
from plantops_server.stack.ports import next_free_port
from plantops_server.stack.private_file import write_private

AccountMode = Literal["dynsec", "password-file"]

# SIGTERM saves the persistence file; a kill loses at most what came since the last save.
_WAY = ((signal.SIGTERM, 2.5), (signal.SIGKILL, 1.0))
_START_TIMEOUT_S = 20.0
_TRIES_FOR_A_PORT = 3
_PLUGIN = "mosquitto_dynamic_security.so"
_MORE_PROGRAM_FOLDERS = (
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/opt/homebrew/sbin",
    "/opt/homebrew/bin",
)
_LIBRARY_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64", "/opt/homebrew/lib")

LIMITS = {
    "per_listener_settings": "false",
    "allow_anonymous": "false",
    "persistence": "true",
    "autosave_on_changes": "false",
    "autosave_interval": "1",
    "max_inflight_messages": "2000",
    "max_queued_messages": "500000",
    "max_queued_bytes": "268435456",
    "max_packet_size": "131072",
    "max_keepalive": "3600",
    "max_connections": "20000",
    "persistent_client_expiration": "14d",
    "queue_qos0_messages": "false",
    "retain_available": "true",
    "set_tcp_nodelay": "true",
}
"""Options that the private broker and a service share; broker/mosquitto.conf says why each has its value."""


class Mosquitto:
    """A private broker on ``folder``. ``start`` and ``stop`` block; both may be called again.

    ``port`` 0 takes any free one. After ``start``, ``port`` is the one in use and ``wanted_port`` the one asked for.
    """

    def __init__(
        self, folder: Path, *, host: str = "127.0.0.1", port: int = 0, accounts: AccountMode = "dynsec",
        program: Path | None = None, plugin: Path | None = None,
    ) -> None:  # fmt: skip
        self.folder = folder.absolute()  # the broker has another working directory
        self.host = host
        self.wanted_port = port
        self.port = port
        self.log = self.folder / "mosquitto.log"
        self._accounts = accounts
        self._program = program
        self._plugin = plugin
        self._child: Child | None = None
        self._settled = False

    @property
    def child(self) -> Child | None:
        """The running process."""
        return self._child

    @property
    def admin_username(self) -> str:
        """The account that manages accounts, and the client id it is bound to."""
        return ADMIN

    @property
    def admin_password_file(self) -> Path:
        """File with the administrator's password and nothing else, mode 0600."""
        return self.folder / "admin.password"

    @property
    def admin_password(self) -> str:
        """The administrator's password."""
        return self.admin_password_file.read_text().strip()

    @property
    def connect_host(self) -> str:
        """Where we reach it: loopback when it listens everywhere."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound

    @property
    def url(self) -> str:
        """Address for the server itself, without password."""
        host = f"[{self.connect_host}]" if ":" in self.connect_host else self.connect_host
        return f"mqtt://{ADMIN}@{host}:{self.port}"

    def check(self) -> None:
        """Raises MosquittoMissing or MosquittoPluginMissing when ``start`` would; changes nothing."""
        self._programs()

    def start(self) -> None:
        """Write what is missing, end a stray broker of an earlier run, start, and wait until it takes connections.

        Raises MosquittoMissing, MosquittoPluginMissing, StackPartFailed.
        """
        program, plugin = self._programs()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._stop_stray()
        self._bootstrap()
        if self._settled:  # clients know the port: move no more
            return self._launch(program, plugin)
        for attempt in range(_TRIES_FOR_A_PORT):
            self.port = next_free_port(self.host, self.wanted_port)
            try:
                return self._launch(program, plugin)
            except StackPartFailed:
                # Someone took the port between our look and the broker's: the one failure worth another try.
                if attempt + 1 == _TRIES_FOR_A_PORT or "Address already in use" not in self._log_tail():
                    raise
        return None

    def stop(self) -> None:
        """Shut down and save; returns when the process is gone."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        self._pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """Crash the broker, for tests."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _programs(self) -> tuple[Path, Path | None]:
        program = find_program(self._program)
        return program, find_plugin(program, self._plugin) if self._accounts == "dynsec" else None

    def _launch(self, program: Path, plugin: Path | None) -> None:
        runs_as = identity.for_servers()
        # Without namespaces it runs as root, so that it can enter our 0700 directory.
        steps_down = runs_as.steps_down
        write_private(self._config_file, self.configuration(plugin, user="root" if steps_down else None))
        argv = [str(program), "-c", str(self._config_file)]
        child = Child(
            "Mosquitto", argv, log=self.log, identity=Identity("same") if steps_down else runs_as, way=_WAY
        )
        child.wait_until(self._accepts_connections, _START_TIMEOUT_S)
        self._child, self._settled = child, True

    def configuration(self, plugin: Path | None, user: str | None = None) -> str:
        """The text of mosquitto.conf."""
        # The listener comes first: an option of listeners that stands before it makes a second one on 0.0.0.0:1883.
        lines = [f"listener {self.port} {self.host}"]
        lines += [f"{name} {value}" for name, value in LIMITS.items()]
        lines += [f"persistence_location {self.folder}/", f"pid_file {self._pid_file}"]
        if plugin is not None:
            lines += [f"plugin {plugin}", f"plugin_opt_config_file {self._state_file}"]
        else:
            lines += [
                f"password_file {self.folder / 'password_file'}",
                f"acl_file {self.folder / 'acl_file'}",
                "use_username_as_clientid true",  # binds client ids: nobody takes over another one's session
            ]
        lines += ["log_dest stderr", "log_timestamp_format %Y-%m-%dT%H:%M:%S%z"]
        lines += [f"log_type {kind}" for kind in ("error", "warning", "notice")]
        return "\n".join(lines + ([f"user {user}"] if user else [])) + "\n"

    def _bootstrap(self) -> None:
        if not self.admin_password_file.exists():
            write_private(self.admin_password_file, secrets.token_urlsafe(24) + "\n")
        if self._accounts == "dynsec" and not self._state_is_whole():
            write_private(self._state_file, json.dumps(bootstrap_state(self.admin_password), indent=1))
        if self._accounts == "password-file":
            for name in ("password_file", "acl_file"):
                if not (self.folder / name).exists():
                    write_private(self.folder / name, "")

    def _state_is_whole(self) -> bool:
        """A lost or damaged state file is written anew: the server then restores every account from the database."""
        try:
            json.loads(self._state_file.read_text())
        except (OSError, ValueError):
            return False
        return True

    def _accepts_connections(self) -> bool:
        with suppress(OSError), socket.create_connection((self.connect_host, self.port), timeout=1):
            return True
        return False

    def _stop_stray(self) -> None:
        with suppress(OSError, ValueError):
            stop_stray(int(self._pid_file.read_text()), str(self._config_file), _WAY)
        self._pid_file.unlink(missing_ok=True)

    def _log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]

    @property
    def _config_file(self) -> Path:
        return self.folder / "mosquitto.conf"

    @property
    def _state_file(self) -> Path:
        return self.folder / "dynamic-security.json"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "mosquitto.pid"


def find_program(named: Path | None = None) -> Path:
    """The broker's program, also where an ordinary user's path does not look; raises MosquittoMissing."""
    folders = os.pathsep.join([os.environ.get("PATH", ""), *_MORE_PROGRAM_FOLDERS])
    found = shutil.which(str(named)) if named else shutil.which("mosquitto", path=folders)
    if found is None:
        raise MosquittoMissing(command=install_command())
    return Path(found).absolute()


def find_plugin(program: Path, named: Path | None = None) -> Path:
    """The dynamic-security plugin, which each distribution puts elsewhere; raises MosquittoPluginMissing."""
    for candidate in [named] if named else _plugin_candidates(program):
        if candidate.is_file():
            return candidate.resolve()
    raise MosquittoPluginMissing(command=install_command())


def _plugin_candidates(program: Path) -> Iterator[Path]:
    beside = program.resolve().parent.parent / "lib"
    for folder in (str(beside), *_LIBRARY_FOLDERS):
        yield from (Path(folder) / _PLUGIN, Path(folder) / "mosquitto" / _PLUGIN)
        yield from sorted(Path(folder).glob(f"*/{_PLUGIN}"))


def install_command() -> str:
    """What installs Mosquitto on this machine."""
    if sys.platform == "darwin":
        return "brew install mosquitto"
    known = {"apt-get": "install -y", "dnf": "install -y", "pacman": "-S", "apk": "add", "zypper": "install"}
    manager = next((name for name in known if shutil.which(name)), "apt-get")
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}{manager} {known[manager]} mosquitto"
