"""Accounts through Mosquitto's dynamic-security plugin."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from plantops_server.broker.accounts import SETTLING, Account, Drift
from plantops_server.broker.address import Login
from plantops_server.broker.control import Answer, Command, ControlChannel, Conversation, succeeded
from plantops_server.broker.dynsec_entries import DEFAULT_ACCESS, Entry, acls, state
from plantops_server.broker.state_file import write_for_broker
from plantops_server.errors import BrokerStateNotReachable

_GONE = ("Client not found", "Role not found")

Restart = Callable[[], Awaitable[None]]


class _Present(NamedTuple):
    """What the broker holds now, by name."""

    clients: dict[str, Answer]
    roles: dict[str, Answer]


class DynsecAccounts:
    """Device accounts in the plugin; the server's ``own`` accounts are kept beside them.

    ``state_file`` and ``restart`` are the way back after the broker lost its accounts: the control topic takes plain
    passwords alone, which only the devices have, so the plugin's JSON is written from the stored hashes. The plugin
    (2.0) reads it at start only. Without ``restart`` the JSON is laid beside the original for a person to put in.
    """

    def __init__(
        self, control: ControlChannel, own: Sequence[Login], *, state_file: Path | None = None,
        restart: Restart | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._control = control
        self._own = tuple(own)
        self._state_file = state_file
        self._restart = restart
        self._clock = clock

    def adopt(self, own: Sequence[Login]) -> None:
        """See Accounts."""
        self._own = tuple(own)

    async def create(self, account: Account) -> None:
        """See Accounts."""
        await self._install(Entry.of_device(account))

    async def set_password(self, account: Account) -> None:
        """See Accounts."""
        command = {
            "command": "setClientPassword",
            "username": account.username,
            "password": account.password,
        }
        answer = (await self._control.run([command]))[0]
        if answer.get("error") in _GONE:
            await self.create(account)
        else:
            succeeded(answer)

    async def delete(self, device_id: str, username: str) -> None:
        """See Accounts."""
        for answer in await self._control.run(_removal(username)):
            succeeded(answer, unless=_GONE)

    async def admit(self, login: Login) -> None:
        """See Accounts."""
        await self._install(Entry.of_server(login))

    async def probe(self) -> None:
        """See Accounts."""
        succeeded((await self._control.run([{"command": "getDefaultACLAccess"}]))[0])

    async def reconcile(self, wanted: Sequence[Account]) -> Drift:
        """See Accounts."""
        entries = self._entries(wanted)
        drift = Drift([], [], [], [])
        async with self._control.open() as conversation:
            present = await self._look(conversation)
            await self._close_defaults(conversation, drift)
            await self._remove_strangers(conversation, present, entries, drift)
            await self._repair(conversation, present, entries, drift)
            await self._make_missing(conversation, present, entries, drift)
        return drift

    async def rebuild(self, wanted: Sequence[Account]) -> None:
        """See Accounts."""
        entries = self._entries(wanted)
        content = json.dumps(state(self._control.admin, list(entries.values()), self._clock()))
        if self._state_file is None:
            raise BrokerStateNotReachable(where='"plantops db broker-state" writes it')
        if self._restart is None:
            beside = self._state_file.with_suffix(".rebuilt.json")
            write_for_broker(beside, content)
            raise BrokerStateNotReachable(where=f"it has been written to {beside}")
        write_for_broker(self._state_file, content)
        await self._restart()
        await self._check_rebuilt(entries)

    async def _check_rebuilt(self, entries: dict[str, Entry]) -> None:
        async with self._control.open() as conversation:
            present = await self._look(conversation)
        if entries.keys() - present.clients.keys():
            # The broker reads another file: to restart it again every few minutes would help nobody.
            self._restart = None
            raise BrokerStateNotReachable(where=f"the broker does not read {self._state_file}")

    def _entries(self, wanted: Sequence[Account]) -> dict[str, Entry]:
        entries = [*map(Entry.of_server, self._own), *map(Entry.of_device, wanted)]
        return {entry.username: entry for entry in entries}

    async def _install(self, entry: Entry) -> None:
        """Make the account, whatever stood there under its name."""
        answers = await self._control.run(_removal(entry.username) + self._creation(entry))
        for answer in answers[:2]:
            succeeded(answer, unless=_GONE)
        for answer in answers[2:]:
            succeeded(answer)

    def _creation(self, entry: Entry) -> list[Command]:
        return [
            {"command": "createRole", **entry.role},
            {"command": "createClient", **entry.client(self._clock()), "password": entry.password},
        ]

    async def _look(self, conversation: Conversation) -> _Present:
        clients = await conversation.list_all("listClients", "clients")
        roles = await conversation.list_all("listRoles", "roles")
        return _Present({c["username"]: c for c in clients}, {r["rolename"]: r for r in roles})

    async def _close_defaults(self, conversation: Conversation, drift: Drift) -> None:
        answer = succeeded((await conversation.ask([{"command": "getDefaultACLAccess"}]))[0])
        found = {acl["acltype"]: acl["allow"] for acl in answer["data"]["acls"]}
        if found != DEFAULT_ACCESS:
            wanted = [{"acltype": kind, "allow": allow} for kind, allow in DEFAULT_ACCESS.items()]
            succeeded((await conversation.ask([{"command": "setDefaultACLAccess", "acls": wanted}]))[0])
            drift.repaired.append("(default access)")

    async def _remove_strangers(
        self, conversation: Conversation, present: _Present, entries: dict[str, Entry], drift: Drift
    ) -> None:
        for username, client in present.clients.items():
            known = username in entries or username == self._control.admin.username
            if not known and not self._is_settling(client):
                for answer in await conversation.ask(_removal(username)):
                    succeeded(answer, unless=_GONE)
                drift.deleted.append(username)
        held = {role["rolename"] for client in present.clients.values() for role in client.get("roles", [])}
        for role in present.roles.keys() - held - entries.keys():
            succeeded(
                (await conversation.ask([{"command": "deleteRole", "rolename": role}]))[0], unless=_GONE
            )

    def _is_settling(self, client: Answer) -> bool:
        try:
            made_at = datetime.fromisoformat(client.get("textdescription", ""))
        except ValueError:
            return False
        return made_at.tzinfo is not None and self._clock() - made_at < SETTLING

    async def _repair(
        self, conversation: Conversation, present: _Present, entries: dict[str, Entry], drift: Drift
    ) -> None:
        for username in entries.keys() & present.clients.keys():
            commands = _repairs(entries[username], present.clients[username], present.roles.get(username))
            if commands:
                for answer in await conversation.ask(commands):
                    succeeded(answer)
                drift.repaired.append(username)

    async def _make_missing(
        self, conversation: Conversation, present: _Present, entries: dict[str, Entry], drift: Drift
    ) -> None:
        for username in entries.keys() - present.clients.keys():
            question = {"command": "getClient", "username": username}
            if "error" not in (await conversation.ask([question]))[0]:
                continue  # made while the pages of the list were read
            if entries[username].password is None:
                drift.missing.append(username)
                continue
            removal = [{"command": "deleteRole", "rolename": username}]
            answers = await conversation.ask(removal + self._creation(entries[username]))
            for answer in answers[1:]:
                succeeded(answer)
            drift.created.append(username)


def _removal(username: str) -> list[Command]:
    """The account first, so that nobody holds the role when it goes."""
    return [
        {"command": "deleteClient", "username": username},
        {"command": "deleteRole", "rolename": username},
    ]


def _repairs(entry: Entry, client: Answer, role: Answer | None) -> list[Command]:
    """What makes a client and its role as they should be; nothing when they are."""
    commands: list[Command] = []
    if role is None:
        commands.append({"command": "createRole", **entry.role})
    elif _canonical(role.get("acls", [])) != _canonical(acls(entry.rights)):
        commands.append({"command": "modifyRole", **entry.role})
    if client.get("clientid") != entry.client_id or client.get("roles") != [{"rolename": entry.username}]:
        roles = [{"rolename": entry.username}]
        commands.append(
            {
                "command": "modifyClient",
                "username": entry.username,
                "clientid": entry.client_id,
                "roles": roles,
            }
        )
    if client.get("disabled"):
        commands.append({"command": "enableClient", "username": entry.username})
    return commands


def _canonical(entries: Sequence[Answer]) -> set[tuple[str, str, bool]]:
    return {(acl["acltype"], acl["topic"], acl["allow"]) for acl in entries}
