"""Which language model writes care plans, and what it may cost."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from plantops_api.wire.bodies import Request, Response

LlmProvider = Literal["anthropic", "openai", "openai-compatible"]


class LlmPrice(BaseModel):
    """What a model costs, in US dollars per million tokens."""

    model_config = ConfigDict(extra="forbid")

    input_usd: float = Field(ge=0, examples=[1.0])
    output_usd: float = Field(ge=0, examples=[5.0])


class LlmSettingsBody(Request):
    """PUT /api/settings/llm: which model writes care plans. A key is bound to the host it was given for."""

    provider: LlmProvider = Field(examples=["anthropic"])
    model: str = Field(min_length=1, max_length=200, examples=["claude-haiku-5-5"])
    api_key: str | None = Field(
        None,
        max_length=500,
        repr=False,
        description="Absent, or still masked: the stored one stays, if the host does",
    )
    base_url: str | None = Field(None, max_length=500, examples=["http://127.0.0.1:11434/v1"])
    daily_cap_usd: float | None = Field(None, ge=0, description="Null = no cap; 0 = never spend")
    monthly_cap_usd: float | None = Field(None, ge=0, description="Null = no cap; 0 = never spend")
    prices: dict[str, LlmPrice] | None = Field(
        None, description="Own prices by model, before the shipped table; absent: the stored ones stay"
    )


class LlmModel(Response):
    """A model that PlantOps knows the price of, in US dollars per million tokens."""

    id: str
    provider: LlmProvider
    input_usd: float
    output_usd: float


class LlmSettings(Response):
    """GET /api/settings/llm. Never carries the key."""

    provider: LlmProvider | None = None
    model: str | None = None
    base_url: str | None = None
    configured: bool = Field(description="A provider is chosen and has the key that it needs")
    installed: bool = Field(description="Whether the extra plantops[llm] is installed")
    api_key_masked: str | None = Field(None, examples=["sk-…abcd"])
    key_host: str | None = Field(None, description="The only host that the stored key is ever sent to")
    daily_cap_usd: float | None = None
    monthly_cap_usd: float | None = None
    spent_today_usd: float = 0
    spent_month_usd: float = 0
    prices: dict[str, LlmPrice] = Field({}, description="Own prices by model")
    models: list[LlmModel] = []
    prices_as_of: str = Field("", description="Date of the shipped price table", examples=["2026-11-24"])


class LlmTest(Response):
    """POST /api/settings/llm/test: the real outcome; ``error`` is a sentence, null when ok."""

    ok: bool
    provider: LlmProvider | None = None
    model: str | None = None
    latency_ms: int | None = None
    error: str | None = None
