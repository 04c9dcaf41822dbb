"""Secrets at rest and the ``settings`` table. The sealing key lives in a file outside the database."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg.types.json import Jsonb

from plantops_server.errors import WrongSecretKey
from plantops_server.store.database import Connection

_PREFIX = "sealed:v1:"
_NONCE_BYTES = 12  # 96 bits, what AES-GCM is specified for (NIST SP 800-38D)


class Vault:
    """Seals and unseals strings with AES-256-GCM; its repr shows no key."""

    def __init__(self, key: bytes, path: Path) -> None:
        self._aead = AESGCM(key)
        self._path = path

    @classmethod
    def from_key_file(cls, path: Path) -> Vault:
        """Read the key, or make one (mode 0600) when the file does not exist yet.

        Raises WrongSecretKey when the file does not hold a key.
        """
        try:
            key = base64.b64decode(path.read_text().strip(), validate=True)
        except FileNotFoundError:
            key = secrets.token_bytes(32)
            _write_new(path, base64.b64encode(key) + b"\n")
        except ValueError:
            key = b""
        if len(key) != 32:
            raise WrongSecretKey(path=path)
        return cls(key, path)

    def seal(self, secret: str) -> str:
        """Encrypt ``secret``; the result is text, safe inside a JSON column."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _PREFIX + base64.b64encode(nonce + self._aead.encrypt(nonce, secret.encode(), None)).decode()

    def unseal(self, sealed: str) -> str:
        """Decrypt what ``seal`` made. Raises WrongSecretKey when this key did not seal it or it was changed."""
        try:
            raw = base64.b64decode(sealed.removeprefix(_PREFIX), validate=True)
            return self._aead.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None).decode()
        except (ValueError, InvalidTag):
            raise WrongSecretKey(path=self._path) from None


def _write_new(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


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
