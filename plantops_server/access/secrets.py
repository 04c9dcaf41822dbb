"""Secrets that people and programs carry: made from 256 random bits, kept only as SHA-256.

A token of 256 random bits needs no slow hash: nobody can guess it, and a fast one lets every request check it.
"""

from __future__ import annotations

import secrets
from hashlib import sha256

API_TOKEN_PREFIX = "po_"  # noqa: S105 - a public marker that lets secret scanners find leaked tokens
_BYTES = 32


def new_api_token() -> str:
    """``po_`` and 256 random bits, URL-safe."""
    return API_TOKEN_PREFIX + secrets.token_urlsafe(_BYTES)


def new_opaque_secret() -> str:
    """256 random bits, URL-safe: sessions and login links."""
    return secrets.token_urlsafe(_BYTES)


def digest(secret: str) -> bytes:
    """What the database keeps. Looking a secret up by its digest leaks nothing through time."""
    return sha256(secret.encode("utf-8", "surrogateescape")).digest()
