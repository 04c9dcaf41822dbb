"""The proxy does to a connection what it says, and a seed repeats it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from bench.chaos.proxy import FaultProxy


@pytest.fixture
async def echo() -> AsyncIterator[tuple[str, int]]:
    """A server that sends back what it gets."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[:2]
    server.close()


@pytest.fixture
async def proxy(echo: tuple[str, int]) -> AsyncIterator[FaultProxy]:
    made = FaultProxy(echo, random.Random(1))
    await made.start()
    yield made
    await made.down()


async def there_and_back(proxy: FaultProxy, data: bytes = b"ping") -> float:
    """Seconds that an echo takes; closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    began = time.perf_counter()
    writer.write(data)
    assert await reader.readexactly(len(data)) == data
    took = time.perf_counter() - began
    writer.close()
    return took


async def test_a_good_line_passes_everything_on_both_ways(proxy: FaultProxy) -> None:
    data = random.Random(2).randbytes(300_000)
    await there_and_back(proxy, data)
    assert proxy.carried == 600_000


async def test_latency_is_added_in_each_direction_and_makes_the_line_no_narrower(proxy: FaultProxy) -> None:
    proxy.toxics.latency_s = 0.1
    assert 0.2 <= await there_and_back(proxy) < 1
    assert await there_and_back(proxy, b"x" * 200_000) < 2, "pieces wait side by side"


async def test_a_narrow_line_takes_its_time(proxy: FaultProxy) -> None:
    proxy.toxics.bandwidth = 200_000
    assert await there_and_back(proxy, b"x" * 60_000) >= 0.2


async def test_a_reset_tears_connections_and_lets_new_ones_in(proxy: FaultProxy) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"ping")
    await reader.readexactly(4)
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(1)
    writer.close()
    await there_and_back(proxy)


async def test_down_refuses_until_it_is_started_again_at_the_same_port(proxy: FaultProxy) -> None:
    port = proxy.port
    await proxy.down()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    await proxy.start()
    assert proxy.port == port
    await there_and_back(proxy)


async def test_a_server_that_is_away_behind_the_proxy_is_away_before_it(free_port: int) -> None:
    made = FaultProxy(("127.0.0.1", free_port), random.Random(1))
    await made.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
    with suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    await made.down()
