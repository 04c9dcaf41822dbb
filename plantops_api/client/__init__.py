"""The PlantOps client: one method an endpoint, answers as wire models, errors as the tree of ``errors``.

    async with PlantOpsClient("http://127.0.0.1:8420", token) as client:
        for plant in await client.list_plants():
            print(plant.name, plant.health)

Every text in an answer has passed :mod:`plantops_api.text`. ``transport=`` is the seam for tests: hand it
``httpx2.ASGITransport(app)`` and the client talks to the server in process.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

import httpx2

from plantops_api.client.access import AccessCalls
from plantops_api.client.alerts import AlertCalls
from plantops_api.client.care import CareCalls
from plantops_api.client.devices import DeviceCalls
from plantops_api.client.enrolment import EnrolmentCalls
from plantops_api.client.plants import PlantCalls
from plantops_api.client.running import RunningCalls
from plantops_api.client.species import SpeciesCalls
from plantops_api.exchange import TIMEOUT_S, Exchange


class PlantOpsClient(
    PlantCalls,
    DeviceCalls,
    EnrolmentCalls,
    AlertCalls,
    SpeciesCalls,
    CareCalls,
    AccessCalls,
    RunningCalls,
):
    """One server, one token. Use as ``async with``, or call ``aclose()``.

    Args:
        base_url: such as ``http://127.0.0.1:8420``.
        token: bearer token; None sends none.
        transport: replaces the network.
        timeout: seconds that a call may wait.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        timeout: float = TIMEOUT_S,
    ) -> None:
        self._exchange = Exchange(base_url, token, transport=transport, timeout=timeout)
        self.url = self._exchange.url

    def __repr__(self) -> str:
        return f"PlantOpsClient({self.url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._exchange.aclose()
