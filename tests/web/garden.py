"""A whole running server with plants, sensors that really publish, and names that attack browsers."""

from __future__ import annotations

import asyncio
import json
import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from psycopg.types.json import Jsonb

from plantops_api.wire import Role
from plantops_server.access import sessions, users
from plantops_server.store.database import Database
from tests.conftest import Broker
from tests.running_server import Running, serving, settings_for

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": '" onmouseover="alert(2)" x="',
    "single": "' onfocus='alert(3)' autofocus='",
    "link": "javascript:alert(4)",
    "svg": "<svg onload=alert(5)><img src=x onerror=alert(6)>",
    "closing": "</title></textarea></select><script>alert(7)</script>",
    "template": "{{ 7 * 191 }}{% for x in y %}",
    "terminal": "\x1b]0;owned\x07\x1b[2Jseen",
    "bidi": "plant\u202egnp.exe",
    "elsewhere": '<img src="http://evil.example/x.png">',
}
"""What a name may try, by what it tries."""


class Garden:
    """The server, its plants by name, and sessions of every role."""

    def __init__(self, running: Running, folder: Path) -> None:
        self.running, self.folder = running, folder
        self.url = running.url
        self.plants: dict[str, str] = {}
        self.devices: dict[str, str] = {}
        self._sessions: dict[str, str] = {}
        self._credentials: dict[str, dict[str, Any]] = {}

    def session(self, role: Role) -> str:
        """The cookie of somebody of that role, the same one each time."""
        if role not in self._sessions:
            self._sessions[role] = self.run(self.new_session(role))
        return self._sessions[role]

    async def new_session(self, role: Role, username: str | None = None) -> str:
        """The cookie of a session that nobody else uses."""
        db = await Database.open(self.running.settings.database_url.get_secret_value(), min_size=1)
        now = datetime.now(UTC)
        try:
            async with db.transaction() as conn:
                user = await users.user_named(conn, username or f"some-{role}")
                user = user or await users.create_user(conn, username or f"some-{role}", None, role, now)
                return await sessions.open_session(conn, user["id"], now)
        finally:
            await db.close()

    async def login_link(self) -> str:
        """A one-time link of the local admin."""
        async with self.running.client() as admin:
            answer = await admin.post("/api/auth/login-links")
            return str(answer.json()["url"])

    def run(self, work: Any) -> Any:
        """A coroutine's result, in a thread with a loop of its own."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as executor:
            return executor.submit(lambda: asyncio.run(work)).result()

    def may_connect(self, name: str, password: str | None = None) -> bool:
        """Whether the broker lets a sensor in, with the password that it got or with another one."""
        login = self._credentials[name]["mqtt"]
        answers: queue.Queue[bool] = queue.Queue()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=login["client_id"], protocol=mqtt.MQTTv5)
        client.username_pw_set(login["username"], password or login["password"])
        client.on_connect = lambda _c, _u, _f, reason, _p: answers.put(not reason.is_failure)
        client.connect("127.0.0.1", self.running.broker.port)
        client.loop_start()
        try:
            return answers.get(timeout=5)
        finally:
            client.disconnect()
            client.loop_stop()

    def publish(self, name: str, *readings: dict[str, Any]) -> None:
        """Let a sensor publish over MQTT with its own credentials, and wait until the broker has it."""
        papers = self._credentials[name]
        login = papers["mqtt"]
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=login["client_id"], protocol=mqtt.MQTTv5)
        client.username_pw_set(login["username"], login["password"])
        client.connect("127.0.0.1", self.running.broker.port)
        client.loop_start()
        try:
            for start in range(0, len(readings), 400):
                payload = json.dumps(readings[start : start + 400])
                client.publish(papers["topics"]["telemetry"], payload, qos=1).wait_for_publish(5)
        finally:
            client.disconnect()
            client.loop_stop()

    async def sow(self) -> None:
        """Plants with a day of readings, one of them dry, one without a sensor, and all the hostile ones."""
        async with self.running.client() as admin:
            token = (
                await admin.post("/api/enrolment-tokens", json={"name": "of a test", "uses": 50})
            ).json()["token"]
            await self._plant(admin, token, "Fern", "Nephrolepis exaltata", 55)
            await self._plant(admin, token, "Dry Monstera", "Monstera deliciosa", 8)
            await self._plant(admin, token, "Lonely", None, None)
            await self._plant(admin, token, "Spare", None, 45)
            sensed = {
                HOSTILE[attack] for attack in ("script", "attribute", "svg", "closing", "terminal", "bidi")
            }
            await asyncio.gather(
                *(
                    self._plant(admin, token, text, text, 3 if text in sensed else None)
                    for text in HOSTILE.values()
                )
            )
            await self._names_elsewhere(admin)
            await self._until(admin, lambda cards: all(c["state"] for c in cards if c["device_count"]))
            await self._until(admin, lambda cards: sum(c["open_incidents"] > 0 for c in cards) > len(sensed))
            first = (await admin.get("/api/alerts")).json()["items"][0]["id"]
            await admin.post(f"/api/alerts/{first}/resolve", json={"note": HOSTILE["script"]})
            await admin.post(f"/api/plants/{self.plants['Dry Monstera']}/analyze", json={})
            await self._hostile_plan()

    async def _names_elsewhere(self, admin: httpx2.AsyncClient) -> None:
        """The same attacks as names of tokens and channels."""
        for text in HOSTILE.values():
            for path in ("/api/tokens", "/api/enrolment-tokens"):
                assert (await admin.post(path, json={"name": text})).status_code == 201
        url = "https://discord.com/api/webhooks/{}/abcdefgh"
        channels = [
            {"name": text, "type": "discord", "url": url.format(number)}
            for number, text in enumerate(HOSTILE.values(), 1)
        ]
        answer = await admin.put("/api/settings/notifications", json={"channels": channels})
        assert answer.status_code == 200, answer.text
        # Nothing of it is told anywhere: the channels are there to be looked at.
        await admin.post("/api/maintenance", json={"seconds": 86_400})

    async def _hostile_plan(self) -> None:
        """A plan as a model would write it that obeys whoever named the plant."""
        words = list(HOSTILE.values())
        part = {"evidence": [words[0]], "why": words[1]}
        plan = {
            "summary": " ".join(words), "watch_for": words, "unknowns": words,
            "diagnosis": [{"claim": text, "confidence": "high", "evidence": [text], "supported": False, "doubt": text}
                          for text in words],
            "actions": [{"kind": "other", "what": text, "amount": text, "when": text, **part} for text in words],
            "threshold_proposals": [{"metric": "soil_moisture", "min": 20, "max": 50, **part}],
        }  # fmt: skip
        db = await Database.open(self.running.settings.database_url.get_secret_value(), min_size=1)
        try:
            async with db.transaction() as conn:
                await conn.execute(
                    "INSERT INTO care_plans (plant_id, plan_data, generated_at, source, source_reason, model)"
                    " VALUES (%s, %s, now(), 'openai', %s, %s)",
                    (self.plants["Fern"], Jsonb(plan), words[0], words[4]),
                )
        finally:
            await db.close()

    async def _plant(
        self, admin: httpx2.AsyncClient, token: str, name: str, species: str | None, moisture: float | None
    ) -> None:
        body = {"name": name, "species": species, "location": name, "notes": name, "thresholds": {}}
        made = (await admin.post("/api/plants", json=body)).json()
        self.plants[name] = made["id"]
        if moisture is None:
            return
        mac = f"02:00:00:00:00:{len(self.plants):02x}"
        about = {"mac_address": mac, "firmware_version": name, "sensor_types": ["soil_moisture", name[:60]],
                 "name": name, "report_interval_s": 600}  # fmt: skip
        registered = await admin.post(
            "/api/devices/register", json=about, headers={"Authorization": f"Bearer {token}"}
        )
        self._credentials[name] = registered.json()
        self.devices[name] = registered.json()["device_id"]
        await admin.post(f"/api/devices/{self.devices[name]}/provision", json={"plant_id": made["id"]})
        await admin.post(f"/api/plants/{made['id']}/waterings", json={"note": name, "amount_ml": 200})
        await asyncio.to_thread(
            self.publish, name, *_a_day(moisture), {"soil_moisture": name, "temperature": 900}
        )

    async def _until(self, admin: httpx2.AsyncClient, holds: Any) -> None:
        end = time.monotonic() + 20
        while not holds((await admin.get("/api/plants")).json()["items"]):
            assert time.monotonic() < end, "the readings did not arrive"
            await asyncio.sleep(0.1)


@contextmanager
def grown(database_url: str, folder: Path) -> Iterator[Garden]:
    """The garden until the end of the block."""
    broker = Broker(folder / "mosquitto", "dynsec")
    broker.start()
    try:
        with serving(settings_for(database_url, broker, folder / "data"), broker) as running:
            garden = Garden(running, folder)
            garden.run(garden.sow())
            yield garden
    finally:
        broker.stop()


def _a_day(moisture: float) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    return [
        {
            "ts": (now - timedelta(minutes=minutes)).isoformat(), "soil_moisture": moisture + minutes / 200,
            "temperature": 21 + minutes % 120 / 60, "humidity": 50, "light_level": 900, "battery": 80, "rssi": -60,
        }
        for minutes in range(24 * 60, -1, -10)
    ]  # fmt: skip
