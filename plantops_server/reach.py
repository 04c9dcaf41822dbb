"""Whom we call, and at which address.

A host that nobody allowed by name is connected to only at a public address, the very one that was checked, so that DNS
cannot change its mind in between; redirects are never followed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Collection
from typing import Any, TypeAlias
from urllib.parse import urlsplit, urlunsplit

Resolve: TypeAlias = Callable[[str, int], Awaitable[list[str]]]


class NotPublic(Exception):
    """The host is not on the public internet."""


async def resolve_host(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises OSError when it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


async def target(
    url: str, allow_hosts: Collection[str], resolve: Resolve, suffix: str = "", query: str = ""
) -> tuple[str, dict[str, Any]]:
    """The URL to call and what httpx2 needs besides: the host is replaced by its checked address where that is due.

    ``suffix`` is appended to the path and ``query`` put before the URL's own. Raises NotPublic and OSError.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    merged = "&".join(part for part in (query, parts.query) if part)
    path = parts.path.rstrip("/") + suffix if suffix else parts.path
    if host in allow_hosts or f"{host}:{parts.port}" in allow_hosts:
        return urlunsplit((parts.scheme, parts.netloc, path, merged, "")), {}
    addresses = await resolve(host, parts.port or 443)
    if not addresses or not all(is_public(address) for address in addresses):
        raise NotPublic
    address = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
    called = urlunsplit(("https", f"{address}:{parts.port or 443}", path, merged, ""))
    return called, {"headers": {"Host": host}, "extensions": {"sni_hostname": host}}


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet, also when it is wrapped into an IPv6 one."""
    ip = _unwrapped(address)
    return ip is not None and ip.is_global and not ip.is_multicast


_METADATA = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "192.0.0.192", "fd00:ec2::254")))
"""Metadata services of clouds outside of link-local: Alibaba, Oracle, Amazon's over IPv6."""


def is_metadata(address: str) -> bool:
    """Whether an IP address is link-local or a cloud's metadata service, also when it is wrapped."""
    ip = _unwrapped(address)
    return ip is None or ip.is_link_local or ip in _METADATA


def _unwrapped(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address, or the IPv4 one inside it; None when it is none."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        return inner or ip
    return ip
