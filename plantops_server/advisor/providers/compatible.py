"""Servers that speak OpenAI's Chat Completions: Ollama, LM Studio, vLLM, gateways. Not all of them know schemas."""

from __future__ import annotations

import json
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx2

from plantops_server.advisor.failures import CannotAsk
from plantops_server.advisor.prices import Tokens
from plantops_server.advisor.providers.asking import Asking, not_its_api
from plantops_server.advisor.providers.openai import check_list
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
            organization="", project="", default_headers={} if target.key else {"Authorization": sdk.Omit()},
        )  # fmt: skip

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
                return await self._written(question, options)
            except CannotAsk as failure:
                if failure.kind != "request_refused":
                    raise
        return await self._written(*ways[-1])

    async def _written(self, ask: Ask, options: dict[str, Any]) -> Reply:
        completion = await self._asking.call(lambda: self._create(ask, options))
        return _reply(completion, self._target)

    async def _create(self, ask: Ask, options: dict[str, Any]) -> ChatCompletion:
        turns = [("system", ask.system), *ask.turns]
        answer: ChatCompletion = await self._client.chat.completions.create(
            model=self._target.model, max_tokens=ask.most_tokens,
            messages=[{"role": role, "content": text} for role, text in turns], **options,
        )  # fmt: skip
        return answer

    async def check(self) -> None:
        """List the models and look for ours; where there is no list, have the model say one word."""
        try:
            await check_list(self._asking, self._client, self._target)
        except CannotAsk as failure:
            # A 404 of the list itself reads like one of the model; only the model can tell.
            if failure.kind not in ("unknown_model", "request_refused") or " It has " in str(failure):
                raise
            await self._asking.call(lambda: self._create(Ask("", [("user", "Say ok.")], {}, 16), {}))


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
