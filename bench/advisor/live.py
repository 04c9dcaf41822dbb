"""The golden plants before a real model: only when a key is in the environment, and never in tests."""

from __future__ import annotations

from collections.abc import Mapping

from bench.advisor.cases import CASES
from bench.advisor.measure import Score
from plantops_api.wire import LlmProvider, PlanData
from plantops_server.advisor import answer, grounding, prompt
from plantops_server.advisor.prices import Tokens
from plantops_server.advisor.providers import Ask, Provider, opened
from plantops_server.advisor.providers.protocol import Turn
from plantops_server.advisor.settings import Target
from plantops_server.advisor.sheet import FactSheet
from plantops_server.reach import resolve_host

_TIMEOUT_S = 60.0
_VENDORS: dict[LlmProvider, tuple[str, str, str, str]] = {
    "anthropic": ("ANTHROPIC_API_KEY", "https://api.anthropic.com", "api.anthropic.com", "claude-haiku-5-5"),
    "openai": ("OPENAI_API_KEY", "https://api.openai.com/v1", "api.openai.com", "gpt-6-luna"),
}
"""By provider: the variable with the key, address, host, and the cheapest model."""


def targets(environ: Mapping[str, str], model: str | None) -> list[Target]:
    """The models that may be asked: those whose key is in the environment."""
    return [
        Target(provider, model or cheapest, url, host, trusted=True, key=environ[variable])
        for provider, (variable, url, host, cheapest) in _VENDORS.items()
        if environ.get(variable)
    ]


async def of_model(target: Target, most: int) -> tuple[Score, Tokens]:
    """What a model makes of the first golden plants, after the same check and repair that the server gives it."""
    score, tokens = Score(), Tokens(0, 0)
    async with opened(target, _TIMEOUT_S, resolve_host) as provider:
        for golden in CASES[:most]:
            sheet = golden.pot.sheet()
            plan, took = await _asked(provider, sheet)
            tokens = tokens.plus(took)
            if plan is None:
                score.faults.append(f"{golden.name}: no plan")
            else:
                score.mark(golden, grounding.check(plan, sheet))
    return score, tokens


async def _asked(provider: Provider, sheet: FactSheet) -> tuple[PlanData | None, Tokens]:
    turns: list[Turn] = [("user", prompt.question(sheet))]
    tokens, plan = Tokens(0, 0), None
    for _ in range(2):
        reply = await provider.write(Ask(prompt.SYSTEM, turns, answer.SCHEMA, answer.MOST_TOKENS))
        tokens = tokens.plus(reply.tokens)
        try:
            plan = answer.read(reply.text)
            faults = grounding.problems(plan, sheet)
        except answer.InvalidAnswer as fault:
            faults = [str(fault)]
        if not faults:
            break
        turns += [("assistant", reply.text), ("user", prompt.repair(faults))]
    return plan, tokens
