"""Accounts in Mosquitto's ``password_file`` and ``acl_file``, for brokers without the dynamic-security plugin.

Weaker than the plugin, and the documentation says so: an account is bound to no client id, and a revoked device is shut
out when the broker has read the files again (SIGHUP, some hundred milliseconds) and not in the same millisecond.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from plantops_server.broker.accounts import SETTLING, Account, Drift
from plantops_server.broker.address import Login
from plantops_server.broker.passwords import hash_password, verify_password
from plantops_server.broker.rights import Right, device_rights, server_rights
from plantops_server.broker.state_file import write_for_broker
from plantops_server.errors import BrokerUnavailable

_HEAD = "# Written by PlantOps from its database; changes made here are overwritten."
_MADE = re.compile(r"^# made (\S+) (\S+)$", re.MULTILINE)
_RELOAD_S = 0.3
"""How long Mosquitto may take to act upon SIGHUP: it looks for signals between two turns of its loop (0.1 s)."""


class _Line(NamedTuple):
    password_hash: str
    rights: list[Right]
    made_at: str


class PasswordFileAccounts:
    """Device accounts in two files in ``folder``, beside the broker's ``mosquitto.pid``."""

    def __init__(
        self, folder: Path, own: Sequence[Login], *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._passwords = folder / "password_file"
        self._acl = folder / "acl_file"
        self._pid = folder / "mosquitto.pid"
        self._own = {login.username: login for login in own}
        self._clock = clock
        self._lock = asyncio.Lock()

    def adopt(self, own: Sequence[Login]) -> None:
        """See Accounts."""
        self._own = {login.username: login for login in own}

    async def create(self, account: Account) -> None:
        """See Accounts."""
        async with self._lock:
            lines = self._read()
            lines[account.username] = self._line(account)
            await self._write(lines)

    async def set_password(self, account: Account) -> None:
        """See Accounts. Mosquitto checks every connection again when it reads the files."""
        await self.create(account)

    async def delete(self, device_id: str, username: str) -> None:
        """See Accounts."""
        async with self._lock:
            lines = self._read()
            if lines.pop(username, None) is not None:
                await self._write(lines)

    async def admit(self, login: Login) -> None:
        """See Accounts."""
        self._own[login.username] = login
        async with self._lock:
            await self._write(self._read())

    async def probe(self) -> None:
        """See Accounts."""
        self._broker_pid()

    async def reconcile(self, wanted: Sequence[Account]) -> Drift:
        """See Accounts. Compares hashes as well: nothing is ever missing for good."""
        async with self._lock:
            return await self._write_wanted(wanted)

    async def rebuild(self, wanted: Sequence[Account]) -> None:
        """See Accounts."""
        async with self._lock:
            await self._write_wanted(wanted)

    async def _write_wanted(self, wanted: Sequence[Account]) -> Drift:
        before = self._read()
        after = {account.username: self._line(account) for account in wanted}
        drift = Drift([], [], [], [])
        for username, line in before.items():
            if username in after or username in self._own:
                continue
            if self._is_settling(line):
                after[username] = line
            else:
                drift.deleted.append(username)
        drift.created.extend(after.keys() - before.keys())
        drift.repaired.extend(u for u in after.keys() & before.keys() if not _equal(after[u], before[u]))
        drift.created.extend(username for username in self._own if username not in before)
        if drift or not self._acl.exists():
            await self._write(after)
        return drift

    def _line(self, account: Account) -> _Line:
        return _Line(account.password_hash, device_rights(account.device_id), self._clock().isoformat())

    def _is_settling(self, line: _Line) -> bool:
        try:
            return self._clock() - datetime.fromisoformat(line.made_at) < SETTLING
        except (ValueError, TypeError):
            return False

    def _read(self) -> dict[str, _Line]:
        """All accounts that the files hold, the server's own among them."""
        if not self._passwords.exists():
            return {}
        acl = self._acl.read_text(encoding="utf-8") if self._acl.exists() else ""
        made = dict(_MADE.findall(acl))
        rights = _parse_rights(acl)
        lines = {}
        for line in self._passwords.read_text(encoding="utf-8").splitlines():
            username, _, password_hash = line.partition(":")
            if password_hash and not line.startswith("#"):
                lines[username] = _Line(password_hash, rights.get(username, []), made.get(username, ""))
        return lines

    async def _write(self, devices: dict[str, _Line]) -> None:
        """Both files, whole, then one SIGHUP; the server's own accounts are always among them."""
        pid = self._broker_pid()
        lines = {**devices, **self._own_lines()}
        write_for_broker(self._acl, _render_acl(lines))
        write_for_broker(
            self._passwords, "".join(f"{username}:{line.password_hash}\n" for username, line in lines.items())
        )
        os.kill(pid, signal.SIGHUP)
        await asyncio.sleep(_RELOAD_S)

    def _own_lines(self) -> dict[str, _Line]:
        """The server's accounts; a hash that still fits stays, so that nothing is reloaded for a new salt."""
        before = self._read()
        made_at = self._clock().isoformat()
        lines = {}
        for login in self._own.values():
            old = before.get(login.username)
            fits = old is not None and _fits(login.password, old.password_hash)
            password_hash = old.password_hash if old is not None and fits else hash_password(login.password)
            lines[login.username] = _Line(password_hash, server_rights(login.username), made_at)
        return lines

    def _broker_pid(self) -> int:
        """Raises BrokerUnavailable when no broker has written its process id here."""
        try:
            pid = int(self._pid.read_text(encoding="ascii").strip())
            os.kill(pid, 0)
        except (OSError, ValueError):
            raise BrokerUnavailable(problem=f"no running broker in {self._pid}") from None
        return pid


def _fits(password: str, password_hash: str) -> bool:
    try:
        return verify_password(password, password_hash)
    except ValueError:
        return False


def _equal(one: _Line, other: _Line) -> bool:
    return one.password_hash == other.password_hash and one.rights == other.rights


def _render_acl(lines: dict[str, _Line]) -> str:
    blocks = [_HEAD]
    for username, line in lines.items():
        rights = [f"topic {'write' if r.access == 'publish' else 'read'} {r.topic}" for r in line.rights]
        blocks.append("\n".join([f"# made {username} {line.made_at}", f"user {username}", *rights]))
    return "\n\n".join(blocks) + "\n"


def _parse_rights(acl: str) -> dict[str, list[Right]]:
    rights: dict[str, list[Right]] = {}
    for line in acl.splitlines():
        if line.startswith("user "):
            current = rights.setdefault(line.removeprefix("user "), [])
        elif line.startswith("topic write "):
            current.append(Right("publish", line.removeprefix("topic write ")))
        elif line.startswith("topic read "):
            current.append(Right("receive", line.removeprefix("topic read ")))
    return rights
