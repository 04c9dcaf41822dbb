"""The way to a model's server: no redirect is followed, and an address that a person gave is looked at first.

Loopback and private addresses are allowed (Ollama is local), link-local and metadata addresses never, and plain http
leads to private addresses only, since a key must not cross the internet in the clear. What was checked is what is
connected to, so that DNS cannot change its mind in between.
"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator
from typing import Any

import httpx2

from plantops_server.reach import Resolve, is_metadata, is_public, resolve_host

MOST_BYTES = 4_000_000
"""Of an answer from an address that a person gave; a plan has some thousand, a long list of models a million."""


class Forbidden(httpx2.ConnectError):
    """An address that PlantOps does not connect to; the text is the sentence for people."""


class UnknownHost(httpx2.ConnectError):
    """The name has no address."""


def http_client(*, trusted: bool, timeout_s: float, resolve: Resolve = resolve_host) -> httpx2.AsyncClient:
    """A client for one conversation. Only the vendors' own addresses may be reached through a proxy of the system."""
    timeout = httpx2.Timeout(timeout_s, connect=min(timeout_s, 10.0))
    transport = None if trusted else Checked(resolve)
    return httpx2.AsyncClient(transport=transport, timeout=timeout, follow_redirects=False, trust_env=trusted)


class Checked(httpx2.AsyncBaseTransport):
    """Connects only to addresses that ``checked`` lets through."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._inner = httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send ``request`` to the first address of its host that accepts, and read no more than ``MOST_BYTES``.

        Raises Forbidden and UnknownHost.
        """
        request.headers["Accept-Encoding"] = (
            "identity"  # a few packed bytes could become a memory full of them
        )
        response = await self._sent(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise httpx2.ReadError("the answer is packed although nobody asked for it")
        return httpx2.Response(
            response.status_code, headers=response.headers, stream=_Capped(response.stream),
            extensions=response.extensions,
        )  # fmt: skip

    async def _sent(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        addresses = await checked(host, port, request.url.scheme, self._resolve)
        for address in addresses[:-1]:
            try:
                return await self._inner.handle_async_request(_pinned(request, host, address))
            except httpx2.ConnectError:
                continue  # "localhost" is ::1 first, and many a server listens on 127.0.0.1 alone
        return await self._inner.handle_async_request(_pinned(request, host, addresses[-1]))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


class _Capped(httpx2.AsyncByteStream):
    """A body that ends with an error when it becomes larger than any plan."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._stream:
            size += len(piece)
            if size > MOST_BYTES:
                raise httpx2.ReadError("the answer is too long")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


async def checked(host: str, port: int, scheme: str, resolve: Resolve) -> list[str]:
    """The addresses of a host, all of them allowed. Raises Forbidden and UnknownHost."""
    try:
        addresses = await resolve(host, port)
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise UnknownHost(f"The name {host} has no address. Check base_url.")
    if any(is_metadata(address) or _is_nowhere(address) for address in addresses):
        raise Forbidden(
            f"{host} leads to a link-local or metadata address, which PlantOps never connects to. Check base_url."
        )
    if scheme == "http" and any(is_public(address) for address in addresses):
        raise Forbidden(
            f"{host} is a public address, and plain http would show the key to everybody on the way. "
            "Write https in base_url."
        )
    return addresses


def _is_nowhere(address: str) -> bool:
    """Addresses that one listens on, or that are many hosts: no server has them."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    return ip.is_unspecified or ip.is_multicast


def _pinned(request: httpx2.Request, host: str, address: str) -> httpx2.Request:
    """The same request to one address; its Host header and the certificate's name stay those of the host."""
    extensions: dict[str, Any] = {**request.extensions, "sni_hostname": host}
    url = request.url.copy_with(host=address)
    return httpx2.Request(
        request.method, url, headers=request.headers, stream=request.stream, extensions=extensions
    )
