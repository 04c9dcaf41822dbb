"""Secrets at rest and the ``settings`` table. The sealing key lives in a file outside the database.

The file holds one key a line: the first one seals, each of them unseals. There are two while a key is being replaced,
and where somebody put an old one back for the sake of an old backup.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg.types.json import Jsonb

from plantops_server.errors import WrongSecretKey
from plantops_server.store.database import Connection

PREFIX = "sealed:v1:"
"""What every sealed text begins with."""
KEY_BYTES = 32
_NONCE_BYTES = 12  # 96 bits, what AES-GCM is specified for (NIST SP 800-38D)


class Vault:
    """Seals and unseals strings with AES-256-GCM; its repr shows no key. ``older`` keys unseal, too."""

    def __init__(self, key: bytes, path: Path, *older: bytes) -> None:
        self._aead = AESGCM(key)
        self._all = (self._aead, *map(AESGCM, older))
        self._path = path

    @classmethod
    def from_key_file(cls, path: Path) -> Vault:
        """Read the keys, or make one (mode 0600) when the file does not exist yet.

        Raises WrongSecretKey when the file does not hold a key.
        """
        try:
            keys = read_keys(path)
        except FileNotFoundError:
            keys = [new_key()]
            write_new(path, keys)
        return cls(keys[0], path, *keys[1:])

    def seal(self, secret: str) -> str:
        """Encrypt ``secret``; the result is text, safe inside a JSON column."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return PREFIX + base64.b64encode(nonce + self._aead.encrypt(nonce, secret.encode(), None)).decode()

    def unseal(self, sealed: str) -> str:
        """Decrypt what ``seal`` made. Raises WrongSecretKey when this key did not seal it or it was changed."""
        for aead in self._all:
            try:
                raw = base64.b64decode(sealed.removeprefix(PREFIX), validate=True)
                return aead.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None).decode()
            except (ValueError, InvalidTag):
                continue
        raise WrongSecretKey(path=self._path)


def new_key() -> bytes:
    """A random key."""
    return secrets.token_bytes(KEY_BYTES)


def read_keys(path: Path) -> list[bytes]:
    """The keys of a file, the sealing one first. Raises FileNotFoundError, and WrongSecretKey when it holds none."""
    try:
        keys = [base64.b64decode(line, validate=True) for line in path.read_text().split()]
    except ValueError:
        keys = []
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise WrongSecretKey(path=path)
    return keys


def write_new(path: Path, keys: Sequence[bytes]) -> None:
    """Write a key file for its owner only, down to the disk. Raises FileExistsError when there is one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b"".join(base64.b64encode(key) + b"\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())


async def get_setting(conn: Connection, key: str) -> Any | None:
    """The JSON value of a setting, or None when it was never set."""
    row = await (await conn.execute("SELECT value FROM settings WHERE key = %s", (key,))).fetchone()
    return None if row is None else row["value"]


async def put_setting(conn: Connection, key: str, value: Any) -> None:
    """Store a JSON value under ``key``; the caller has sealed what is secret in it."""
    await conn.execute(
        "INSERT INTO settings (key, value) VALUES (%s, %s)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now()",
        (key, Jsonb(value)),
    )
