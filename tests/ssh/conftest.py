"""Real OpenSSH clients at both doors: our own, and a private OpenSSH server with our forced command.

One composed server stands for all tests of a process; each test makes people of its own in it.
"""

from __future__ import annotations

import getpass
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple, Protocol

import httpx2
import pytest

from plantops_api import wire
from plantops_api.wire import Role
from plantops_cli.ssh.authorized_keys import line, place_words
from plantops_server.stack import ports
from tests.conftest import _TEMPLATE, Databases, _running
from tests.running_server import Running, serving, settings_for

ROOT = Path(__file__).parents[2]
SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
PLANT = "Basil in the kitchen"
_serial = itertools.count(1)


def eventually(holds: Callable[[], bool], within_s: float = 20) -> bool:
    end = monotonic() + within_s
    while monotonic() < end:
        if holds():
            return True
        sleep(0.15)
    return holds()


def command_lines(*words: str) -> dict[int, str]:
    """Processes whose command line has all these words, by their id."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if all(word in command for word in words):
                found[int(entry.name)] = command
    return found


class Person:
    """A user with a key pair."""

    def __init__(self, name: str, key: Path) -> None:
        self.name, self.key = name, key

    def sessions(self) -> dict[int, str]:
        """The processes of this person's open sessions."""
        return command_lines("ssh session", f"--user {self.name} ")


class Site:
    """The server, and an admin who makes people and plants."""

    def __init__(self, running: Running, folder: Path) -> None:
        self.url, self.folder, self.token_file = running.url, folder, running.token_file
        self.admin = httpx2.Client(
            base_url=running.url, headers={"Authorization": f"Bearer {running.admin_token}"}, timeout=10
        )

    def person(self, role: Role = "viewer") -> Person:
        """A new user with a key that is registered."""
        name = f"{role}{next(_serial)}"
        key = self.key(name)
        user = {"username": name, "password": "a long pass phrase", "role": role}
        made = self.admin.post("/api/users", json=user).raise_for_status().json()
        public = {"public_key": key.with_name(key.name + ".pub").read_text()}
        self.admin.post(f"/api/users/{made['id']}/ssh-keys", json=public).raise_for_status()
        return Person(name, key)

    def key(self, name: str) -> Path:
        """A key pair that nobody has registered."""
        path = self.folder / f"key-{name}"
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)]
        subprocess.run(argv, check=True)
        return path

    def tokens_of(self, person: Person) -> list[dict[str, Any]]:
        items = self.admin.get("/api/tokens", params={"limit": 500}).json()["items"]
        return [token for token in items if token["username"] == person.name]

    def options(self) -> list[str]:
        """What tells a program of ours where this server is."""
        return ["--url", self.url, "--token-file", str(self.token_file)]

    def environ(self) -> dict[str, str]:
        """The environment of such a program."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PLANTOPS_")}
        return kept | {"PLANTOPS_DATA_DIR": str(self.folder / "door"), "PYTHONPATH": str(ROOT)}

    def plantops(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ours beside this server."""
        argv = [sys.executable, "-m", "plantops_cli", *self.options(), *words]
        return subprocess.run(
            argv, env=self.environ(), capture_output=True, text=True, check=False, timeout=30
        )


class Way(Protocol):
    """A door that clients go to."""

    kind: str
    port: int
    login: str
    known_hosts: Path

    def letting_in(self, *people: Person) -> None:
        """Have it know these people's keys."""


def ssh(way: Way, key: Path | None, *words: str) -> list[str]:
    """The command line of a real client that uses this key and asks nothing."""
    identity = ["-o", "IdentitiesOnly=yes"] + ([] if key is None else ["-i", str(key)])
    return [
        "ssh", "-F", "none", "-p", str(way.port), "-l", way.login, *identity,
        "-o", f"UserKnownHostsFile={way.known_hosts}", "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes",
        "-o", "ConnectTimeout=10", "-o", "IdentityAgent=none", *words,
    ]  # fmt: skip


