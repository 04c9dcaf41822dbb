"""Accounts and roles as the dynamic-security plugin spells them: in commands and in its JSON file.

One role an account, with literal topics: Mosquitto 2.0 does not expand ``%u`` in a role, and a change of a role that
several accounts share ends the connection of each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from plantops_server.broker.accounts import Account
from plantops_server.broker.address import Login
from plantops_server.broker.passwords import hash_password, plugin_fields
from plantops_server.broker.rights import Right, device_rights, server_rights

Fields = dict[str, Any]

DEFAULT_ACCESS = dict.fromkeys(
    # publishClientReceive is allowed by the plugin's own default: a revoked sleeper would go on receiving.
    ("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe"),
    False,
)

_ADMIN_ACLS = [
    {"acltype": acltype, "topic": "$CONTROL/dynamic-security/#", "priority": 0, "allow": True}
    for acltype in ("publishClientSend", "publishClientReceive", "subscribePattern", "unsubscribePattern")
]


class Entry(NamedTuple):
    """An account as the broker should hold it, whoever it belongs to."""

    username: str
    client_id: str
    rights: list[Right]
    password_hash: str
    password: str | None

    @classmethod
    def of_device(cls, account: Account) -> Entry:
        """A device's account."""
        rights = device_rights(account.device_id)
        return cls(account.username, account.client_id, rights, account.password_hash, account.password)

    @classmethod
    def of_server(cls, login: Login) -> Entry:
        """One of the server's own accounts."""
        rights = server_rights(login.username)
        return cls(login.username, login.client_id, rights, hash_password(login.password), login.password)

    @property
    def role(self) -> Fields:
        """The role of this account."""
        return {"rolename": self.username, "acls": acls(self.rights)}

    def client(self, made_at: datetime) -> Fields:
        """The account without its password; when it was made is written into its description."""
        return {
            "username": self.username,
            "clientid": self.client_id,
            "textdescription": made_at.isoformat(),
            "roles": [{"rolename": self.username}],
        }


def acls(rights: Iterable[Right]) -> list[Fields]:
    """Rights as the plugin's access control entries."""
    entries = []
    for right in rights:
        if right.access == "publish":
            kinds: tuple[str, ...] = ("publishClientSend",)
        elif right.topic.startswith("$share/"):
            kinds = ("subscribePattern", "unsubscribePattern")  # what arrives comes on the topics themselves
        else:
            kinds = ("subscribePattern", "unsubscribePattern", "publishClientReceive")
        entries += [{"acltype": k, "topic": right.topic, "priority": 0, "allow": True} for k in kinds]
    return entries


def state(admin: Login, entries: Sequence[Entry], made_at: datetime) -> Fields:
    """The plugin's whole JSON, from hashes alone: what survives the loss of the broker's own copy."""
    administrator = {
        "username": admin.username,
        "clientid": admin.client_id,
        "roles": [{"rolename": admin.username}],
        **plugin_fields(hash_password(admin.password)),
    }
    return {
        "defaultACLAccess": DEFAULT_ACCESS,
        "clients": [
            administrator,
            *({**entry.client(made_at), **plugin_fields(entry.password_hash)} for entry in entries),
        ],
        "groups": [],
        "roles": [{"rolename": admin.username, "acls": _ADMIN_ACLS}, *(entry.role for entry in entries)],
    }
