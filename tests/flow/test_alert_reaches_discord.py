"""The whole way: a device registers, publishes two dry readings, and Discord is told; once, and again never."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.conftest import Broker
from tests.notify import fake_discord as discord
from tests.notify.fake_discord import FakeDiscord
from tests.running_server import Running, serving, settings_for


@pytest.fixture
def settings_of_server(
    database_url: str, mosquitto: Broker, fake_discord: FakeDiscord, tmp_path: Path
) -> Any:
    return settings_for(database_url, mosquitto, tmp_path / "data", webhook_allow_hosts=fake_discord.host)


@pytest.fixture
def garden(settings_of_server: Any, mosquitto: Broker) -> Iterator[Running]:
    with serving(settings_of_server, mosquitto) as running:
        yield running


async def enrolled(client: httpx2.AsyncClient, plant_id: str) -> dict[str, Any]:
    token = (await client.post("/api/enrolment-tokens", json={"name": "bench"})).json()["token"]
    body = {"mac_address": "24:6F:28:AE:52:7C", "nonce": "0123456789abcdef", "report_interval_s": 5}
    answer = await client.post(
        "/api/devices/register", json=body, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 201, answer.text
    device: dict[str, Any] = answer.json()
    tied = await client.post(f"/api/devices/{device['device_id']}/provision", json={"plant_id": plant_id})
    assert tied.status_code == 200, tied.text
    return device


@asynccontextmanager
async def speaking(device: dict[str, Any]) -> AsyncIterator[mqtt.Client]:
    login = device["mqtt"]
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=login["client_id"], protocol=mqtt.MQTTv5)
    client.username_pw_set(login["username"], login["password"])
    client.connect(login["host"], login["port"])
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


async def say(client: mqtt.Client, device: dict[str, Any], moisture: float) -> None:
    sent = client.publish(device["topics"]["telemetry"], json.dumps({"soil_moisture": moisture}), qos=1)
    await asyncio.to_thread(sent.wait_for_publish, 5)
    await asyncio.sleep(0.02)  # a reading a millisecond would be one reading


async def set_up(client: httpx2.AsyncClient, fake: FakeDiscord) -> tuple[str, dict[str, Any]]:
    channel = {"name": "garden", "type": "discord", "url": fake.url}
    answer = await client.put("/api/settings/notifications", json={"channels": [channel]})
    assert answer.status_code == 200, answer.text
    limits = {"soil_moisture": {"min": 30, "max": 60}}
    plant = (await client.post("/api/plants", json={"name": "Monstera", "thresholds": limits})).json()
    return plant["id"], await enrolled(client, plant["id"])


async def test_a_dry_plant_reaches_discord_and_its_recovery_edits_the_message(
    garden: Running, fake_discord: FakeDiscord
) -> None:
    async with garden.client() as client:
        plant_id, device = await set_up(client, fake_discord)
        async with speaking(device) as pot:
            await say(pot, device, 22)
            await say(pot, device, 21.5)
            await asyncio.to_thread(fake_discord.wait_for, 1)
            (alert,) = (await client.get("/api/alerts")).json()["items"]
            card = (await client.get(f"/api/plants/{plant_id}")).json()
            assert (alert["plant_id"], alert["kind"], alert["severity"]) == (plant_id, "low", "critical")
            assert (card["health"], card["open_incidents"]) == ("critical", 1)
            await say(pot, device, 45)
            await asyncio.to_thread(fake_discord.wait_for, 2)
            card = (await client.get(f"/api/plants/{plant_id}")).json()
            assert (card["health"], card["open_incidents"]) == ("ok", 0)
    assert [(r.method, r.embed["title"]) for r in fake_discord.requests] == [
        ("POST", "✖ Monstera is too dry"),
        ("PATCH", "✔ Monstera is too dry (resolved)"),
    ]


async def test_a_restarted_server_fires_nothing_again(
    settings_of_server: Any, mosquitto: Broker, fake_discord: FakeDiscord
) -> None:
    with serving(settings_of_server, mosquitto) as first:
        async with first.client() as client:
            _, device = await set_up(client, fake_discord)
            async with speaking(device) as pot:
                await say(pot, device, 22)
                await say(pot, device, 21.5)
                await asyncio.to_thread(fake_discord.wait_for, 1)
    with serving(settings_of_server, mosquitto) as second:
        async with second.client() as client, speaking(device) as pot:
            await say(pot, device, 21)
            await asyncio.sleep(2.5)  # longer than the worker waits for a burst
            assert len((await client.get("/api/alerts", params={"state": "all"})).json()["items"]) == 1
    assert len(fake_discord.requests) == 1


async def test_the_webhooks_secret_is_in_no_log_of_a_running_server(
    garden: Running,
    fake_discord: FakeDiscord,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    fake_discord.script(discord.SERVER_ERROR, discord.NOT_FOUND)
    async with garden.client() as client:
        await set_up(client, fake_discord)
        for _ in range(2):
            await client.post("/api/settings/notifications/test")
        pages = [await client.get(path) for path in ("/metrics", "/readyz", "/api/settings/notifications")]
    assert all(discord.TOKEN not in page.text for page in pages)
    told = capfd.readouterr()
    assert discord.TOKEN not in told.out + told.err
    ours = [
        record.getMessage()
        for record in caplog.records
        if not record.name.startswith(("httpx2", "httpcore2"))
    ]
    assert discord.TOKEN not in "\n".join(ours)
