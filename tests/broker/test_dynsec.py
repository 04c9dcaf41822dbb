"""What only the dynamic-security plugin can do, and what can go wrong with it."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from plantops_api import topics
from plantops_server.broker.address import Login
from plantops_server.broker.control import ControlChannel
from plantops_server.broker.dynsec import DynsecAccounts
from plantops_server.broker.identities import server_logins
from plantops_server.credentials import broker_state
from plantops_server.errors import BrokerError, BrokerStateNotReachable, BrokerUnavailable
from plantops_server.store.database import Database
from plantops_server.store.vault import Vault
from tests.broker.conftest import DOWNLINK, INGEST, Station, made_account, stored


async def tell_plugin(station: Station, *commands: dict[str, Any]) -> None:
    """Change the broker behind the server's back."""
    assert all("error" not in answer for answer in await station.control().run(commands))


async def test_a_client_id_is_bound_to_its_account(station: Station) -> None:
    account = await station.device()
    assert not station.party(account, client_id="another").accepted
    assert not station.party(account, client_id="").accepted


async def test_everything_is_denied_by_default(station: Station) -> None:
    await tell_plugin(
        station,
        {"command": "setDefaultACLAccess", "acls": [{"acltype": "publishClientReceive", "allow": True}]},
    )
    drift = await station.accounts.reconcile([])
    assert drift.repaired == ["(default access)"]

    state = json.loads((station.broker.data_dir / "dynamic-security.json").read_text())
    assert set(state["defaultACLAccess"].values()) == {False}


async def test_a_widened_role_is_narrowed_again(station: Station) -> None:
    account = await station.device()
    anything = {"acltype": "subscribePattern", "topic": "#", "priority": 0, "allow": True}
    await tell_plugin(station, {"command": "addRoleACL", "rolename": account.username, **anything})
    assert station.party(account).subscribe("#") == "Granted QoS 1"

    drift = await station.accounts.reconcile([stored(account)])

    assert drift.repaired == [account.username]
    assert station.party(account).subscribe("#") == "Not authorized"


async def test_a_disabled_or_rebound_account_is_put_right(station: Station) -> None:
    one, other = [await station.device(device_id) for device_id in ("dev_a", "dev_b")]
    await tell_plugin(
        station,
        {"command": "disableClient", "username": one.username},
        {"command": "modifyClient", "username": other.username, "clientid": "elsewhere"},
    )
    drift = await station.accounts.reconcile([stored(one), stored(other)])

    assert sorted(drift.repaired) == [one.username, other.username]
    assert station.party(one).accepted
    assert station.party(other).accepted


async def test_a_role_without_an_owner_goes(station: Station) -> None:
    await tell_plugin(station, {"command": "createRole", "rolename": "left over"})
    await station.accounts.reconcile([])
    (answer,) = await station.control().run([{"command": "listRoles"}])
    names = set(answer["data"]["roles"])
    assert names == {station.broker.admin_username, INGEST.username, DOWNLINK.username}


async def test_more_accounts_than_a_page_are_all_seen(station: Station) -> None:
    accounts = [made_account(f"dev_{number}") for number in range(130)]
    await station.accounts.rebuild([stored(account) for account in accounts])
    drift = await station.accounts.reconcile([stored(account) for account in accounts])
    assert not drift
    assert station.party(accounts[129]).accepted


async def test_one_lost_account_among_many_comes_back_by_a_rebuild(station: Station) -> None:
    kept, lost = [await station.device(device_id) for device_id in ("dev_a", "dev_b")]
    await tell_plugin(station, {"command": "deleteClient", "username": lost.username})
    wanted = [stored(kept), stored(lost)]

    assert (await station.accounts.reconcile(wanted)).missing == [lost.username]
    await station.accounts.rebuild(wanted)

    assert station.party(kept).accepted
    assert station.party(lost).accepted
    mode = (station.broker.data_dir / "dynamic-security.json").stat().st_mode
    assert stat.S_IMODE(mode) & 0o077 == 0


async def test_a_broker_that_we_cannot_restart_gets_its_state_beside_the_original(station: Station) -> None:
    account = made_account("dev_a")
    by_hand = station.dynsec(restarts=False)

    with pytest.raises(BrokerStateNotReachable, match="rebuilt"):
        await by_hand.rebuild([stored(account)])

    rebuilt = station.broker.data_dir / "dynamic-security.rebuilt.json"
    assert stat.S_IMODE(rebuilt.stat().st_mode) == 0o600
    station.broker.stop()
    rebuilt.replace(station.broker.data_dir / "dynamic-security.json")
    station.broker.start()
    assert station.party(account).accepted


async def test_a_broker_that_reads_another_file_is_restarted_once_and_not_for_ever(
    station: Station, tmp_path: Any
) -> None:
    restarts = []

    async def restart() -> None:
        restarts.append(1)
        await station.restart()

    astray = DynsecAccounts(
        station.control(), [INGEST, DOWNLINK], state_file=tmp_path / "dynamic-security.json", restart=restart
    )
    for _ in range(2):
        with pytest.raises(BrokerStateNotReachable):
            await astray.rebuild([stored(made_account("dev_a"))])
    assert len(restarts) == 1


async def test_two_processes_that_manage_accounts_at_once_both_succeed(station: Station) -> None:
    one, other = (
        station.dynsec(),
        station.dynsec(),
    )  # the administrator has one client id: they throw each other out
    accounts = [made_account(f"dev_{number}") for number in range(6)]

    for first, second in zip(accounts[::2], accounts[1::2], strict=True):
        await asyncio.gather(one.create(first), other.create(second))

    assert all(station.party(account).accepted for account in accounts)


async def test_a_wrong_administrator_is_told_so(station: Station) -> None:
    name = station.broker.admin_username
    control = ControlChannel(station.address, Login(name, name, "wrong"), timeout_s=0.5)
    with pytest.raises(BrokerUnavailable, match="Not authorized"):
        await DynsecAccounts(control, []).probe()


async def test_a_refused_command_is_an_error_that_names_it(station: Station) -> None:
    account = made_account("dev_a")
    too_long = type(account)("dev_a", "x" * 70_000, "x", account.password_hash, account.password)
    with pytest.raises((BrokerError, BrokerUnavailable)):
        await station.accounts.create(too_long)
    await station.accounts.probe()


async def test_reconciling_never_touches_the_session_of_ingest(station: Station) -> None:
    link = await station.link()
    since = link.connected_since
    device = station.party(await station.device())
    for _ in range(3):
        await station.accounts.reconcile([])
    device.publish(topics.telemetry("dev_a"), b"x")
    assert len(await link.next_batch(1, 0)) == 1
    assert link.connected_since == since


async def test_the_state_written_from_the_database_lets_every_device_in(
    station: Station, db: Database, tmp_path: Path
) -> None:
    account = made_account("dev_a")
    async with db.transaction() as conn:
        await conn.execute(
            "INSERT INTO devices (id, mqtt_username, mqtt_client_id, mqtt_password_hash) VALUES (%s, %s, %s, %s)",
            (account.device_id, account.username, account.client_id, account.password_hash),
        )
    name = station.broker.admin_username
    vault = Vault.from_key_file(tmp_path / "secret.key")
    admin = Login(name, name, station.broker.admin_password)
    text = await broker_state(db, vault, admin, station.clock())
    station.broker.stop()
    (station.broker.data_dir / "dynamic-security.json").write_text(text)
    station.broker.start()

    assert station.party(account).accepted
    async with db.transaction() as conn:
        own = await server_logins(conn, vault)
    assert (await station.link(own.ingest)).connected
    await station.accounts.probe()
