"""The guard that keeps tests off the network does bite."""

from __future__ import annotations

import socket

import httpx2
import pytest

from plantops_server.advisor.failures import CannotAsk
from plantops_server.advisor.providers import Ask, opened
from plantops_server.advisor.settings import VENDOR_URLS, Target
from tests import conftest


async def test_a_connection_to_the_world_is_refused_and_remembered() -> None:
    with pytest.raises(OSError, match="tried to connect"):
        socket.create_connection(("192.0.2.1", 443), timeout=1)
    async with httpx2.AsyncClient() as http:
        with pytest.raises(httpx2.ConnectError):
            await http.get("http://192.0.2.1/")

    assert conftest._strangers == ["192.0.2.1", "192.0.2.1"]
    conftest._strangers.clear()


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
async def test_a_vendors_own_address_is_not_reached_from_a_test(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: [(2, 1, 6, "", ("192.0.2.7", 443))])
    target = Target(provider, "m", VENDOR_URLS[provider], "the vendor", trusted=True, key="sk-canary")  # type: ignore[arg-type,index]

    async with opened(target, 2) as one:
        with pytest.raises(CannotAsk, match="Nothing answers at the vendor"):
            await one.write(Ask("", [("user", "?")], {}, 10))

    assert set(conftest._strangers) == {"192.0.2.7"}
    conftest._strangers.clear()
