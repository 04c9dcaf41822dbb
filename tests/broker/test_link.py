"""The link: what was not acknowledged comes again, what was acknowledged does not."""

from __future__ import annotations

import asyncio
import time

import pytest

from plantops_api import topics
from plantops_server import downlinks
from plantops_server.broker.address import Address, Login
from plantops_server.broker.link import BrokerLink, Packet
from plantops_server.errors import BrokerUnavailable, LinkDied, PublishRefused
from tests.broker.conftest import DOWNLINK, INGEST, Station

TELEMETRY = topics.telemetry("dev_a")


async def collect(link: BrokerLink, count: int, timeout_s: float = 5) -> list[Packet]:
    """Packets until there are ``count``; fails when they do not come."""
    packets: list[Packet] = []
    async with asyncio.timeout(timeout_s):
        while len(packets) < count:
            packets += await link.next_batch(count - len(packets), 0)
    return packets


async def nothing_more(link: BrokerLink, within_s: float = 0.3) -> bool:
    """Whether no packet comes within that time."""
    try:
        async with asyncio.timeout(within_s):
            await link.next_batch(1, 0)
    except TimeoutError:
        return True
    return False


async def test_a_packet_says_who_spoke_and_whether_it_was_retained(station: Station) -> None:
    link, device = await station.link(), station.party(await station.device())
    device.publish(TELEMETRY, b'{"soil_moisture": 41}')
    device.publish(topics.status("dev_a"), b"online", retain=True)

    first, second = await collect(link, 2)

    assert (first.device_id, first.kind, first.payload) == ("dev_a", "telemetry", b'{"soil_moisture": 41}')
    assert not first.retain
    assert (second.kind, second.retain) == ("status", True)
    assert first.arrived.utcoffset() is not None


async def test_whatever_a_device_retained_is_known_and_can_be_cleared(
    station: Station,
) -> None:
    link, device = await station.link(), station.party(await station.device())
    odd = f"{topics.uplinks('dev_a').removesuffix('#')}odd/place"
    device.publish(topics.status("dev_a"), b"online", retain=True)
    device.publish(odd, b"junk", retain=True)
    device.publish(f"{odd}/gone", b"junk", retain=True)
    device.publish(f"{odd}/gone", b"", retain=True)
    device.publish(TELEMETRY, b"last", retain=False)
    await collect(link, 2)
    assert link.retained_of("dev_a") == {topics.status("dev_a"), odd}
    assert link.retained_of("dev_b") == frozenset()

    downlink = await station.link(DOWNLINK)
    await downlinks.clear_retained(downlink, "dev_a", link.retained_of("dev_a"))

    async with asyncio.timeout(5):
        while link.retained_of("dev_a"):  # noqa: ASYNC110 - it is heard by the MQTT thread
            await asyncio.sleep(0.05)
    await link.stop()
    fresh = await station.link()
    assert fresh.retained_of("dev_a") == frozenset()


async def test_what_was_not_acknowledged_comes_again_and_only_that(station: Station) -> None:
    link, device = await station.link(), station.party(await station.device())
    for number in range(6):
        device.publish(TELEMETRY, str(number))
    packets = await collect(link, 6)
    link.acknowledge(packets[:3])
    await link.stop()
    await asyncio.sleep(
        0.3
    )  # a connection that takes the session over at once may overtake the last acknowledgement

    again = await collect(await station.link(), 3)

    assert [packet.payload for packet in again] == [b"3", b"4", b"5"]
    assert all(packet.dup for packet in again)


async def test_messages_published_while_we_are_away_wait_for_us(station: Station) -> None:
    link, device = await station.link(), station.party(await station.device())
    await link.stop()
    for number in range(1500):
        device.publish(TELEMETRY, str(number), qos=1)

    back = await station.link()

    packets = []
    while len(packets) < 1500:
        batch = await collect(back, 1)
        back.acknowledge(batch)
        packets += batch
    assert [packet.payload for packet in packets] == [str(n).encode() for n in range(1500)]
    assert await nothing_more(back)


async def test_an_acknowledgement_for_an_earlier_connection_is_passed_over(station: Station) -> None:
    link, device = await station.link(), station.party(await station.device())
    device.publish(TELEMETRY, b"before")
    before = await collect(link, 1)
    await station.restart()
    assert await link.wait_connected(10)

    link.acknowledge(before)  # by its number this would acknowledge a stranger in the new connection

    again = await collect(link, 1)
    assert again[0].payload == b"before"
    link.acknowledge(again)
    assert await nothing_more(link)


