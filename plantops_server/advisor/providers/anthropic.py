"""Anthropic's Messages API through its SDK."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx2

from plantops_server.advisor.failures import CannotAsk
from plantops_server.advisor.prices import Tokens
from plantops_server.advisor.providers.asking import Asking, not_its_api
from plantops_server.advisor.providers.protocol import Ask, Reply
from plantops_server.advisor.settings import Target

if TYPE_CHECKING:
    from anthropic.types import Message


class Anthropic:
    """One model at Anthropic, or at a server that speaks its protocol."""

    def __init__(self, sdk: ModuleType, http: httpx2.AsyncClient, target: Target, timeout_s: float) -> None:
        self._target = target
        self._asking = Asking(sdk, target, timeout_s)
        self._client = sdk.AsyncAnthropic(
            api_key=target.key, base_url=target.url, http_client=http, max_retries=0, timeout=timeout_s
        )

    async def write(self, ask: Ask) -> Reply:
        """Ask with little effort, since a plan needs little thought; a model that knows no effort is asked without."""
        try:
            return await self._asking.call(lambda: self._written(ask, {"effort": "low"}))
        except CannotAsk as failure:
            if failure.kind != "request_refused" or "effort" not in str(failure):
                raise
            return await self._asking.call(lambda: self._written(ask, {}))

    async def _written(self, ask: Ask, options: dict[str, Any]) -> Reply:
        message: Message = await self._client.messages.create(
            model=self._target.model, max_tokens=ask.most_tokens, system=ask.system,
            messages=[{"role": role, "content": text} for role, text in ask.turns],
            output_config={"format": {"type": "json_schema", "schema": dict(ask.schema)}, **options},
        )  # fmt: skip
        return _reply(message, self._target)

    async def check(self) -> None:
        """The cheapest authenticated call."""
        models, model = self._client.models, self._target.model
        await self._asking.check(self._listed, lambda: models.retrieve(model), self._one_word)

    async def _listed(self) -> list[str]:
        page = await self._client.models.list(limit=1000)
        return [model.id for model in page.data]

    async def _one_word(self) -> None:
        turns = [{"role": "user", "content": "Say ok."}]
        await self._client.messages.create(model=self._target.model, max_tokens=16, messages=turns)


def _reply(message: Message, target: Target) -> Reply:
    tokens = _tokens(message)
    text = "".join(part.text for part in message.content or () if part.type == "text")
    if message.stop_reason == "refusal":
        raise CannotAsk("refusal", f"{target.model} declined to write about this plant.", used=tokens)
    if message.stop_reason in ("max_tokens", "model_context_window_exceeded"):
        raise CannotAsk(
            "truncated", f"The answer of {target.model} was cut off, and half a plan is none.", used=tokens
        )
    if message.stop_reason is None and not text:
        raise not_its_api(target)
    return Reply(text, tokens)


def _tokens(message: Message) -> Tokens:
    usage = message.usage
    if usage is None:
        return Tokens(0, 0)
    read = (usage.input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
    return Tokens(read + (usage.cache_read_input_tokens or 0), usage.output_tokens or 0)
