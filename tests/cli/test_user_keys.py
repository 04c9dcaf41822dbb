"""``users keys``: from the file that ssh-keygen wrote to a key that is listed, and gone again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.access.test_ssh_keys import LINE
from tests.cli.conftest import Garden


async def write(path: Path, content: str) -> str:
    await asyncio.to_thread(path.write_text, content)
    return str(path)


async def test_a_key_is_added_listed_and_removed(garden: Garden, tmp_path: Path) -> None:
    file = await write(tmp_path / "key.pub", LINE + "\n")
    empty = await garden("users", "keys", "list", role="viewer")
    assert (empty.code, empty.out) == (0, "")
    assert "There are no SSH keys" in empty.err
    added = await garden("users", "keys", "add", "me", file, role="viewer")
    assert added.code == 0, added.err
    (key,) = json.loads((await garden("users", "keys", "list", "--json", role="viewer")).out)
    assert (key["username"], key["comment"]) == ("viewer", "ada@laptop")
    assert f"'viewer' may now log in with {key['fingerprint']}" in added.err
    assert key["fingerprint"] in (await garden("users", "keys", "list", "viewer")).out  # an admin, by name
    assert key["fingerprint"] in (await garden("users", "keys", "list", "--all")).out
    again = await garden("users", "keys", "add", "me", "-", stdin=LINE)
    assert (again.code, "a key has one user only" in again.err) == (6, True)
    short = await garden("users", "keys", "remove", "me", "SHA256:", "--yes", role="viewer")
    assert short.code == 3
    shown = key["fingerprint"][:24] + "…"
    removed = await garden("users", "keys", "remove", "me", shown, "--yes", role="viewer")
    assert removed.code == 0, removed.err
    gone = await garden("users", "keys", "remove", "viewer", key["fingerprint"], "--yes")
    assert gone.code == 3


async def test_keys_of_others_are_for_admins(garden: Garden, tmp_path: Path) -> None:
    file = await write(tmp_path / "key.pub", LINE)
    await garden("users", "keys", "list", role="admin")  # makes the user
    for argv in (("list", "admin"), ("add", "admin", file), ("list", "--all")):
        assert (await garden("users", "keys", *argv, role="operator")).code == 4


async def test_what_is_no_public_key_is_refused_in_words(garden: Garden, tmp_path: Path) -> None:
    private = await write(tmp_path / "id", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n")
    refused = await garden("users", "keys", "add", "me", private)
    assert (refused.code, "private key; it stays with you" in refused.err) == (2, True)
    odd = await garden("users", "keys", "add", "me", "-", stdin=f'command="sh" {LINE}')
    assert (odd.code, "without options before them" in odd.err) == (2, True)
    missing = await garden("users", "keys", "add", "me", str(tmp_path / "none"))
    assert (missing.code, "No such file" in missing.err) == (1, True)
    empty = await garden("users", "keys", "add", "me", "-", stdin="\n")
    assert (empty.code, "holds no public key" in empty.err) == (2, True)
