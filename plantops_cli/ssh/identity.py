"""Who the door is: its host key, kept under the data directory; and a key for the local admin, made on request."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import asyncssh

from plantops_api import wire
from plantops_api.client import PlantOpsClient
from plantops_cli.exit_codes import ExitCode, Stop

_TYPE = "ssh-ed25519"


class Papers:
    """The files of the door, in ``ssh`` under the data directory; private keys are 0600 and never leave it."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir.expanduser().absolute() / "ssh"
        self.host_key_file = self.folder / "host_key"
        self.local_key_file = self.folder / "local_key"
        self.known_hosts = self.folder / "known_hosts"
        self.notice = self.folder / "door.json"

    def host_key(self) -> asyncssh.SSHKey:
        """The same at every start, so that clients know the door again; made at the first."""
        return _kept(self.host_key_file, "PlantOps SSH door")

    def publish(self, notice: dict[str, object]) -> None:
        """Tell programs of this machine where the open door is."""
        _write(self.notice, json.dumps(notice).encode())

    def write_known_hosts(self, host: str, port: int) -> None:
        """What a client on this machine needs to know the door at its first visit."""
        key = self.host_key().export_public_key().decode().split()
        names = ",".join(f"[{name}]:{port}" for name in dict.fromkeys((host, "127.0.0.1", "localhost")))
        _write(self.known_hosts, f"{names} {key[0]} {key[1]}\n".encode())

    async def let_local_key_in(self, client: PlantOpsClient) -> str:
        """Make the local key if there is none, and see that it lets the local admin in; that user's name.

        Whoever can read it can read admin.token beside it, so it opens nothing new. Raises ApiError.
        """
        key = _kept(self.local_key_file, "local admin of PlantOps")
        public = key.export_public_key().decode().strip()
        _write(self.local_key_file.with_suffix(".pub"), public.encode() + b"\n")
        for known in await client.all_ssh_keys(key.get_fingerprint("sha256")):
            return known.username
        return (await client.add_ssh_key("me", wire.SshKeyBody(public_key=public))).username

    def login_line(self, host: str, port: int, username: str | None) -> str:
        """The command that logs in, as it can be typed; with the local key when its user is given."""
        options = ["-p", str(port)]
        if username is not None:
            options += ["-i", str(self.local_key_file), "-o", "IdentitiesOnly=yes"]
        options += ["-o", f"UserKnownHostsFile={self.known_hosts}"]
        return shlex.join(["ssh", *options, f"{username}@{host}" if username else host])


def reachable(host: str) -> str:
    """The address by which this machine reaches a door that listens on ``host``."""
    return {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def _kept(path: Path, comment: str) -> asyncssh.SSHKey:
    try:
        return asyncssh.read_private_key(path)
    except FileNotFoundError:
        key = asyncssh.generate_private_key(_TYPE, comment=comment)
        _write(path, key.export_private_key())
        return key
    except (OSError, asyncssh.KeyImportError) as problem:
        raise Stop(
            ExitCode.FAILURE,
            f"The key in {path} cannot be read: {problem}.",
            "Put it back, or remove it for a new one.",
        ) from None


def _write(path: Path, content: bytes) -> None:
    """Replace ``path`` in one step; at no moment is it readable by others or half written."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(path)
