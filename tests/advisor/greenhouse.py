"""A plant with some days of readings, an operator at the doors, and a model that may be asked about it."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from plantops_api.wire import CarePlan, LlmProvider
from tests.facts.conftest import NOW, add_month, add_plant
from tests.fake_vendors import FakeVendors
from tests.running_server import Doors

KEY = "sk-ant-canary-0123456789abcd"
MODELS: dict[LlmProvider, str] = {
    "anthropic": "claude-haiku-5-5", "openai": "gpt-6-luna", "openai-compatible": "llama3.2",
}  # fmt: skip


class Greenhouse:
    """The doors with ``plt_a`` behind them."""

    def __init__(self, doors: Doors, vendors: FakeVendors, admin: httpx2.AsyncClient) -> None:
        self.doors, self.vendors, self.admin = doors, vendors, admin

    async def choose(self, provider: LlmProvider = "anthropic", **more: Any) -> dict[str, Any]:
        """Set a model of the fake vendor up; the answer."""
        body = {
            "provider": provider, "model": MODELS[provider], "api_key": KEY,
            "base_url": self.vendors.url_for(provider), **more,
        }  # fmt: skip
        return await self.answer("PUT", "/api/settings/llm", body)

    async def analyze(self, *, force: bool = False) -> CarePlan:
        """The plan of the plant."""
        return CarePlan.model_validate(
            await self.answer("POST", "/api/plants/plt_a/analyze", {"force": force})
        )

    async def test(self) -> dict[str, Any]:
        """What the test of the settings says."""
        return await self.answer("POST", "/api/settings/llm/test")

    async def answer(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """The JSON of an answer with this status."""
        response = await self.admin.request(method, path, json=body)
        assert response.status_code == status, response.text
        return response.json() if response.content else None

    async def rows(self, query: str) -> list[dict[str, Any]]:
        """What the database holds."""
        async with self.doors.house.db.connection() as conn:
            return await (await conn.execute(query)).fetchall()  # type: ignore[arg-type]


@pytest.fixture
async def greenhouse(doors: Doors, fake_vendors: FakeVendors) -> Greenhouse:
    """A monstera with two days of readings."""
    doors.clock.now = NOW
    await add_plant(doors.house.db)
    await add_month(doors.house.db, days=2)
    return Greenhouse(doors, fake_vendors, await doors.client("admin"))
