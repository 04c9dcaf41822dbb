"""Random ids that are never reused."""

from __future__ import annotations

import base64
import secrets


def new_id(prefix: str) -> str:
    """``prefix_`` and 128 random bits in lower-case base32: safe in topics, URLs, file names and shells."""
    return f"{prefix}_{base64.b32encode(secrets.token_bytes(16)).decode().rstrip('=').lower()}"
