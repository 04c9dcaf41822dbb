"""OpenAI's Responses API through its SDK."""

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
    from openai.types.responses import Response


class OpenAI:
    """One model at OpenAI, or at a server that speaks its Responses API."""

    def __init__(self, sdk: ModuleType, http: httpx2.AsyncClient, target: Target, timeout_s: float) -> None:
        self._target = target
        self._asking = Asking(sdk, target, timeout_s)
        self._client = sdk.AsyncOpenAI(
            api_key=target.key, base_url=target.url, http_client=http, max_retries=0, timeout=timeout_s,
            organization="", project="",  # else taken from the environment of whoever started the server
        )  # fmt: skip

    async def write(self, ask: Ask) -> Reply:
        """Ask with little effort, since a plan needs little thought; a model that knows no effort is asked without."""
        try:
            return await self._asking.call(lambda: self._written(ask, {"reasoning": {"effort": "low"}}))
        except CannotAsk as failure:
            if failure.kind != "request_refused" or "reasoning" not in str(failure):
                raise
            return await self._asking.call(lambda: self._written(ask, {}))

    async def _written(self, ask: Ask, options: dict[str, Any]) -> Reply:
        schema = {"type": "json_schema", "name": "care_plan", "strict": True, "schema": dict(ask.schema)}
        response: Response = await self._client.responses.create(
            model=self._target.model, instructions=ask.system, max_output_tokens=ask.most_tokens, store=False,
            input=[{"role": role, "content": text} for role, text in ask.turns],
            text={"format": schema}, **options,
        )  # fmt: skip
        return _reply(response, self._target)

    async def check(self) -> None:
        """The cheapest authenticated call."""
        models, model = self._client.models, self._target.model
        await self._asking.check(self._listed, lambda: models.retrieve(model), self._one_word)

    async def _listed(self) -> list[str]:
        return [model.id for model in (await self._client.models.list()).data]

    async def _one_word(self) -> None:
        await self._client.responses.create(model=self._target.model, input="Say ok.", max_output_tokens=16)


def _reply(response: Response, target: Target) -> Reply:
    usage = response.usage
    tokens = Tokens(usage.input_tokens, usage.output_tokens) if usage else Tokens(0, 0)
    parts = [part for item in response.output or () if item.type == "message" for part in item.content]
    if any(part.type == "refusal" for part in parts) or _cut_by(response) == "content_filter":
        raise CannotAsk("refusal", f"{target.model} declined to write about this plant.", used=tokens)
    if response.status == "incomplete":
        raise CannotAsk(
            "truncated", f"The answer of {target.model} was cut off, and half a plan is none.", used=tokens
        )
    text = "".join(part.text for part in parts if part.type == "output_text")
    if response.status is None and not text:
        raise not_its_api(target)
    return Reply(text, tokens)


def _cut_by(response: Response) -> str | None:
    details = response.incomplete_details
    return details.reason if response.status == "incomplete" and details is not None else None
