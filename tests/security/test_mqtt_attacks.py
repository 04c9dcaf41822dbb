"""What intruders try at the broker. Judged by the database and by who heard what, never by the broker's PUBACK."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from plantops_api import topics
from tests.security.conftest import Fort, Known

both_versions = pytest.mark.parametrize("version", [5, 4], ids=["MQTT 5", "MQTT 3.1.1"])
sessions = pytest.mark.parametrize("session", [False, True], ids=["clean session", "persistent session"])

FORGED = b'{"soil_moisture": 1.5}'


# --- connecting -------------------------------------------------------------------------------------------


@both_versions
@pytest.mark.parametrize(
    ("username", "password"),
    [
        (None, None),
        ("", ""),
        ("", "x"),
        ("plantops-admin", ""),
        ("plantops-ingest", None),
        ("admin", "admin"),
    ],
)
async def test_nobody_connects_without_an_account(
    fort: Fort, version: int, username: str | None, password: str | None
) -> None:
    assert not fort.knock(username, password, "anyone", version=version).accepted
    assert not fort.knock(username, password, "plantops-ingest", version=version).accepted


@both_versions
async def test_a_device_gets_in_by_its_own_password_and_client_id_alone(fort: Fort, version: int) -> None:
    a, b = fort.a, fort.b
    for username, password, client_id in (
        (a.username, b.password, a.client_id), (a.username, "", a.client_id), (a.username, a.password, b.client_id),
        (a.username, a.password, "plantops-ingest"), (b.username, a.password, b.client_id),
    ):  # fmt: skip
        assert not fort.knock(username, password, client_id, version=version).accepted
    assert fort.knock(a.username, a.password, a.client_id, version=version).accepted


async def test_a_hundred_wrong_passwords_lock_the_owner_out_of_nothing(fort: Fort) -> None:
    for number in range(100):
        assert not fort.knock(fort.a.username, f"guess {number}", fort.a.client_id).accepted
    await fort.all_before_is_done(fort.a, fort.connect(fort.a))


@both_versions
async def test_a_device_cannot_throw_another_one_or_the_server_out(fort: Fort, version: int) -> None:
    victim = fort.connect(fort.b)
    for client_id in (fort.b.client_id, "plantops-ingest", "plantops-downlink", "plantops-admin"):
        fort.knock(fort.a.username, fort.a.password, client_id, version=version)
    await fort.all_before_is_done(fort.b, victim)
    assert victim.ended_at is None


# --- publishing -------------------------------------------------------------------------------------------


@both_versions
async def test_what_is_published_on_foreign_topics_is_stored_nowhere(fort: Fort, version: int) -> None:
    intruder = fort.connect(fort.a, version=version)
    for topic in (
        topics.telemetry(fort.b.id), topics.status(fort.b.id), topics.command(fort.b.id), topics.config(fort.a.id),
        "plantops/v1/dev_invented/up/telemetry", f"plantops/v1/{fort.a.id}", "$SYS/broker/uptime",
    ):  # fmt: skip
        intruder.publish(topic, FORGED, retain=True)
    await fort.all_before_is_done(fort.a, intruder)

    assert await fort.stored(fort.b) == []
    assert await fort.stored(fort.a) == [42]
    assert await fort.rows("SELECT * FROM telemetry WHERE device_id = 'dev_invented'") == []
    (b,) = await fort.rows("SELECT status, last_seen_at FROM devices WHERE id = %s", fort.b.id)
    assert (b["status"], b["last_seen_at"]) == ("provisioning", None)
    assert await fort.rows("SELECT * FROM rejected_packets WHERE device_id = %s", fort.b.id) == []


@both_versions
async def test_a_device_commands_no_other_and_configures_nobody(fort: Fort, version: int) -> None:
    target = fort.connect(fort.b)
    target.subscribe(topics.downlinks(fort.b.id))
    intruder = fort.connect(fort.a, version=version)
    for topic in (topics.command(fort.b.id), topics.config(fort.b.id)):
        intruder.publish(topic, b'{"command": "reboot"}')
    await fort.call("POST", f"/api/devices/{fort.b.id}/command", command="identify")

    assert [json.loads(heard.payload) for heard in target.wait_heard(1)] == [{"command": "identify"}]


@both_versions
async def test_a_device_manages_no_accounts(fort: Fort, version: int) -> None:
    intruder = fort.connect(fort.a, version=version)
    command = {"command": "createClient", "username": "thief", "password": "thief"}
    intruder.publish("$CONTROL/dynamic-security/v1", json.dumps({"commands": [command]}))
    await fort.all_before_is_done(fort.a, intruder)
    assert not fort.knock("thief", "thief", "thief").accepted


async def test_identity_comes_from_the_topic_and_from_nothing_in_the_payload(fort: Fort) -> None:
    liar = fort.connect(fort.a)
    claim = {
        "device_id": fort.b.id,
        "plant_id": "plt_other",
        "mac_address": "00:00:00:00:00:0B",
        "soil_moisture": 7,
    }
    liar.publish(topics.telemetry(fort.a.id), json.dumps(claim))
    await fort.all_before_is_done(fort.a, liar)

    assert await fort.stored(fort.b) == []
    assert {row["plant_id"] for row in await fort.rows("SELECT plant_id FROM telemetry")} == {None}


async def test_a_will_on_a_foreign_topic_is_dropped(fort: Fort) -> None:
    await fort.all_before_is_done(fort.b, fort.connect(fort.b))
    attacker = fort.connect(fort.a, will=(topics.telemetry(fort.b.id), FORGED))
    attacker.vanish()
    await fort.all_before_is_done(fort.a, fort.connect(fort.a))
    assert await fort.stored(fort.b) == [42]


async def test_retained_junk_is_history_and_makes_nobody_online(fort: Fort) -> None:
    plant = await fort.call("POST", "/api/plants", name="Fern", thresholds={"soil_moisture": {"min": 30}})
    await fort.call("POST", f"/api/devices/{fort.a.id}/provision", plant_id=plant["id"])
    device = fort.connect(fort.a)
    for second in (10, 20, 30):
        reading = {"ts": time.time() - second, "soil_moisture": 2}
        device.publish(topics.telemetry(fort.a.id), json.dumps(reading), retain=True)
    async with asyncio.timeout(10):
        while len(await fort.stored(fort.a)) < 3:  # noqa: ASYNC110 - rows ring no event here
            await asyncio.sleep(0.05)

    (row,) = await fort.rows("SELECT status, last_seen_at FROM devices WHERE id = %s", fort.a.id)
    assert (row["status"], row["last_seen_at"]) == ("offline", None)
    assert await fort.rows("SELECT * FROM alerts WHERE plant_id = %s", plant["id"]) == []


async def test_a_packet_beyond_the_limit_ends_its_sender_and_nothing_else(fort: Fort) -> None:
    link_user = fort.connect(fort.b)
    glutton = fort.connect(fort.a)
    glutton.publish(topics.telemetry(fort.a.id), b" " * 1_000_000)
    assert glutton.wait_end(5)
    await fort.all_before_is_done(fort.b, link_user)
    assert await fort.stored(fort.a) == []


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"null", b"\xff\xfe", b'{"soil_moisture": ', b"[" * 10_000, b'{"a":' * 5_000, b"[1, 2]", b'"text"',
        json.dumps({f"k{n}": n for n in range(8_000)}).encode(), b'{"soil_moisture": NaN}',
        b'{"soil_moisture": 1e400}', b'{"soil_moisture": true}', json.dumps([{"soil_moisture": 1}] * 501).encode(),
    ],
    ids=["empty", "null", "no utf-8", "cut off", "deep array", "deep object", "numbers", "text", "8000 keys", "NaN",
         "1e400", "true", "501 readings"],
)  # fmt: skip
async def test_a_broken_packet_is_refused_and_the_next_good_one_is_stored(fort: Fort, payload: bytes) -> None:
    device = fort.connect(fort.a)
    device.publish(topics.telemetry(fort.a.id), payload)
    await fort.all_before_is_done(fort.a, device)
    # A packet whose only value was refused is still a sign of life: a row, without the value.
    assert [value for value in await fort.stored(fort.a) if value is not None] == [42]
    assert (await fort.call("GET", f"/api/devices/{fort.a.id}"))["rejected"]


# --- listening --------------------------------------------------------------------------------------------


@both_versions
async def test_an_eavesdropper_hears_nothing(fort: Fort, version: int) -> None:
    spy = fort.connect(fort.a, version=version)
    for wanted in (
        "#", "+/+/+/#", "plantops/#", topics.ALL_UPLINKS, f"$share/g/{topics.ALL_UPLINKS}", "$share/g/#",
        f"$share/plantops-ingest/{topics.ALL_UPLINKS}", topics.uplinks(fort.b.id), topics.downlinks(fort.b.id),
        topics.uplinks(fort.a.id), "$SYS/#", "$CONTROL/#", "$CONTROL/dynamic-security/v1/response",
    ):  # fmt: skip
        assert "Granted" not in spy.subscribe(wanted), wanted
    talker = fort.connect(fort.b)
    talker.subscribe(topics.downlinks(fort.b.id))
    for value in range(20):
        talker.publish(topics.telemetry(fort.b.id), json.dumps({"soil_moisture": value}))
    await fort.call("POST", f"/api/devices/{fort.b.id}/command", command="identify")
    talker.wait_heard(1)

    assert spy.wait_heard(1, timeout_s=1) == []


# --- after the end ----------------------------------------------------------------------------------------


async def the_end(fort: Fort, how: str) -> None:
    if how == "decommission":
        await fort.call("DELETE", f"/api/devices/{fort.a.id}")
    else:
        await fort.call("POST", f"/api/devices/{fort.a.id}/rotate")


ends = pytest.mark.parametrize("how", ["decommission", "rotate"])


@ends
@sessions
async def test_who_is_connected_is_out_within_a_second_and_stays_out(
    fort: Fort, how: str, session: bool
) -> None:
    online = fort.connect(fort.a, session=session)
    online.subscribe(topics.downlinks(fort.a.id))
    began = time.monotonic()
    await the_end(fort, how)

    assert online.wait_end(1)
    assert online.ended_at is not None
    assert online.ended_at - began < 1
    await nothing_passes(fort, session)


@ends
@sessions
async def test_who_sleeps_meanwhile_is_out_as_well(fort: Fort, how: str, session: bool) -> None:
    sleeper = fort.connect(fort.a, session=session)
    sleeper.subscribe(topics.downlinks(fort.a.id))
    sleeper.close()
    await fort.call("POST", f"/api/devices/{fort.a.id}/command", command="identify")
    await the_end(fort, how)

    await nothing_passes(fort, session)


async def nothing_passes(fort: Fort, session: bool) -> None:
    """With the old credentials nobody gets in, hears or says anything, under either protocol version."""
    for version in (5, 4):
        back = fort.knock(
            fort.a.username, fort.a.password, fort.a.client_id, session=session, version=version
        )
        assert not back.accepted
        assert back.heard == []
    await fort.all_before_is_done(fort.b, fort.connect(fort.b))
    assert await fort.stored(fort.a) == []


async def test_the_same_hardware_enrolled_anew_inherits_nothing(fort: Fort) -> None:
    old_mac = (await fort.call("GET", f"/api/devices/{fort.a.id}"))["mac_address"]
    old = fort.connect(fort.a, session=True)
    old.subscribe(topics.downlinks(fort.a.id))
    old.publish(topics.status(fort.a.id), b"online", retain=True)
    old.close()
    await fort.call("POST", f"/api/devices/{fort.a.id}/command", command="reboot")
    await fort.call("DELETE", f"/api/devices/{fort.a.id}")

    new: Known = await fort.enrol(old_mac)

    assert new.id != fort.a.id
    assert not {new.username, new.client_id, new.password} & {*fort.a}
    heir = fort.connect(new, session=True)
    assert "Granted" not in heir.subscribe(topics.downlinks(fort.a.id))
    heir.subscribe(topics.downlinks(new.id))
    assert heir.wait_heard(1, timeout_s=0.5) == []
