"""How a device gets in, and how nobody else does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from plantops_server.broker.passwords import verify_password
from tests.devices.conftest import MAC, Nursery, own_topics


async def test_credentials_work_the_moment_the_answer_is_sent(nursery: Nursery) -> None:
    made = await nursery.registered(firmware_version="esp 1.0", sensor_types=["soil_moisture"], name="pot 1")

    assert nursery.connect(made).accepted
    assert made["status"] == "provisioning"
    assert made["topics"] == own_topics(made["device_id"])
    assert made["report_interval_s"] == 600
    assert (made["mqtt"]["port"], made["mqtt"]["tls"]) == (nursery.broker.port, False)


async def test_the_password_is_long_and_only_its_hash_is_kept(nursery: Nursery) -> None:
    made = await nursery.registered()
    password = made["mqtt"]["password"]
    (row,) = await nursery.rows("SELECT * FROM devices")

    assert len(password) >= 22  # 128 bits in base64
    assert verify_password(password, row["mqtt_password_hash"])
    assert password not in str(row)
    listed = (await nursery.admin.get("/api/devices")).text
    shown = (await nursery.admin.get(f"/api/devices/{made['device_id']}")).text
    assert password not in listed + shown
    assert row["mqtt_password_hash"] not in listed + shown


async def test_an_answer_with_a_secret_is_not_to_be_stored(nursery: Nursery) -> None:
    answer = await nursery.register(await nursery.token())
    assert answer.headers["cache-control"] == "no-store"


async def test_without_a_token_and_with_the_window_shut_nobody_registers(nursery: Nursery) -> None:
    answer = await nursery.register()
    assert answer.status_code == 403
    assert "plantops pairing open" in answer.json()["detail"]
    assert await nursery.rows("SELECT id FROM devices") == []


@pytest.mark.parametrize("token", ["pe_wrong", "po_an-api-token"])
async def test_a_wrong_token_is_refused_with_a_way_out(nursery: Nursery, token: str) -> None:
    answer = await nursery.register(token)
    assert answer.status_code == 401
    assert "enrolment-tokens add" in answer.json()["detail"]


async def test_a_token_counts_its_uses(nursery: Nursery) -> None:
    token = await nursery.token(uses=2)
    answers = [await nursery.register(token, mac_address=f"00:00:00:00:00:0{n}") for n in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 401]


async def test_concurrent_registrations_share_one_use_fairly(nursery: Nursery) -> None:
    token = await nursery.token(uses=1)
    answers = await asyncio.gather(
        *(nursery.register(token, mac_address=f"00:00:00:00:00:0{n}") for n in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]
    assert len(await nursery.rows("SELECT id FROM devices")) == 1


async def test_an_expired_token_is_refused(nursery: Nursery) -> None:
    token = await nursery.token(expires_in_s=60)
    nursery.clock.advance(seconds=61)
    assert (await nursery.register(token)).status_code == 401


async def test_a_revoked_token_is_refused_and_its_devices_stay(nursery: Nursery) -> None:
    token = await nursery.token(uses=2)
    made = (await nursery.register(token)).json()
    (listed,) = (await nursery.admin.get("/api/enrolment-tokens")).json()["items"]
    assert (await nursery.admin.delete(f"/api/enrolment-tokens/{listed['id']}")).status_code == 204

    assert (await nursery.register(token, mac_address="00:00:00:00:00:01")).status_code == 401
    assert nursery.connect(made).accepted


async def test_the_pairing_window_lets_in_until_it_closes_by_itself(nursery: Nursery) -> None:
    opened = (await nursery.admin.post("/api/pairing", json={"seconds": 60})).json()
    assert opened["open"]
    assert opened["opened_by"] == "admin"
    assert (await nursery.register()).status_code == 201

    nursery.clock.advance(seconds=61)
    assert (await nursery.register(mac_address="00:00:00:00:00:01")).status_code == 403
    assert (await nursery.admin.get("/api/pairing")).json() == {
        "open": False,
        "until": None,
        "opened_by": None,
    }


async def test_the_pairing_window_can_be_shut(nursery: Nursery) -> None:
    await nursery.admin.post("/api/pairing")
    assert (await nursery.admin.delete("/api/pairing")).status_code == 204
    assert (await nursery.register()).status_code == 403


async def test_a_flood_through_the_window_fills_no_more_than_fifty_places(nursery: Nursery) -> None:
    await nursery.admin.post("/api/pairing")
    async with nursery.db.transaction() as conn:
        await conn.execute(
            "INSERT INTO devices (id, mac_address, mqtt_username, mqtt_client_id, mqtt_password_hash)"
            " SELECT 'd' || n, 'm' || n, 'u' || n, 'c' || n, 'h' FROM generate_series(1, 50) n"
        )
    answer = await nursery.register()
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers
    assert (await nursery.register(await nursery.token())).status_code == 201


@pytest.mark.parametrize("spelling", ["24:6f:28:ae:52:7c", "24-6F-28-AE-52-7C", "246f28ae527c"])
async def test_the_same_mac_again_is_refused_and_the_old_credentials_stay(
    nursery: Nursery, spelling: str
) -> None:
    made = await nursery.registered(mac_address="246F28AE527C")
    (row,) = await nursery.rows("SELECT mac_address FROM devices")
    assert row["mac_address"] == MAC

    answer = await nursery.register(await nursery.token(uses=5), mac_address=spelling)

    assert answer.status_code == 409
    assert "allow-reenrolment" in answer.json()["detail"]
    assert nursery.connect(made).accepted


async def test_a_refused_registration_costs_no_use_of_the_token(nursery: Nursery) -> None:
    await nursery.registered()
    token = await nursery.token(uses=1)
    assert (await nursery.register(token)).status_code == 409
    assert (await nursery.register(token, mac_address="00:00:00:00:00:01")).status_code == 201


async def test_a_lost_answer_is_made_good_with_the_same_token_and_nonce(nursery: Nursery) -> None:
    token = await nursery.token(uses=1)
    first = (await nursery.register(token, nonce="nonce-one")).json()
    again = await nursery.register(token, nonce="nonce-one")

    assert again.status_code == 201
    assert again.json()["device_id"] == first["device_id"]
    assert nursery.connect(again.json()).accepted
    assert not nursery.connect(first).accepted


@pytest.mark.parametrize(
    ("nonce", "seconds"), [("another-nonce", 1), ("nonce-one", 121)], ids=["other nonce", "too late"]
)
async def test_a_retry_needs_the_nonce_and_comes_within_two_minutes(
    nursery: Nursery, nonce: str, seconds: int
) -> None:
    token = await nursery.token(uses=5)
    first = (await nursery.register(token, nonce="nonce-one")).json()
    nursery.clock.advance(seconds=seconds)
    assert (await nursery.register(token, nonce=nonce)).status_code == 409
    assert nursery.connect(first).accepted


async def test_attempts_of_one_device_that_arrive_together_give_one_device(nursery: Nursery) -> None:
    token = await nursery.token(uses=5)
    answers = await asyncio.gather(*(nursery.register(token, nonce="nonce-one") for _ in range(3)))

    assert any(answer.status_code == 201 for answer in answers)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len(await nursery.rows("SELECT id FROM devices")) == 1
    accounts = await nursery.doors.house.accounts.reconcile([])
    assert len(accounts.deleted) == 0
    last = await nursery.register(token, nonce="nonce-one")
    assert nursery.connect(last.json()).accepted


async def test_an_owner_lets_a_known_device_in_once_more(nursery: Nursery) -> None:
    first = await nursery.registered(name="pot 1")
    device_id, plant_id = first["device_id"], await nursery.plant()
    await nursery.admin.post(f"/api/devices/{device_id}/provision", json={"plant_id": plant_id})
    online = nursery.connect(first)
    allowed = await nursery.admin.post(f"/api/devices/{device_id}/allow-reenrolment")
    assert allowed.json()["reenrolment_allowed_until"] is not None

    token = await nursery.token(uses=5)
    second = (await nursery.register(token, firmware_version="2.0")).json()

    assert second["device_id"] == device_id
    assert second["mqtt"]["client_id"] != first["mqtt"]["client_id"]
    assert online.wait_end(1)
    assert not nursery.connect(first).accepted
    assert nursery.connect(second).accepted
    device = (await nursery.admin.get(f"/api/devices/{device_id}")).json()
    assert (device["plant_id"], device["name"], device["firmware_version"]) == (plant_id, "pot 1", "2.0")
    assert (await nursery.register(token)).status_code == 409


async def test_a_broker_that_is_away_leaves_nothing_half_done(nursery: Nursery) -> None:
    token = await nursery.token(uses=1)
    nursery.broker.stop()
    answer = await nursery.register(token)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert await nursery.rows("SELECT id FROM devices") == []
    (left,) = await nursery.rows("SELECT uses_left FROM enrolment_tokens")
    assert left["uses_left"] == 1

    nursery.broker.start()
    assert (await nursery.register(token)).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"mac_address": "not a mac"},
        {"mac_address": MAC, "report_interval_s": 0},
        {"mac_address": MAC, "nonce": "short"},
        {"mac_address": MAC, "sensor_types": ["x"] * 33},
        {},
    ],
)
async def test_a_body_that_is_wrong_is_refused_with_the_field(nursery: Nursery, body: dict[str, Any]) -> None:
    answer = await nursery.anyone.post("/api/devices/register", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_a_body_above_four_kilobytes_is_refused_unread(nursery: Nursery) -> None:
    token = await nursery.token()
    headers = {"Authorization": f"Bearer {token}"}

    async def chunks() -> Any:
        for _ in range(5):
            yield b" " * 1000

    long = await nursery.register(token, padding="x" * 5000)
    chunked = await nursery.anyone.post("/api/devices/register", content=chunks(), headers=headers)
    assert (long.status_code, chunked.status_code) == (413, 413)
    assert (await nursery.register(token, padding="x" * 3000)).status_code == 201


async def test_strangers_are_slowed_down_and_told_for_how_long(nursery: Nursery) -> None:
    stranger = await nursery.doors.client(peer=("203.0.113.7", 40_000))
    other = await nursery.doors.client(peer=("203.0.113.8", 40_000))
    body = {"mac_address": MAC}
    codes = [(await stranger.post("/api/devices/register", json=body)).status_code for _ in range(6)]
    assert codes == [403] * 5 + [429]
    last = await stranger.post("/api/devices/register", json=body)
    assert 0 < int(last.headers["Retry-After"]) <= 12
    assert (await other.post("/api/devices/register", json=body)).status_code == 403


async def test_a_valid_token_and_loopback_are_not_slowed_down(nursery: Nursery) -> None:
    token = await nursery.token(uses=10)
    stranger = await nursery.doors.client(peer=("203.0.113.7", 40_000))
    for number in range(8):
        answer = await stranger.post(
            "/api/devices/register",
            json={"mac_address": f"00:00:00:00:00:0{number}"},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 201
    for _ in range(8):
        assert (await nursery.register()).status_code == 403


@pytest.mark.parametrize(
    ("public", "host", "port", "tls"),
    [
        ("", "plantops.test", None, False),
        ("mqtts://sensors.example:9883", "sensors.example", 9883, True),
        ("mqtt://10.0.0.5", "10.0.0.5", 1883, False),
    ],
)
async def test_devices_are_told_where_the_broker_is(
    nursery: Nursery, public: str, host: str, port: int | None, tls: bool
) -> None:
    house = nursery.doors.house
    house.settings = house.settings.model_copy(update={"mqtt_public_url": public})
    mqtt = (await nursery.registered())["mqtt"]
    assert (mqtt["host"], mqtt["port"], mqtt["tls"]) == (host, port or nursery.broker.port, tls)
