"""The HTTP server: a socket that is bound before anything starts, and uvicorn behind it without its signal handlers."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from typing import Any

import uvicorn

from plantops_server.errors import PortTaken

FINISH_REQUESTS_S = 4
"""How long requests that are under way may take once the server stops."""

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared, not bound


class Listener:
    """One listening socket and the server behind it."""

    def __init__(self, host: str, port: int) -> None:
        """Bind at once, so that a busy port is known before anything else starts. Raises PortTaken."""
        self._socket = _bound(host, port)
        self.port: int = self._socket.getsockname()[1]
        reach = _ANY.get(host, host)
        self.url = f"http://{f'[{reach}]' if ':' in reach else reach}:{self.port}"
        """Where this machine reaches it."""
        self._server: _Server | None = None
        self._started = asyncio.Event()

    async def serve(self, app: Any, trusted_proxies: Sequence[str] = ()) -> None:
        """Answer requests until ``stop``. X-Forwarded-* are believed from ``trusted_proxies`` alone."""
        config = uvicorn.Config(
            app, lifespan="off", log_config=None, access_log=False, server_header=False, ws="none",
            proxy_headers=bool(trusted_proxies), forwarded_allow_ips=list(trusted_proxies),
            timeout_graceful_shutdown=FINISH_REQUESTS_S, loop="none",
        )  # fmt: skip
        self._server = _Server(config, self._started)
        await self._server.serve_on(self._socket)

    async def started(self) -> None:
        """Wait until requests are answered."""
        await self._started.wait()

    def stop(self) -> None:
        """Accept nothing more, finish what is under way; ``serve`` then returns."""
        if self._server is not None:
            self._server.should_exit = True

    def close(self) -> None:
        """Give the port back when ``serve`` was never called."""
        self._socket.close()


class _Server(uvicorn.Server):
    """uvicorn inside somebody else's event loop: the composition root owns the signals."""

    def __init__(self, config: uvicorn.Config, answering: asyncio.Event) -> None:
        super().__init__(config)
        self._answering = answering

    async def serve_on(self, bound: socket.socket) -> None:
        """Serve until ``should_exit``."""
        await self._serve([bound])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell that requests are answered from now on."""
        await super().startup(sockets)
        self._answering.set()


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # With the protocol named: asyncio turns Nagle's algorithm off only then, and each answer saves 40 ms.
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PortTaken(
            host=host, port=port, problem=error.strerror or "not an address of this machine"
        ) from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        bound.bind(address)
        bound.listen(socket.SOMAXCONN)  # taken already, if a port that another server listens on
    except OSError as error:
        bound.close()
        raise PortTaken(host=host, port=port, problem=os.strerror(error.errno or 0)) from None
    bound.setblocking(False)
    return bound
