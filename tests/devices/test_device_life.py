"""A registered device: tied, told, rotated, and at last shut out."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from plantops_api import topics
from plantops_server import credentials, downlinks
from tests.devices.conftest import Nursery


async def test_a_tied_device_is_online_when_it_was_heard_and_offline_when_not(nursery: Nursery) -> None:
    made, plant_id = await nursery.registered(), await nursery.plant("Basil")
    path = f"/api/devices/{made['device_id']}/provision"

    silent = (await nursery.admin.post(path, json={"plant_id": plant_id})).json()
    assert (silent["status"], silent["plant_name"]) == ("offline", "Basil")
    assert (await nursery.admin.post(path, json={"plant_id": None})).json()["status"] == "provisioning"

    async with nursery.db.transaction() as conn:
        await conn.execute("UPDATE devices SET last_seen_at = %s", (nursery.clock(),))
    assert (await nursery.admin.post(path, json={"plant_id": plant_id})).json()["status"] == "online"


async def test_a_plant_or_device_that_does_not_exist_is_named(nursery: Nursery) -> None:
    made = await nursery.registered()
    answer = await nursery.admin.post(
        f"/api/devices/{made['device_id']}/provision", json={"plant_id": "plt_nowhere"}
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "plant_not_found")
    for method, path in (
        ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate"), ("POST", "/allow-reenrolment"),
    ):  # fmt: skip
        answer = await nursery.admin.request(method, f"/api/devices/dev_nowhere{path}", json={})
        assert (answer.status_code, answer.json()["code"]) == (404, "device_not_found"), (method, path)


async def test_a_rotated_password_replaces_the_old_one_at_once(nursery: Nursery) -> None:
    made = await nursery.registered()
    online = nursery.connect(made)
    rotated = (await nursery.admin.post(f"/api/devices/{made['device_id']}/rotate")).json()

    assert online.wait_end(1)
    assert rotated["mqtt"]["password"] != made["mqtt"]["password"]
    assert rotated["mqtt"]["client_id"] == made["mqtt"]["client_id"]
    assert not nursery.connect(made).accepted
    assert nursery.connect(rotated).accepted


async def test_a_rotation_that_the_broker_does_not_hear_of_leaves_the_old_password(nursery: Nursery) -> None:
    made = await nursery.registered()
    before = await nursery.rows("SELECT mqtt_password_hash FROM devices")
    nursery.broker.stop()
    answer = await nursery.admin.post(f"/api/devices/{made['device_id']}/rotate")
    assert answer.status_code == 503
    assert await nursery.rows("SELECT mqtt_password_hash FROM devices") == before
    nursery.broker.start()
    assert nursery.connect(made).accepted


async def test_a_decommissioned_device_is_out_and_its_readings_stay(nursery: Nursery) -> None:
    made = await nursery.registered()
    device_id = made["device_id"]
    online = nursery.connect(made)
    online.publish(topics.status(device_id), b"online", retain=True)
    async with nursery.db.transaction() as conn:
        await conn.execute(
            "INSERT INTO telemetry (time, device_id, soil_moisture, received_at) VALUES (%s, %s, 41, %s)",
            (nursery.clock(), device_id, nursery.clock()),
        )
    began = time.monotonic()
    assert (await nursery.admin.delete(f"/api/devices/{device_id}")).status_code == 204

    assert online.wait_end(1)
    assert online.ended_at is not None
    assert online.ended_at - began < 1
    assert not nursery.connect(made).accepted
    assert (await nursery.admin.get(f"/api/devices/{device_id}")).status_code == 404
    assert (await nursery.admin.get("/api/devices")).json()["items"] == []
    assert len(await nursery.rows("SELECT * FROM telemetry")) == 1


async def test_nothing_retained_is_left_of_a_decommissioned_device(nursery: Nursery) -> None:
    made = await nursery.registered()
    device_id = made["device_id"]
    online = nursery.connect(made)
    for topic in (topics.status(device_id), topics.telemetry(device_id)):
        online.publish(topic, b"junk", retain=True)
    await nursery.admin.patch(f"/api/devices/{device_id}", json={"report_interval_s": 30})
    await nursery.admin.delete(f"/api/devices/{device_id}")

    # Whoever gets the same topics again would hear what is left there.
    account = credentials._account(device_id, "heir", "heir")
    await nursery.doors.house.accounts.create(account)
    heir = nursery.connect({"mqtt": {"client_id": "heir", "username": "heir", "password": account.password}})
    assert heir.subscribe(topics.downlinks(device_id)) == "Granted QoS 1"
    assert heir.wait_heard(1, timeout_s=0.3) == []


async def test_the_same_hardware_may_enrol_anew_after_its_end(nursery: Nursery) -> None:
    first = await nursery.registered()
    await nursery.admin.delete(f"/api/devices/{first['device_id']}")
    second = await nursery.registered()
    assert second["device_id"] != first["device_id"]
    assert nursery.connect(second).accepted


async def test_with_the_broker_away_nothing_is_decommissioned(nursery: Nursery) -> None:
    made = await nursery.registered()
    nursery.broker.stop()
    assert (await nursery.admin.delete(f"/api/devices/{made['device_id']}")).status_code == 503
    assert (await nursery.admin.get(f"/api/devices/{made['device_id']}")).status_code == 200


async def test_a_change_of_interval_or_calibration_reaches_the_device_and_stays_for_sleepers(
    nursery: Nursery,
) -> None:
    made = await nursery.registered()
    device_id = made["device_id"]
    online = nursery.connect(made)
    online.subscribe(topics.config(device_id))
    changes = {"report_interval_s": 30, "calibration": {"dry": 3200, "wet": 1400}}

    shown = (await nursery.admin.patch(f"/api/devices/{device_id}", json=changes)).json()

    assert {key: shown[key] for key in changes} == changes
    assert json.loads(online.wait_heard(1)[0].payload) == changes
    online.close()
    late = nursery.connect(made)
    late.subscribe(topics.config(device_id))
    assert late.wait_heard(1)[0].retain


async def test_a_new_name_is_no_business_of_the_device(nursery: Nursery) -> None:
    made = await nursery.registered(name="old")
    online = nursery.connect(made)
    online.subscribe(topics.config(made["device_id"]))
    shown = await nursery.admin.patch(f"/api/devices/{made['device_id']}", json={"name": "new"})
    assert shown.json()["name"] == "new"
    assert (await nursery.admin.patch(f"/api/devices/{made['device_id']}", json={"name": None})).json()[
        "name"
    ] is None
    assert online.wait_heard(1, timeout_s=0.3) == []


async def test_a_change_while_the_broker_is_away_is_sent_when_it_is_back(nursery: Nursery) -> None:
    made = await nursery.registered()
    device_id = made["device_id"]
    nursery.broker.stop()
    changed = await nursery.admin.patch(f"/api/devices/{device_id}", json={"report_interval_s": 30})
    assert changed.status_code == 200
    nursery.broker.start()
    link: Any = nursery.doors.house.downlink
    assert await link.wait_connected(10)

    assert await downlinks.send_pending_configs(nursery.db, link) == 1
    assert await downlinks.send_pending_configs(nursery.db, link) == 0

    online = nursery.connect(made)
    online.subscribe(topics.config(device_id))
    assert json.loads(online.wait_heard(1)[0].payload)["report_interval_s"] == 30


@pytest.mark.parametrize(
    "changes",
    [
        {"report_interval_s": 0}, {"report_interval_s": None}, {"calibration": {"dry": 5, "wet": 5}},
        {"calibration": {"dry": "NaN", "wet": 5}}, {"colour": "green"},
    ],
)  # fmt: skip
async def test_settings_that_make_no_sense_are_refused(nursery: Nursery, changes: dict[str, Any]) -> None:
    made = await nursery.registered()
    answer = await nursery.admin.patch(f"/api/devices/{made['device_id']}", json=changes)
    assert answer.status_code == 422


async def test_a_command_reaches_a_device_also_one_that_sleeps(nursery: Nursery) -> None:
    made = await nursery.registered()
    device_id = made["device_id"]
    sleeper = nursery.connect(made, session=True)
    sleeper.subscribe(topics.command(device_id))
    sleeper.close()

    sent = await nursery.admin.post(f"/api/devices/{device_id}/command", json={"command": "identify"})

    assert (sent.status_code, sent.json()["command"]) == (202, "identify")
    woken = nursery.connect(made, session=True)
    assert json.loads(woken.wait_heard(1)[0].payload) == {"command": "identify"}


async def test_a_command_without_a_broker_is_an_error_and_an_unknown_one_too(nursery: Nursery) -> None:
    made = await nursery.registered()
    path = f"/api/devices/{made['device_id']}/command"
    assert (await nursery.admin.post(path, json={"command": "dance"})).status_code == 422
    nursery.broker.stop()
    nursery_link: Any = nursery.doors.house.downlink
    for _ in range(100):
        if not nursery_link.connected:
            break
        await asyncio.sleep(0.02)
    answer = await nursery.admin.post(path, json={"command": "reboot"})
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


async def test_the_list_is_paged_and_searched(nursery: Nursery) -> None:
    token = await nursery.token(uses=5)
    for number in range(5):
        await nursery.register(token, mac_address=f"00:00:00:00:00:0{number}", name=f"pot {number}")
        nursery.clock.advance(seconds=1)
    names, cursor = [], None
    while True:
        page = (
            await nursery.admin.get(
                "/api/devices", params={"limit": 2, **({"cursor": cursor} if cursor else {})}
            )
        ).json()
        names += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert names == ["pot 4", "pot 3", "pot 2", "pot 1", "pot 0"]
    found = (await nursery.admin.get("/api/devices", params={"q": "00:03"})).json()["items"]
    assert [item["name"] for item in found] == ["pot 3"]


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "/api/devices", "viewer"), ("GET", "/api/devices/x", "viewer"), ("GET", "/api/pairing", "viewer"),
        ("PATCH", "/api/devices/x", "operator"), ("POST", "/api/devices/x/provision", "operator"),
        ("POST", "/api/devices/x/command", "operator"), ("POST", "/api/pairing", "operator"),
        ("DELETE", "/api/pairing", "operator"), ("DELETE", "/api/devices/x", "admin"),
        ("POST", "/api/devices/x/rotate", "admin"), ("POST", "/api/devices/x/allow-reenrolment", "admin"),
        ("GET", "/api/enrolment-tokens", "admin"), ("POST", "/api/enrolment-tokens", "admin"),
        ("DELETE", "/api/enrolment-tokens/x", "admin"),
    ],
)  # fmt: skip
async def test_every_door_asks_for_its_role(nursery: Nursery, method: str, path: str, role: Any) -> None:
    ladder: list[Any] = [None, "viewer", "operator", "admin"]
    for rung in ladder:
        client = await nursery.doors.client(rung)
        code = (await client.request(method, path, json={})).status_code
        if ladder.index(rung) < ladder.index(role):
            assert code == (401 if rung is None else 403), rung
        else:
            assert code not in (401, 403), rung


async def test_the_token_list_holds_no_secret_and_says_what_is_left(nursery: Nursery) -> None:
    secret = await nursery.token(name="for the shed", uses=3)
    await nursery.register(secret)
    answer = await nursery.admin.get("/api/enrolment-tokens", params={"q": "shed"})
    (item,) = answer.json()["items"]
    assert item["uses_left"] == 2
    assert item["last_used_at"] is not None
    assert secret not in answer.text
    (row,) = await nursery.rows("SELECT * FROM enrolment_tokens")
    assert secret not in str(row)


async def test_reconciling_brings_back_what_the_broker_lost_and_takes_what_nobody_knows(
    nursery: Nursery,
) -> None:
    made = await nursery.registered()
    house = nursery.doors.house
    accounts: Any = house.accounts

    async def restart() -> None:
        nursery.broker.restart()

    accounts._state_file, accounts._restart = nursery.broker.data_dir / "dynamic-security.json", restart
    stranger = credentials._account("dev_stranger", "dev_stranger", "dev_stranger")
    await accounts.create(stranger)
    await accounts.delete(made["device_id"], made["mqtt"]["username"])
    nursery.clock.advance(minutes=5)

    drift = await credentials.reconcile(nursery.db, accounts, settle_s=0)

    assert drift.created == [made["mqtt"]["username"]]
    assert drift.deleted == ["dev_stranger"]
    assert nursery.connect(made).accepted
    assert not await credentials.reconcile(nursery.db, accounts, settle_s=0)


async def test_a_device_that_registers_during_a_reconciliation_keeps_its_account(nursery: Nursery) -> None:
    accounts = nursery.doors.house.accounts
    account = credentials._account("dev_new", "dev_new", "dev_new")
    await accounts.create(account)  # its row is about to be written
    await credentials.reconcile(nursery.db, accounts, settle_s=0)
    assert nursery.connect(
        {"mqtt": {"client_id": "dev_new", "username": "dev_new", "password": account.password}}
    ).accepted
