"""What models cost: a shipped, dated table, and a person's own prices before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from plantops_api.wire import LlmModel, LlmPrice, LlmProvider

PRICES_AS_OF = "2026-11-24"
"""When the table below was put together. Prices change: ``prices`` of the settings comes before it."""

_TABLE: tuple[tuple[LlmProvider, str, float, float], ...] = (
    # US dollars per million tokens, input and output, without the rates for prompts beyond 100,000 tokens.
    # platform.claude.com/docs/about-claude/pricing
    ("anthropic", "claude-haiku-5-5", 0.10, 0.50),
    ("anthropic", "claude-sonnet-5-5", 2.00, 10.00),
    ("anthropic", "claude-opus-5-5", 4.00, 20.00),
    ("anthropic", "claude-fable-5-1", 10.00, 50.00),
    ("anthropic", "claude-haiku-4-5", 1.00, 5.00),
    ("anthropic", "claude-sonnet-5", 2.00, 10.00),
    ("anthropic", "claude-opus-5", 5.00, 25.00),
    # The two Luna rows are OpenAI's own word; the others were told by third parties and are not confirmed.
    ("openai", "gpt-6-luna", 0.10, 0.50),
    ("openai", "gpt-6.1-sol", 2.00, 10.00),
    ("openai", "gpt-6-sol", 2.00, 10.00),
    ("openai", "gpt-5.6-luna", 0.20, 1.20),
    ("openai", "gpt-5.5", 5.00, 30.00),
    ("openai", "gpt-5.4", 2.50, 15.00),
    ("openai", "gpt-5.4-mini", 0.75, 4.50),
    ("openai", "gpt-5.4-nano", 0.20, 1.25),
)

MODELS: tuple[LlmModel, ...] = tuple(
    LlmModel(id=model, provider=provider, input_usd=read, output_usd=written)
    for provider, model, read, written in _TABLE
)
"""The models that the table knows; any other may be named, too."""

DEAREST = LlmPrice(
    input_usd=max(model.input_usd for model in MODELS), output_usd=max(model.output_usd for model in MODELS)
)
"""What a model of unknown price counts as towards a cap, so that the cap holds all the same."""

_SNAPSHOT = re.compile(r"[-@](\d{8}|\d{4}-\d{2}-\d{2}|latest)$")


class Tokens(NamedTuple):
    """Tokens that were read and written."""

    read: int
    written: int

    def plus(self, more: Tokens) -> Tokens:
        """The sum of both."""
        return Tokens(self.read + more.read, self.written + more.written)


def price_of(model: str, own: Mapping[str, LlmPrice]) -> LlmPrice | None:
    """The price of a model or of the dated snapshot of one; None when nobody knows it."""
    for name in (model, _SNAPSHOT.sub("", model)):
        if name in own:
            return own[name]
        for known in MODELS:
            if known.id == name:
                return LlmPrice(input_usd=known.input_usd, output_usd=known.output_usd)
    return None


def cost_usd(price: LlmPrice, tokens: Tokens) -> float:
    """What these tokens cost in US dollars."""
    return (tokens.read * price.input_usd + tokens.written * price.output_usd) / 1_000_000


def estimate_tokens(text: str) -> int:
    """About how many tokens a text is: one in 3.5 bytes, which overstates English and understates few scripts."""
    return round(len(text.encode()) / 3.5)