async def test_it_subscribes_again_when_the_broker_emptied_its_session(station: Station) -> None:
    link, account = await station.link(), await station.device()
    first_connection = link.connected_since
    await station.accounts.admit(INGEST)  # kicks, and takes the subscription with it
    for _ in range(200):
        await asyncio.sleep(0.02)
        if link.connected_since not in (None, first_connection):
            break
    else:
        pytest.fail("the link did not come back")

    station.party(account).publish(TELEMETRY, b"after")

    assert (await collect(link, 1))[0].payload == b"after"


async def test_no_more_than_the_maximum_is_on_its_way_unacknowledged(station: Station) -> None:
    link, device = await station.link(receive_maximum=10), station.party(await station.device())
    for number in range(25):
        device.publish(TELEMETRY, str(number))

    first = await collect(link, 10)
    assert await nothing_more(link)
    link.acknowledge(first)

    second = await collect(link, 10)
    link.acknowledge(second)
    assert [packet.payload for packet in await collect(link, 5)] == [b"20", b"21", b"22", b"23", b"24"]


async def test_unknown_uplinks_are_counted_and_hold_up_nothing(station: Station) -> None:
    link, device = await station.link(receive_maximum=2), station.party(await station.device())
    for _ in range(5):
        device.publish("plantops/v1/dev_a/up/anything", b"x")
    device.publish(TELEMETRY, b"good")

    assert (await collect(link, 1))[0].payload == b"good"
    assert link.discarded == 5


async def test_workers_that_share_get_each_message_once(station: Station) -> None:
    workers = [Login(f"plantops-ingest-{name}", f"plantops-ingest-{name}", "s" * 32) for name in "ab"]
    await station.dynsec(own=(INGEST, DOWNLINK, *workers)).reconcile([])
    one, other = [await station.link(worker, shared=True) for worker in workers]
    device = station.party(await station.device())
    station.accounts = station.dynsec()
    for number in range(40):
        device.publish(TELEMETRY, str(number))

    first, second = await collect(one, 20), await collect(other, 20)

    assert sorted(int(p.payload) for p in first + second) == list(range(40))


async def test_publishing_waits_for_the_broker_and_reaches_the_device(station: Station) -> None:
    device = station.party(await station.device())
    assert device.subscribe(topics.downlinks("dev_a")) == "Granted QoS 1"
    link = await station.link(DOWNLINK)

    await link.publish(topics.command("dev_a"), b"identify")

    assert device.wait_heard(1)[0].payload == b"identify"


async def test_a_publish_that_is_not_allowed_is_an_error(station: Station) -> None:
    link = await station.link(DOWNLINK)
    with pytest.raises(PublishRefused, match="Not authorized"):
        await link.publish("somewhere/else", b"x")


async def test_without_a_broker_publishing_fails_at_once_and_nothing_is_sent_later(station: Station) -> None:
    device_account = await station.device()
    link = await station.link(DOWNLINK)
    await asyncio.to_thread(station.broker.stop)
    await asyncio.sleep(0.3)
    began = time.monotonic()
    with pytest.raises(BrokerUnavailable):
        await link.publish(topics.command("dev_a"), b"reboot", retain=True)
    assert time.monotonic() - began < 0.5

    await asyncio.to_thread(station.broker.start)
    assert await link.wait_connected(10)
    device = station.party(device_account)
    device.subscribe(topics.downlinks("dev_a"))
    assert device.wait_heard(1, timeout_s=0.5) == []


async def test_a_refused_account_is_told_from_a_broker_that_is_away(station: Station) -> None:
    link = BrokerLink.for_ingest(station.address, Login("plantops-ingest", "plantops-ingest", "wrong"))
    await link.start()
    assert not await link.wait_connected(0.5)
    assert link.refused
    assert "Not authorized" in (link.problem or "")
    await link.stop()

    away = BrokerLink.for_ingest(Address("127.0.0.1", 9), INGEST)
    await away.start()
    assert not await away.wait_connected(0.3)
    assert not away.refused
    assert "refused" in (away.problem or "")
    await away.stop()


async def test_whoever_waits_for_packets_hears_of_the_end(station: Station) -> None:
    link = await station.link()
    await link.stop()
    with pytest.raises(LinkDied):
        await link.next_batch(1, 0)
