"""Servers that speak OpenAI's Chat Completions: Ollama, LM Studio, vLLM, gateways. Not all of them know schemas."""

from __future__ import annotations

import json
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx2

from plantops_server.advisor.failures import CannotAsk
from plantops_server.advisor.prices import Tokens
from plantops_server.advisor.providers.asking import Asking, not_its_api
from plantops_server.advisor.providers.protocol import Ask, Reply
from plantops_server.advisor.settings import Target

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion


class Compatible:
    """One model at one such server. Without a key no Authorization is sent."""

    def __init__(self, sdk: ModuleType, http: httpx2.AsyncClient, target: Target, timeout_s: float) -> None:
        self._target = target
        self._asking = Asking(sdk, target, timeout_s)
        self._client = sdk.AsyncOpenAI(
            api_key=target.key or "none", base_url=target.url, http_client=http, max_retries=0, timeout=timeout_s,
            organization="", project="",
        )  # fmt: skip
        self._limit = "max_tokens"
        self._extra: dict[str, Any] = {} if target.key else {"extra_headers": {"Authorization": sdk.Omit()}}

    async def write(self, ask: Ask) -> Reply:
        """Ask with the schema enforced, else for JSON with the schema in words, else in words alone."""
        schema = {"name": "care_plan", "strict": True, "schema": dict(ask.schema)}
        told = _in_words(ask)
        ways: list[tuple[Ask, dict[str, Any]]] = [
            (ask, {"response_format": {"type": "json_schema", "json_schema": schema}}),
            (told, {"response_format": {"type": "json_object"}}),
            (told, {}),
        ]
        for question, options in ways[:-1]:
            try:
                return await self._asked(question, options)
            except CannotAsk as failure:
                if failure.kind != "request_refused":
                    raise
        return await self._asked(*ways[-1])

    async def _asked(self, ask: Ask, options: dict[str, Any]) -> Reply:
        try:
            return await self._asking.call(lambda: self._written(ask, options))
        except CannotAsk as failure:
            if self._limit != "max_tokens" or "max_completion_tokens" not in str(failure):
                raise
            self._limit = "max_completion_tokens"  # what OpenAI's own newer models call it
            return await self._asking.call(lambda: self._written(ask, options))

    async def _written(self, ask: Ask, options: dict[str, Any]) -> Reply:
        turns = [("system", ask.system), *ask.turns]
        completion: ChatCompletion = await self._client.chat.completions.create(
            model=self._target.model, messages=[{"role": role, "content": text} for role, text in turns],
            **{self._limit: ask.most_tokens}, **self._extra, **options,
        )  # fmt: skip
        return _reply(completion, self._target)

    async def check(self) -> None:
        """The cheapest call; not every such server has a list of its models."""
        models, model, extra = self._client.models, self._target.model, self._extra
        await self._asking.check(self._listed, lambda: models.retrieve(model, **extra), self._one_word)

    async def _listed(self) -> list[str]:
        return [model.id for model in (await self._client.models.list(**self._extra)).data]

    async def _one_word(self) -> None:
        turns = [{"role": "user", "content": "Say ok."}]
        await self._client.chat.completions.create(
            model=self._target.model, max_tokens=16, messages=turns, **self._extra
        )


def _in_words(ask: Ask) -> Ask:
    words = (
        f"{ask.system}\n\nAnswer with one JSON object and nothing else. It follows this JSON schema:\n"
        f"{json.dumps(dict(ask.schema), separators=(',', ':'))}"
    )
    return Ask(words, ask.turns, ask.schema, ask.most_tokens)


def _reply(completion: ChatCompletion, target: Target) -> Reply:
    usage = completion.usage
    tokens = Tokens(usage.prompt_tokens, usage.completion_tokens) if usage else Tokens(0, 0)
    if not completion.choices:
        raise not_its_api(target)
    choice = completion.choices[0]
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise CannotAsk("refusal", f"{target.model} declined to write about this plant.", used=tokens)
    if choice.finish_reason == "length":
        raise CannotAsk(
            "truncated", f"The answer of {target.model} was cut off, and half a plan is none.", used=tokens
        )
    return Reply(choice.message.content or "", tokens)
