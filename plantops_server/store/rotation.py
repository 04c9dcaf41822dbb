"""Another key for the secrets at rest: each is unsealed with the old one and sealed with the new one.

Whenever it is cut off, the key file opens what the database holds: first the file gets both keys, then all secrets are
sealed anew in one transaction, then the file keeps the new key alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from plantops_server.store.database import Connection, connect
from plantops_server.store.vault import PREFIX, Vault, new_key, read_keys, write_new


async def rotate(dsn: str, path: Path, keep_old_at: Path) -> int:
    """Give the key file at ``path`` a new key; how many secrets were sealed anew. No PlantOps process may run.

    The file as it was is kept at ``keep_old_at``. Raises WrongSecretKey, and changes nothing then, when a secret cannot
    be opened; FileNotFoundError when there is no key to replace.
    """
    before = read_keys(path)
    vault = Vault.from_key_file(path)
    fresh = new_key()
    conn = await connect(dsn)
    async with conn:
        async with conn.transaction(force_rollback=True):
            await _sealed_anew(
                conn, vault
            )  # so that a secret that cannot be opened is found before anything changes
        write_new(keep_old_at, before)
        _replace(path, [fresh, *before])
        async with conn.transaction():
            count = await _sealed_anew(conn, Vault.from_key_file(path))
    _replace(path, [fresh])
    return count


async def _sealed_anew(conn: Connection, vault: Vault) -> int:
    count = 0

    def turned(value: Any) -> Any:
        nonlocal count
        if isinstance(value, str) and value.startswith(PREFIX):
            count += 1
            return vault.seal(vault.unseal(value))
        if isinstance(value, dict):
            return {name: turned(inner) for name, inner in value.items()}
        return [turned(inner) for inner in value] if isinstance(value, list) else value

    rows = await (await conn.execute("SELECT key, value FROM settings ORDER BY key FOR UPDATE")).fetchall()
    for row in rows:
        await conn.execute(
            "UPDATE settings SET value = %s WHERE key = %s", (Jsonb(turned(row["value"])), row["key"])
        )
    return count


def _replace(path: Path, keys: Sequence[bytes]) -> None:
    """Put another key file into the place of the present one, at once or not at all."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    write_new(beside, keys)
    beside.replace(path)
