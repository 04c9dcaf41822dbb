"""``plantops db broker-state``: the broker's accounts out of the database, for a broker that has lost them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import run

if TYPE_CHECKING:
    from plantops_server.settings import Settings

_ADMIN = "plantops-admin"


def built(settings: Settings, dsn: str) -> str:
    """The text of dynamic-security.json with every device's hash and the server's own accounts."""
    return run(_build(settings, dsn))


async def _build(settings: Settings, dsn: str) -> str:
    from datetime import UTC, datetime

    from plantops_server.broker.address import Login
    from plantops_server.credentials import broker_state
    from plantops_server.store.database import Database
    from plantops_server.store.vault import Vault

    name = settings.mqtt.username or _ADMIN
    admin = Login(name, name, _password(settings))
    db = await Database.open(dsn, min_size=1, max_size=2)
    try:
        return await broker_state(db, Vault.from_key_file(settings.key_file), admin, datetime.now(UTC))
    finally:
        await db.close()


def _password(settings: Settings) -> str:
    path: Path = settings.mqtt_password_file or settings.data_dir / "mosquitto" / "admin.password"
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Stop(
            ExitCode.FAILURE,
            f"The password of the broker's administrator cannot be read from {path}: {error.strerror}.",
            "PLANTOPS_MQTT_PASSWORD_FILE names the file that holds it.",
        ) from None
