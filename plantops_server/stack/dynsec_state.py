"""The first dynamic-security.json of a broker: everything is denied, and one account manages accounts.

``plantops up`` writes it by itself. For a Mosquitto that runs as a service or in a container:

    python -m plantops_server.stack.dynsec_state FILE --password-file FILE [--owner UID:GID]

A file that is already there is left as it is: the broker keeps its accounts in it.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import secrets
import sys
from pathlib import Path

from plantops_server.stack.private_file import write_private

ADMIN = "plantops-admin"
"""User name and client id of the account that manages accounts; it can do nothing else."""

# The secret is 192 random bits, which need no stretching, and each round costs in the broker's only thread.
_ROUNDS = 101
_SALT_BYTES = 12  # Mosquitto 2.0 cannot read longer ones


def bootstrap_state(admin_password: str) -> dict[str, object]:
    """A dynamic-security.json in which everything is denied but the administrator's control topic."""
    control = "$CONTROL/dynamic-security/#"
    acls = [
        {"acltype": kind, "topic": control, "priority": 0, "allow": True}
        for kind in ("publishClientSend", "publishClientReceive", "subscribePattern", "unsubscribePattern")
    ]
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", admin_password.encode(), salt, _ROUNDS)
    admin = {
        "username": ADMIN,
        "clientid": ADMIN,
        "textname": "manages the accounts of devices; bound to its client id",
        "roles": [{"rolename": ADMIN}],
        "password": base64.b64encode(digest).decode(),
        "salt": base64.b64encode(salt).decode(),
        "iterations": _ROUNDS,
    }
    kinds = ("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe")
    return {
        "defaultACLAccess": dict.fromkeys(kinds, False),
        "clients": [admin],
        "groups": [],
        "roles": [{"rolename": ADMIN, "acls": acls}],
    }


def main(arguments: list[str] | None = None) -> None:
    """Write the file; exits with a sentence when that is not possible."""
    parser = argparse.ArgumentParser(prog="python -m plantops_server.stack.dynsec_state", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("file", type=Path, help="where Mosquitto's plugin_opt_config_file points")
    parser.add_argument(
        "--password-file", type=Path, required=True, help="holds the administrator's password"
    )
    parser.add_argument("--owner", metavar="UID:GID", help="whom the file belongs to: the broker's user")
    given = parser.parse_args(arguments)
    if given.file.exists():
        sys.stderr.write(f"{given.file} is there already and was left as it is\n")
        return
    try:
        password = given.password_file.read_text(encoding="utf-8").strip()
        if not password:
            parser.error(f"{given.password_file} is empty")
        write_private(given.file, json.dumps(bootstrap_state(password), indent=1))
        if given.owner:
            uid, _, gid = given.owner.partition(":")
            os.chown(given.file, int(uid), int(gid))
    except (OSError, ValueError) as problem:
        parser.error(str(problem))
    sys.stderr.write(f"{given.file} now holds the account {ADMIN!r}\n")


if __name__ == "__main__":
    main()
