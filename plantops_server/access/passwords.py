"""Passwords as Argon2id hashes, through libpass (passlib's kept fork); in a thread, since hashing is slow."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

_MEMORY_KIB, _PASSES, _LANES = 19_456, 2, 1  # OWASP Password Storage Cheat Sheet, Argon2id, second set


async def hash_password(password: str) -> str:
    """An Argon2id hash in PHC form; takes about 40 ms of one core."""
    return await asyncio.to_thread(_scheme().hash, password)


async def verify_password(password: str, known_hash: str | None) -> bool:
    """Whether ``password`` belongs to ``known_hash``; as slow for None, so that time does not tell who exists."""
    return await asyncio.to_thread(_verify, password, known_hash)


def needs_rehash(known_hash: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return bool(_scheme().needs_update(known_hash))


def _verify(password: str, known_hash: str | None) -> bool:
    dummy = _dummy()  # made at the first login, whoever it is
    return bool(_scheme().verify(password, known_hash or dummy)) and known_hash is not None


@cache
def _scheme() -> Any:
    from passlib.hash import argon2  # type: ignore[import-untyped]  # loads a C library: only processes that hash need it

    return argon2.using(type="ID", memory_cost=_MEMORY_KIB, time_cost=_PASSES, parallelism=_LANES)


@cache
def _dummy() -> str:
    return str(_scheme().hash("no user has this password"))
