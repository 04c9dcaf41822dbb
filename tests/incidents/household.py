"""Builders: plants, devices, readings and channels in a real database, with a time that the test owns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from plantops_api.wire import ChannelBody, NotificationSettingsBody, Threshold
from plantops_server.incidents import channels
from plantops_server.incidents.judge import Observation, PlantContext, judge
from plantops_server.store.database import Database
from plantops_server.store.vault import Vault

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
LIMITS: Mapping[str, Threshold] = {"soil_moisture": Threshold(min=30, max=60, source="user")}


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def vault() -> Vault:
    return Vault(b"k" * 32, Path("secret.key"))


def context(plant_id: str, limits: Mapping[str, Threshold] = LIMITS, **more: Any) -> PlantContext:
    return PlantContext(plant_id, f"Plant {plant_id}", "Monstera deliciosa", "hall", limits, **more)


def reading(plant_id: str, minutes: float, value: float, *, fresh: bool = True) -> Observation:
    return Observation(plant_id, at(minutes), {"soil_moisture": value}, fresh)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> None:
        self.now += timedelta(**span)


class Household:
    """Plants of one database."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.vault = vault()

    async def plants(self, *ids: str) -> None:
        async with self.db.transaction() as conn:
            for plant_id in ids:
                await conn.execute(
                    "INSERT INTO plants (id, name, species, location) VALUES (%s, %s, 'Monstera deliciosa', 'hall')",
                    (plant_id, f"Plant {plant_id}"),
                )
                await conn.execute("INSERT INTO plant_state (plant_id) VALUES (%s)", (plant_id,))

    async def device(
        self,
        device_id: str,
        last_seen_at: datetime | None,
        *,
        plant_id: str | None = None,
        every_s: int = 600,
    ) -> None:
        async with self.db.transaction() as conn:
            await conn.execute(
                "INSERT INTO devices (id, name, mqtt_username, mqtt_client_id, mqtt_password_hash, plant_id, status,"
                " last_seen_at, last_reading_at, report_interval_s)"
                " VALUES (%(id)s, %(id)s, %(id)s, %(id)s, 'x', %(plant)s, 'online', %(seen)s, %(seen)s, %(every)s)",
                {"id": device_id, "plant": plant_id, "seen": last_seen_at, "every": every_s},
            )

    async def heard(self, device_id: str, when: datetime) -> None:
        await self.run(
            "UPDATE devices SET last_seen_at = %s, status = 'online' WHERE id = %s", when, device_id
        )

    async def run(self, sql: str, *values: object) -> None:
        async with self.db.transaction() as conn:
            await conn.execute(sql, values)

    async def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        async with self.db.connection() as conn:
            cursor = await conn.execute(sql, values)
            found: list[dict[str, Any]] = await cursor.fetchall()
            return found

    async def judge(
        self,
        *observations: Observation,
        limits: Mapping[str, Threshold] = LIMITS,
        now: datetime | None = None,
    ) -> list[int]:
        contexts = {o.plant_id: context(o.plant_id, limits) for o in observations}
        async with self.db.transaction() as conn:
            return await judge(conn, observations, contexts, now or NOW)

    async def dry(self, plant_id: str, minutes: float = 0) -> int:
        """Two dry readings: the id of the incident that they opened."""
        (opened,) = await self.judge(reading(plant_id, minutes, 25), reading(plant_id, minutes + 5, 25))
        return opened

    async def alerts(self) -> list[dict[str, Any]]:
        return await self.rows("SELECT * FROM alerts ORDER BY id")

    async def notifications(self) -> list[dict[str, Any]]:
        return await self.rows("SELECT * FROM notifications ORDER BY id")

    async def tell(self, url: str, *, allow: Sequence[str] = (), name: str = "garden", **more: Any) -> None:
        """Set up one channel; ``more`` are fields of the settings or of the channel."""
        of_settings = {
            key: more.pop(key) for key in ("quiet_hours", "repeat_after_s", "digest") if key in more
        }
        channel = ChannelBody(name=name, type=more.pop("type", "discord"), url=url, **more)
        body = NotificationSettingsBody(channels=[channel], **of_settings)
        async with self.db.transaction() as conn:
            await channels.replace(conn, body, self.vault, allow)
