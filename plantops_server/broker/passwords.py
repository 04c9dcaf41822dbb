"""Passwords of MQTT accounts and the hashes that Mosquitto understands: ``$7$iterations$salt$hash``.

PBKDF2-SHA512, base64 with padding, a salt of 12 bytes (Mosquitto 2.0 drops an account with a longer one). Few rounds,
because the broker's one thread computes them at each connect and a whole greenhouse connects after a power cut; the
secrets are 192 random bits, which no number of rounds makes harder to guess.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

ITERATIONS = 101  # what the dynamic-security plugin itself uses
_SALT_BYTES = 12
_PASSWORD_BYTES = 24


def new_password() -> str:
    """192 random bits as 32 characters of URL-safe base64."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def hash_password(password: str) -> str:
    """The hash of ``password`` under a fresh salt, in Mosquitto's format."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"$7${ITERATIONS}${_base64(salt)}${_base64(_derive(password, salt, ITERATIONS))}"


def verify_password(password: str, password_hash: str) -> bool:
    """Whether ``password`` is the one behind the hash; constant time."""
    _, _, iterations, salt, expected = password_hash.split("$")
    derived = _derive(password, base64.b64decode(salt), int(iterations))
    return hmac.compare_digest(derived, base64.b64decode(expected))


def plugin_fields(password_hash: str) -> dict[str, str | int]:
    """The hash as the dynamic-security plugin's JSON holds it."""
    _, _, iterations, salt, derived = password_hash.split("$")
    return {"password": derived, "salt": salt, "iterations": int(iterations)}


def _derive(password: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
