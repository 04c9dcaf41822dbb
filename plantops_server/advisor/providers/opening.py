"""Opening the provider that the settings name, for one conversation."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import httpx2

from plantops_api.wire import LlmProvider
from plantops_server.advisor.failures import CannotAsk
from plantops_server.advisor.providers.anthropic import Anthropic
from plantops_server.advisor.providers.compatible import Compatible
from plantops_server.advisor.providers.openai import OpenAI
from plantops_server.advisor.providers.protocol import Ask, Provider, Reply
from plantops_server.advisor.providers.reaching import http_client
from plantops_server.advisor.settings import Target
from plantops_server.reach import Resolve, resolve_host

__all__ = ["ALLOWANCE_S", "Ask", "Provider", "Reply", "installed", "opened"]

ALLOWANCE_S = 120.0
"""How long a plan may take altogether, repair round and waits included; then the rules write it."""

_SDKS: dict[LlmProvider, str] = {
    "anthropic": "anthropic", "openai": "openai", "openai-compatible": "openai",
}  # fmt: skip
_LATE: dict[str, tuple[str, ...]] = {
    "anthropic": ("messages", "models"), "openai": ("responses", "chat.completions", "models"),
}  # fmt: skip
_MAKERS: dict[LlmProvider, Callable[[ModuleType, httpx2.AsyncClient, Target, float], Provider]] = {
    "anthropic": Anthropic, "openai": OpenAI, "openai-compatible": Compatible,
}  # fmt: skip


def installed(provider: LlmProvider | None = None) -> bool:
    """Whether the SDK of a provider, or of all of them, is there: the extra ``plantops[llm]``."""
    return all(find_spec(name) for name in ([_SDKS[provider]] if provider else set(_SDKS.values())))


@asynccontextmanager
async def opened(
    target: Target, timeout_s: float, resolve: Resolve = resolve_host
) -> AsyncIterator[Provider]:
    """The provider, with connections of its own. Raises CannotAsk when its SDK is not installed."""
    if not installed(target.provider):
        raise CannotAsk(
            "not_installed",
            f"The SDK for {target.provider} is not installed on the server: pip install 'plantops[llm]', then start it"
            " again.",
        )
    http, provider = await asyncio.to_thread(_made, target, timeout_s, resolve)
    async with http:
        yield provider


def _made(target: Target, timeout_s: float, resolve: Resolve) -> tuple[httpx2.AsyncClient, Provider]:
    """Loading an SDK takes seconds and a TLS context tenths of one, so this runs beside the event loop."""
    name = _SDKS[target.provider]
    logging.getLogger(name).setLevel(logging.CRITICAL)  # its own log would show prompts
    sdk = import_module(name)
    for resource in _LATE[name]:
        import_module(f"{name}.resources.{resource}")  # else loaded by the first call, within the event loop
    http = http_client(trusted=target.trusted, timeout_s=timeout_s, resolve=resolve)
    return http, _MAKERS[target.provider](sdk, http, target, timeout_s)
