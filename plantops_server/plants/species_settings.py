"""The key of OpenPlantbook: the setting ``openplantbook``, its secret sealed at rest and masked when shown."""

from __future__ import annotations

from time import monotonic
from typing import Any

from plantops_api import wire
from plantops_server.errors import InvalidInput, PlantOpsError, SpeciesProviderNotConfigured
from plantops_server.plants import fetched, openplantbook
from plantops_server.plants.openplantbook import Key, OpenPlantbook
from plantops_server.store.database import Connection, Database
from plantops_server.store.vault import Vault, get_setting, put_setting

_KEY = "openplantbook"
_HIDDEN = "…"


async def shown(conn: Connection) -> wire.SpeciesSettings:
    """The setting as people may see it."""
    stored = await _load(conn)
    return wire.SpeciesSettings(
        installed=openplantbook.installed(), configured=bool(stored), client_id=stored.get("client_id"),
        client_secret_masked=stored.get("masked"), cached=await fetched.count(conn),
    )  # fmt: skip


async def replace(conn: Connection, body: wire.OpenPlantbookBody, vault: Vault) -> wire.SpeciesSettings:
    """Keep another key, or none. A masked or absent secret stays, but never goes with another client id.

    Raises InvalidInput when there is no secret to keep.
    """
    stored = await _load(conn)
    if body.client_id is None:
        await put_setting(conn, _KEY, {})
    elif body.client_secret is not None and _HIDDEN not in body.client_secret:
        sealed, masked = vault.seal(body.client_secret), _mask(body.client_secret)
        await put_setting(conn, _KEY, {"client_id": body.client_id, "sealed": sealed, "masked": masked})
    elif stored.get("client_id") != body.client_id:
        raise InvalidInput(
            problem="client_secret: a new client id needs its secret. Copy both from open.plantbook.io."
        )
    return await shown(conn)


async def key(conn: Connection, vault: Vault) -> Key:
    """The key; raises SpeciesProviderNotConfigured and WrongSecretKey."""
    stored = await _load(conn)
    if not stored:
        raise SpeciesProviderNotConfigured
    return Key(stored["client_id"], vault.unseal(stored["sealed"]))


async def tested(db: Database, vault: Vault, url: str) -> wire.SpeciesProviderTest:
    """Ask OpenPlantbook at ``url`` something cheap with the key, and tell what really came back."""
    start = monotonic()
    try:
        async with db.connection() as conn:
            stored = await key(conn, vault)
        await OpenPlantbook(stored, url).check()
    except PlantOpsError as error:
        return wire.SpeciesProviderTest(ok=False, error=str(error))
    return wire.SpeciesProviderTest(ok=True, latency_ms=round((monotonic() - start) * 1000))


async def _load(conn: Connection) -> dict[str, Any]:
    return await get_setting(conn, _KEY) or {}


def _mask(secret: str) -> str:
    return f"{_HIDDEN}{secret[-4:]}" if len(secret) >= 16 else _HIDDEN
