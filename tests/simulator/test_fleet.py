"""Simulated devices on a real broker and the whole server: what is acknowledged is stored, whatever the link does."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plantops_api import topics, wire
from plantops_api.client import PlantOpsClient
from plantops_cli.simulator import fleet, links
from plantops_cli.simulator.enrolment import (
    device_of,
    enrolment_token,
    mac_address,
    register,
    register_or_return,
)
from plantops_cli.simulator.fleet import Member
from plantops_cli.simulator.links import LinkPreset
from plantops_cli.simulator.node import Design, Node, Report
from plantops_cli.simulator.session import BrokerRefused, BrokerUnreachable, DeviceSession
from plantops_cli.simulator.timeline import Timeline
from tests.running_server import Running

BUFFERING = LinkPreset(jitter_s=1, buffers=True)


@pytest.fixture
async def client(one_server: Running) -> AsyncIterator[PlantOpsClient]:
    async with PlantOpsClient(one_server.url, one_server.admin_token) as made:
        yield made


async def member(client: PlantOpsClient, link: LinkPreset = BUFFERING) -> Member:
    """A registered device in a plant of its own, not connected yet."""
    name = secrets.token_hex(4)
    plant = await client.create_plant(wire.PlantBody(name=name))
    async with enrolment_token(client, name, 1) as token:
        registered = await register(client, body_of(name), token)
    await client.provision_device(registered.device_id, plant.id)
    node = Node(Design(link=link), 1, datetime.now(UTC) - timedelta(hours=1))
    return Member(node, registered, plant.id)


def body_of(name: str) -> wire.RegisterBody:
    return wire.RegisterBody(mac_address=mac_address("fleet test", name), name=name, report_interval_s=600)


def report(moisture: float, age_s: float = 0, **more: Any) -> Report:
    filled = Report(
        datetime.now(UTC) - timedelta(seconds=age_s), {"soil_moisture": moisture}, 1, None, timedelta()
    )
    return filled._replace(**more)


async def stored(client: PlantOpsClient, plant_id: str | None) -> list[float]:
    history = await client.plant_history(plant_id or "", "24h")
    return [round(value, 3) for value in history.series["soil_moisture"].mean if value is not None]


async def until(expected: object, look: Callable[[], Awaitable[object]]) -> None:
    """Wait until a look gives what is expected; fails with what it gave last."""
    seen: object = None
    for _ in range(100):
        seen = await look()
        if seen == expected:
            return
        await asyncio.sleep(0.1)
    assert seen == expected


def now_timeline() -> Timeline:
    return Timeline(datetime.now(UTC))


async def test_a_reading_of_a_simulated_device_is_stored_and_its_device_is_online_then_offline(
    client: PlantOpsClient,
) -> None:
    one = await member(client)
    await one.connect()
    await one.deliver(report(41.2), now_timeline())
    await until([41.2], lambda: stored(client, one.plant_id))
    assert (await client.get_device(one.device_id)).status == "online"
    await one.close()
    await until("offline", lambda: status_of(client, one))


async def test_readings_of_an_outage_are_kept_and_arrive_as_one_array_after_it(
    client: PlantOpsClient,
) -> None:
    one = await member(client)
    await one.connect()
    later = datetime.now(UTC)
    await one.deliver(report(40, age_s=40), now_timeline())
    await one.deliver(report(39, age_s=30, held_until=later), now_timeline())
    await one.deliver(report(38, age_s=20, held_until=later), now_timeline())
    await until([40.0], lambda: stored(client, one.plant_id))
    await one.deliver(report(37, age_s=10), now_timeline())
    await until([40.0, 39.0, 38.0, 37.0], lambda: stored(client, one.plant_id))
    await one.close()


async def test_the_broker_speaks_the_last_will_of_a_device_whose_link_breaks(client: PlantOpsClient) -> None:
    one = await member(client)
    await one.connect()
    await one.deliver(report(40), now_timeline())
    await until("online", lambda: status_of(client, one))
    await one.deliver(report(39, held_until=datetime.now(UTC)), now_timeline())
    await until("offline", lambda: status_of(client, one))
    await one.close()


async def test_a_link_without_a_buffer_loses_what_its_outage_covers(client: PlantOpsClient) -> None:
    one = await member(client, replace(BUFFERING, buffers=False))
    await one.connect()
    await one.deliver(report(39, age_s=30, held_until=datetime.now(UTC)), now_timeline())
    await one.deliver(report(38, age_s=20, copies=0), now_timeline())
    await one.deliver(report(37, age_s=10), now_timeline())
    await until([37.0], lambda: stored(client, one.plant_id))
    await one.close()


async def test_a_doubled_message_is_stored_once(client: PlantOpsClient) -> None:
    one = await member(client)
    await one.connect()
    await one.deliver(report(40, age_s=5, copies=2), now_timeline())
    await one.deliver(report(39), now_timeline())
    await until([40.0, 39.0], lambda: stored(client, one.plant_id))
    await one.close()


async def test_a_deep_sleeper_says_so_and_connects_again_for_the_next_reading(client: PlantOpsClient) -> None:
    one = await member(client, links.PRESETS["deep-sleep"])
    await one.connect()
    await one.deliver(report(40, age_s=5), now_timeline())
    await until("sleeping", lambda: status_of(client, one))
    await one.deliver(report(39), now_timeline())
    await until([40.0, 39.0], lambda: stored(client, one.plant_id))
    await until("sleeping", lambda: status_of(client, one))


async def test_what_a_killed_broker_had_not_acknowledged_comes_once_it_is_back(
    one_server: Running, client: PlantOpsClient
) -> None:
    one = await member(client)
    await one.connect()
    await one.deliver(report(40, age_s=5), now_timeline())
    await until([40.0], lambda: stored(client, one.plant_id))
    one_server.broker.kill()
    sending = asyncio.create_task(one.deliver(report(39), now_timeline()))
    await asyncio.sleep(0.3)
    one_server.broker.start()
    await sending
    await until([40.0, 39.0], lambda: stored(client, one.plant_id))
    await until("online", lambda: status_of(client, one))
    await one.close()


async def test_a_removed_device_ends_alone_and_the_others_live_on(client: PlantOpsClient) -> None:
    stop, thrown_out = asyncio.Event(), []
    members = [await member(client), await member(client)]
    for each in members:
        each.node.design = replace(each.node.design, interval_s=0.3)
        await each.connect()
    running = asyncio.create_task(
        fleet.run(members, now_timeline(), stop, refused=lambda who, _why: thrown_out.append(who.device_id))
    )
    await asyncio.sleep(0.5)
    await client.delete_device(members[0].device_id)
    before = members[1].sent
    await until([members[0].device_id], lambda: _value(thrown_out))
    await until(True, lambda: _value(members[1].sent > before))
    stop.set()
    await running


async def test_a_fleet_stops_after_its_duration_and_says_offline(client: PlantOpsClient) -> None:
    one = await member(client)
    one.node.design = replace(one.node.design, interval_s=0.2)
    await one.connect()
    await asyncio.wait_for(fleet.run([one], now_timeline(), asyncio.Event(), timedelta(seconds=1)), timeout=5)
    assert 3 <= one.sent <= 8
    await until("offline", lambda: status_of(client, one))


async def test_a_foreign_topic_is_refused_and_the_sender_hears_it(client: PlantOpsClient) -> None:
    one, other = await member(client), await member(client)
    async with DeviceSession(one.registered.mqtt, one.registered.topics) as session:
        session.topics = session.topics.model_copy(update={"telemetry": topics.telemetry(other.device_id)})
        with pytest.raises(BrokerRefused, match="Not authorized"):
            await session.send([{"soil_moisture": 1}])


async def test_wrong_credentials_are_refused_with_a_sentence_that_holds_no_secret(
    client: PlantOpsClient,
) -> None:
    one = await member(client)
    wrong = one.registered.mqtt.model_copy(update={"password": "canary-secret"})
    with pytest.raises(BrokerRefused) as raised:
        await DeviceSession(wrong, one.registered.topics).connect()
    assert "canary-secret" not in str(raised.value) + raised.value.advice


async def test_a_broker_that_is_away_is_named(client: PlantOpsClient, free_port: int) -> None:
    one = await member(client)
    nowhere = one.registered.mqtt.model_copy(update={"port": free_port})
    with pytest.raises(BrokerUnreachable, match=f":{free_port} cannot be reached: Connection refused"):
        await DeviceSession(nowhere, one.registered.topics).connect()


async def test_a_known_device_comes_back_with_a_new_secret_and_its_old_one_is_dead(
    client: PlantOpsClient,
) -> None:
    name = secrets.token_hex(4)
    async with enrolment_token(client, name, 2) as token:
        first = await register(client, body_of(name), token)
        back = await register_or_return(client, body_of(name), token)
    assert back.known is not None
    assert back.registered.device_id == first.device_id
    async with DeviceSession(back.registered.mqtt, back.registered.topics):
        pass
    with pytest.raises(BrokerRefused):
        await DeviceSession(first.mqtt, first.topics).connect()


async def test_the_enrolment_token_of_a_crowd_is_gone_afterwards(client: PlantOpsClient) -> None:
    name = secrets.token_hex(4)
    async with enrolment_token(client, name, 5):
        assert name in [token.name for token in await client.list_enrolment_tokens()]
    assert name not in [token.name for token in await client.list_enrolment_tokens()]
    assert await device_of(client, mac_address("nobody", name)) is None


def test_a_made_mac_address_is_local_unicast_and_always_the_same() -> None:
    address = mac_address("replay", "plt_1")
    first = int(address[:2], 16)
    assert first & 0b11 == 0b10
    assert address == mac_address("replay", "plt_1") != mac_address("replay", "plt_2")


async def status_of(client: PlantOpsClient, one: Member) -> str:
    return (await client.get_device(one.device_id)).status


async def _value(value: object) -> object:
    return value
