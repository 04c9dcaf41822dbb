"""Notification settings through their doors: masked, tested for real, and no secret anywhere."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from plantops_api.wire import Role
from plantops_server.incidents import channels
from plantops_server.settings import Settings
from tests.notify import fake_discord as discord
from tests.notify.fake_discord import FakeDiscord
from tests.running_server import Doors

PATH = "/api/settings/notifications"


@pytest.fixture
async def admin(doors: Doors, fake_discord: FakeDiscord, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    doors.house.settings = Settings(
        data_dir=tmp_path / "data", host="192.168.1.5", webhook_allow_hosts=f" {fake_discord.host}, other"
    )
    async with httpx2.AsyncClient(trust_env=False) as http:
        doors.house.http = http
        yield await doors.client("admin")


def settings(url: str, **more: Any) -> dict[str, Any]:
    return {"channels": [{"name": "garden", "type": "discord", "url": url, **more}]}


async def test_what_was_put_comes_back_masked_and_may_be_put_again(
    admin: httpx2.AsyncClient, fake_discord: FakeDiscord
) -> None:
    assert (await admin.get(PATH)).json() == {
        "channels": [], "quiet_hours": None, "repeat_after_s": None, "digest": False, "heartbeat_url": None,
        "heartbeat_every_s": 300,
    }  # fmt: skip
    answer = await admin.put(PATH, json=settings(fake_discord.url, min_severity="critical"))
    assert answer.status_code == 200, answer.text
    assert answer.json()["channels"][0]["url"] == fake_discord.masked_url
    again = await admin.put(PATH, json=(await admin.get(PATH)).json())
    assert again.json() == answer.json()
    assert (await admin.post(PATH + "/test")).json()["results"][0]["ok"] is True


async def test_loopback_is_allowed_while_the_server_itself_is_on_loopback(
    admin: httpx2.AsyncClient, doors: Doors, fake_discord: FakeDiscord, tmp_path: Path
) -> None:
    doors.house.settings = Settings(data_dir=tmp_path / "data", host="192.168.1.5")
    assert (await admin.put(PATH, json=settings(fake_discord.url))).status_code == 422
    doors.house.settings = Settings(data_dir=tmp_path / "data", host="127.0.0.1")
    assert (await admin.put(PATH, json=settings(fake_discord.url))).status_code == 200
    assert (await admin.post(PATH + "/test")).json()["results"][0]["ok"] is True
    for elsewhere in ("http://169.254.169.254/api/webhooks/1/t", "http://192.168.1.1/api/webhooks/1/t"):
        assert (await admin.put(PATH, json=settings(elsewhere))).status_code == 422


async def test_a_test_shows_the_real_outcome_of_each_channel(
    admin: httpx2.AsyncClient, fake_discord: FakeDiscord
) -> None:
    await admin.put(PATH, json=settings(fake_discord.url))
    result = (await admin.post(PATH + "/test", json={"channel": "garden"})).json()["results"]
    assert result == [{"channel": "garden", "ok": True, "status": 200, "error": None}]
    assert fake_discord.requests[0].embed["title"] == "✔ PlantOps test message"
    fake_discord.script(discord.NOT_FOUND)
    (result,) = (await admin.post(PATH + "/test")).json()["results"]
    assert (result["ok"], result["status"]) == (False, 404)
    assert "deleted" in result["error"]


async def test_the_watchdog_is_called_by_a_test_of_all_or_by_its_name(
    admin: httpx2.AsyncClient, doors: Doors
) -> None:
    called: list[str] = []

    def watchdog(request: httpx2.Request) -> httpx2.Response:
        called.append(str(request.url))
        return httpx2.Response(200 if len(called) == 1 else 404)

    url = f"http://{doors.house.settings.webhook_hosts[0]}/ping/secret-of-the-watchdog"
    assert (await admin.put(PATH, json={"channels": [], "heartbeat_url": url})).status_code == 200
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(watchdog)) as http:
        doors.house.http = http
        for name, ok in ((None, True), ("heartbeat", False)):
            (result,) = (await admin.post(PATH + "/test", json={"channel": name})).json()["results"]
            assert (result["channel"], result["ok"]) == ("heartbeat", ok)
            assert "secret" not in str(result)
    assert len(called) == 2
    assert (await admin.post(PATH + "/test", json={"channel": "nope"})).status_code == 404
    for url in ("https://watchdog.example:1:2/ping", "https://[watchdog/ping"):
        answer = await admin.put(PATH, json={"channels": [], "heartbeat_url": url})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_testing_nothing_or_an_unknown_channel_says_so(
    admin: httpx2.AsyncClient, fake_discord: FakeDiscord
) -> None:
    assert (await admin.post(PATH + "/test")).json()["code"] == "no_channel"
    await admin.put(PATH, json=settings(fake_discord.url))
    answer = await admin.post(PATH + "/test", json={"channel": "nope"})
    assert (answer.status_code, answer.json()["code"]) == (404, "channel_not_found")


async def test_a_webhook_elsewhere_is_refused_on_create_and_on_update(
    admin: httpx2.AsyncClient, fake_discord: FakeDiscord
) -> None:
    for _ in range(2):
        for url in (
            "http://169.254.169.254/x",
            "https://127.0.0.1/api/webhooks/1/t",
            "http://discord.com/api/webhooks/1/t",
        ):
            answer = await admin.put(PATH, json=settings(url))
            assert answer.status_code == 422, url
        await admin.put(PATH, json=settings(fake_discord.url))


async def test_a_channel_for_a_plant_that_does_not_exist_is_refused(
    admin: httpx2.AsyncClient, fake_discord: FakeDiscord
) -> None:
    body = settings(fake_discord.url)
    body["channels"][0]["plants"] = ["Basil"]
    answer = await admin.put(PATH, json=body)
    assert (answer.status_code, "no plant with the id 'Basil'" in answer.text) == (422, True)


@pytest.mark.filterwarnings("ignore:.imghdr. is deprecated")  # Apprise's own import
async def test_an_apprise_url_that_apprise_does_not_know_is_refused(admin: httpx2.AsyncClient) -> None:
    body = {"channels": [{"name": "phone", "type": "apprise", "url": "nosuchservice://secret-topic"}]}
    answer = await admin.put(PATH, json=body)
    assert answer.status_code == 422
    assert "Apprise does not understand" in answer.json()["detail"]
    assert "secret-topic" not in answer.text
    body["channels"][0]["url"] = "ntfys://canary-topic"
    answer = await admin.put(PATH, json=body)
    assert answer.json()["channels"][0]["url"] == "ntfys://****"


async def test_only_admins_see_and_change_the_settings(doors: Doors) -> None:
    roles: tuple[Role, ...] = ("viewer", "operator")
    for role in roles:
        client = await doors.client(role)
        assert (await client.get(PATH)).status_code == 403
        assert (await client.put(PATH, json={"channels": []})).status_code == 403
        assert (await client.post(PATH + "/test")).status_code == 403


async def test_the_webhooks_secret_is_in_no_answer_and_no_log_line(
    admin: httpx2.AsyncClient, fake_discord: FakeDiscord, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("plantops_server", "fastapi", "uvicorn"):
        caplog.set_level(logging.DEBUG, name)
    answers = [await admin.put(PATH, json=settings(fake_discord.url)), await admin.get(PATH)]
    for reply in (discord.OK, discord.SERVER_ERROR, discord.NOT_FOUND, discord.BAD_REQUEST):
        fake_discord.script(reply)
        answers.append(await admin.post(PATH + "/test"))
    answers.append(await admin.put(PATH, json=settings(fake_discord.url + "?x=" + "y" * 3000)))
    answers.append(await admin.put(PATH, json={"channels": [{"name": "x", "url": fake_discord.url}]}))
    for answer in answers:
        assert discord.TOKEN not in answer.text
    assert discord.TOKEN not in caplog.text


async def test_a_channel_that_the_server_disabled_is_seen_in_settings_readiness_and_metrics(
    doors: Doors, admin: httpx2.AsyncClient, fake_discord: FakeDiscord
) -> None:
    await admin.put(PATH, json=settings(fake_discord.url))
    async with doors.house.db.transaction() as conn:
        (channel,) = (await channels.load(conn)).channels
        await channels.disable(conn, channel.name, channel.sealed_url, "Discord answered 404: deleted.")
    shown = (await admin.get(PATH)).json()["channels"][0]
    assert (shown["enabled"], shown["disabled_reason"]) == (False, "Discord answered 404: deleted.")
    assert "1 channel(s) disabled" in (await admin.get("/readyz")).json()["checks"]["outbox"]["detail"]
    assert "plantops_notification_channels_disabled 1.0" in (await admin.get("/metrics")).text
    again = await admin.put(PATH, json=settings(fake_discord.url))
    assert again.json()["channels"][0]["disabled_reason"] is None