def ask(
    way: Way, person: Person | Path | None, *words: str, options: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run a command over SSH to its end."""
    key = person.key if isinstance(person, Person) else person
    return subprocess.run(
        ssh(way, key, *options, "127.0.0.1", "--", *words),
        capture_output=True, text=True, check=False, timeout=30, stdin=subprocess.DEVNULL,
    )  # fmt: skip


class Ended(NamedTuple):
    """What a client printed and how it ended."""

    out: str
    err: str
    code: int


def run_all(way: Way, wishes: Mapping[str, tuple[Person, str]]) -> dict[str, Ended]:
    """Several clients at once, each with one command."""
    clients = {
        name: subprocess.Popen(
            ssh(way, person.key, "127.0.0.1", "--", command),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for name, (person, command) in wishes.items()
    }  # fmt: skip
    return {
        name: Ended(*client.communicate(timeout=60), client.returncode) for name, client in clients.items()
    }


@pytest.fixture(scope="session")
def site(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("ssh")
    with (
        databases.made(_TEMPLATE) as url,
        _running(folder / "mosquitto", "dynsec") as broker,
        serving(settings_for(url, broker, folder / "data"), broker) as running,
    ):
        made = Site(running, folder)
        made.admin.post("/api/plants", json={"name": PLANT, "species": "Ocimum basilicum"}).raise_for_status()
        yield made
        made.admin.close()


class OwnDoor:
    """``plantops ssh serve`` on a free port."""

    kind, login = "plantops ssh serve", "whoever"

    def __init__(self, site: Site, *words: str, data_dir: Path | None = None) -> None:
        self.data_dir = data_dir or site.folder / f"door{next(_serial)}"
        self.known_hosts = self.data_dir / "ssh" / "known_hosts"
        self.log = site.folder / f"{self.data_dir.name}-{next(_serial)}.log"
        environ = site.environ() | {"PLANTOPS_DATA_DIR": str(self.data_dir)}
        argv = [sys.executable, "-m", "plantops_cli", "ssh", "serve", *site.options()]
        argv += words if "--port" in words else (*words, "--port", "0")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                argv, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def wait_until_open(self) -> OwnDoor:
        assert eventually(lambda: self.notice.get("pid") == self.process.pid, 20), self.log.read_text()
        self.port: int = self.notice["port"]
        return self

    @property
    def notice(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.data_dir / "ssh" / "door.json").read_text())
        except (OSError, ValueError):
            return {}
        return found

    def letting_in(self, *people: Person) -> None:
        """It asks the server itself."""

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(15)


@contextmanager
def own_door(site: Site, *words: str, data_dir: Path | None = None) -> Iterator[OwnDoor]:
    """A door of one test."""
    door = OwnDoor(site, *words, data_dir=data_dir)
    try:
        yield door.wait_until_open()
    finally:
        door.process.kill()
        door.process.wait()


class PrivateSshd:
    """An OpenSSH server on a free port, whose only account is that of whoever runs the tests."""

    kind = "OpenSSH"

    def __init__(self, site: Site, keys: str) -> None:
        self._site = site
        self.folder = site.folder / f"sshd{next(_serial)}"
        self.folder.mkdir()
        self.port, self.login = ports.free_port(), getpass.getuser()
        self.keys_file, self.known_hosts = self.folder / "authorized_keys", self.folder / "known_hosts"
        host_key = self.folder / "host_key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(host_key)], check=True)
        public = host_key.with_name("host_key.pub").read_text()
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {public}")
        config = self.folder / "sshd_config"
        # AcceptEnv * is more than anybody should set: not even then may a client's variables lead a session astray.
        config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {host_key}\nPidFile none\nUsePAM no\nStrictModes no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin forced-commands-only\n"
            "Subsystem sftp internal-sftp\nAcceptEnv *\nMaxStartups 100\nLogLevel VERBOSE\n"
            + keys.replace("KEYS", str(self.keys_file))
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd confines itself before a login
        assert SSHD is not None
        self.process = subprocess.Popen(
            [SSHD, "-D", "-f", str(config), "-E", str(self.folder / "log")], stdin=subprocess.DEVNULL
        )
        assert eventually(lambda: not ports.is_free("127.0.0.1", self.port)), (
            self.folder / "log"
        ).read_text()

    def letting_in(self, *people: Person) -> None:
        """Write the lines that "plantops ssh authorized-keys" prints (test_authorized_keys.py runs it)."""
        found = self._site.admin.get("/api/ssh-keys", params={"limit": 500}).json()["items"]
        place = place_words(self._site.environ(), self._site.url, self._site.token_file)
        keys = [wire.SshKey.model_validate(key) for key in found]
        names = {person.name for person in people}
        self.keys_file.write_text("".join(f"{line(key, place)}\n" for key in keys if key.username in names))

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@contextmanager
def private_sshd(site: Site, keys: str = "AuthorizedKeysFile KEYS\n") -> Iterator[PrivateSshd]:
    """An OpenSSH server with these lines of configuration about keys."""
    if SSHD is None:
        pytest.skip("openssh-server is not installed")
    server = PrivateSshd(site, keys)
    try:
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def our_door(site: Site) -> Iterator[OwnDoor]:
    with own_door(site, "--per-minute", "1000", "--max-sessions", "50") as door:
        yield door


@pytest.fixture(scope="session")
def sshd(site: Site) -> Iterator[PrivateSshd]:
    with private_sshd(site) as server:
        yield server


@pytest.fixture(params=["plantops ssh serve", "OpenSSH"])
def way(request: pytest.FixtureRequest) -> Way:
    """Each of the two doors."""
    found: Way = request.getfixturevalue("our_door" if request.param == "plantops ssh serve" else "sshd")
    return found
