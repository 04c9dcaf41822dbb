"""Accounts at the broker, in both ways of keeping them: who gets in, how far, and until when."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from plantops_api import topics
from plantops_server.broker.accounts import Account, Drift
from plantops_server.broker.passwords import hash_password, new_password
from plantops_server.errors import BrokerUnavailable
from tests.broker.conftest import DOWNLINK, Station, made_account, stored
from tests.broker.test_link import collect, nothing_more

NO_DRIFT = Drift([], [], [], [])


def with_new_password(account: Account) -> Account:
    password = new_password()
    return Account(account.device_id, account.username, account.client_id, hash_password(password), password)


async def test_credentials_work_the_moment_they_are_made(any_station: Station) -> None:
    assert any_station.party(await any_station.device()).accepted


@pytest.mark.parametrize("version", [5, 4])
async def test_a_device_speaks_on_its_own_topics_alone(any_station: Station, version: int) -> None:
    link = await any_station.link()
    await any_station.device("dev_b")
    intruder = any_station.party(await any_station.device("dev_a"), version=version)
    for topic in (topics.telemetry("dev_b"), topics.status("dev_b"), "plantops/v1/dev_a/telemetry"):
        intruder.publish(topic, b"forged")
    intruder.publish(topics.telemetry("dev_a"), b"own")

    assert [packet.payload for packet in await collect(link, 1)] == [b"own"]
    assert await nothing_more(link)


async def test_a_device_hears_its_own_downlinks_alone(any_station: Station) -> None:
    downlink = await any_station.link(DOWNLINK)
    curious, other = [any_station.party(await any_station.device(d)) for d in ("dev_a", "dev_b")]
    for topic in (
        "#",
        "plantops/#",
        "plantops/v1/+/down/#",
        topics.downlinks("dev_b"),
        topics.uplinks("dev_b"),
    ):
        curious.subscribe(topic)
    curious.subscribe(topics.downlinks("dev_a"))
    other.subscribe(topics.downlinks("dev_b"))

    await downlink.publish(topics.command("dev_b"), b"for b")
    other.publish(topics.telemetry("dev_b"), b"from b")
    assert other.wait_heard(1)[0].payload == b"for b"
    await downlink.publish(topics.command("dev_a"), b"for a")

    assert {heard.payload for heard in curious.wait_heard(1)} == {b"for a"}


async def test_a_wrong_password_and_an_unknown_name_are_refused(any_station: Station) -> None:
    account = await any_station.device()
    assert not any_station.party(account, password="wrong").accepted
    assert not any_station.party(account, password=None).accepted
    assert not any_station.party(made_account("dev_x")).accepted


async def test_nobody_takes_over_another_devices_session(any_station: Station) -> None:
    victim_account, intruder_account = [await any_station.device(d) for d in ("dev_a", "dev_b")]
    victim = any_station.party(victim_account)

    any_station.party(intruder_account, client_id=victim_account.client_id)

    assert not victim.wait_end(0.5)
    assert victim.publish(topics.telemetry("dev_a"), b"still here") != "disconnected"


async def test_a_changed_password_ends_the_connection_and_replaces_the_old_one(any_station: Station) -> None:
    account = await any_station.device()
    online = any_station.party(account)
    changed = with_new_password(account)
    await any_station.accounts.set_password(changed)

    assert online.wait_end(1)
    assert not any_station.party(account).accepted
    assert any_station.party(changed).accepted


async def test_a_deleted_device_is_out_within_a_second(any_station: Station) -> None:
    account = await any_station.device()
    online = any_station.party(account)
    began = time.monotonic()
    await any_station.accounts.delete("dev_a", account.username)

    assert online.wait_end(1)
    assert online.ended_at is not None
    assert online.ended_at - began < 1
    assert not any_station.party(account).accepted


async def test_to_delete_what_is_not_there_is_fine(any_station: Station) -> None:
    await any_station.accounts.delete("dev_x", "dev_x-1")


async def test_others_stay_connected_while_a_device_comes_and_goes(any_station: Station) -> None:
    link = await any_station.link()
    bystander = any_station.party(await any_station.device("dev_b"))
    account = await any_station.device("dev_a")
    await any_station.accounts.delete("dev_a", account.username)

    assert not bystander.wait_end(0.5)
    bystander.publish(topics.telemetry("dev_b"), b"x")
    assert len(await collect(link, 1)) == 1


async def test_reconciling_twice_changes_nothing(any_station: Station) -> None:
    account = await any_station.device()
    link, online = await any_station.link(), any_station.party(account)

    assert await any_station.accounts.reconcile([stored(account)]) == NO_DRIFT

    assert online.ended_at is None
    assert link.connected


async def test_an_account_that_the_database_does_not_know_goes(any_station: Station) -> None:
    account = await any_station.device()
    online = any_station.party(account)
    any_station.skew = timedelta(minutes=5)

    drift = await any_station.accounts.reconcile([])

    assert drift.deleted == [account.username]
    assert online.wait_end(1)


async def test_an_account_whose_row_is_being_written_stays(any_station: Station) -> None:
    account = await any_station.device()
    assert await any_station.accounts.reconcile([]) == NO_DRIFT
    assert any_station.party(account).accepted


async def test_devices_get_in_with_the_passwords_they_have_after_the_broker_lost_its_accounts(
    any_station: Station,
) -> None:
    devices = [await any_station.device(f"dev_{name}") for name in "abc"]
    any_station.broker.stop()
    for name in ("dynamic-security.json", "password_file", "acl_file"):
        (any_station.broker.data_dir / name).unlink(missing_ok=True)
    any_station.broker.start()
    assert not any_station.party(devices[0]).accepted
    wanted = [stored(device) for device in devices]

    drift = await any_station.accounts.reconcile(wanted)
    if drift.missing:
        await any_station.accounts.rebuild(wanted)

    assert all(any_station.party(device).accepted for device in devices)
    assert await any_station.accounts.reconcile(wanted) == NO_DRIFT
    assert (await any_station.link()).connected


async def test_a_broker_that_is_away_is_said_so(any_station: Station) -> None:
    any_station.broker.stop()
    with pytest.raises(BrokerUnavailable):
        await any_station.accounts.create(made_account("dev_a"))
    with pytest.raises(BrokerUnavailable):
        await any_station.accounts.probe()


async def test_no_password_shows_in_what_is_printed(any_station: Station, caplog: Any) -> None:
    caplog.set_level("DEBUG")
    account = await any_station.device()
    any_station.party(account)
    for text in (repr(account), caplog.text):
        assert account.password is not None
        assert account.password not in text
        assert account.password_hash not in text
