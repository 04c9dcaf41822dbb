"""Consulting a model about one plant: ask, compare the answer with the facts by code, have it mended once, count it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal, NamedTuple, TypeAlias

from prometheus_client import Counter

from plantops_api import wire
from plantops_server.advisor import answer, budget, grounding, prompt
from plantops_server.advisor.failures import MAYBE_BILLED, CannotAsk
from plantops_server.advisor.prices import Tokens, cost_usd, estimate_tokens
from plantops_server.advisor.providers import ALLOWANCE_S, Ask, Provider, opened
from plantops_server.advisor.providers.protocol import Turn
from plantops_server.advisor.settings import Stored, Target
from plantops_server.advisor.sheet import FactSheet
from plantops_server.errors import WrongSecretKey
from plantops_server.reach import Resolve
from plantops_server.store.database import Database
from plantops_server.store.vault import Vault

Stage: TypeAlias = Literal["facts", "asking", "writing", "checking", "repairing", "done"]
Tell: TypeAlias = Callable[[Stage, str], None]

TICK_S = 2.0
"""How often a person who waits hears that the model still writes."""

_COST = Counter(
    "plantops_llm_cost_usd_total", "What language models cost, in US dollars; unknown prices count as the dearest.",
    ["provider", "model"],
)  # fmt: skip
_CALLS = Counter("plantops_llm_calls_total", "Calls to language models, by outcome.", ["provider", "outcome"])


@dataclass(frozen=True, slots=True)
class Means:
    """What a consultation works with."""

    db: Database
    vault: Vault
    clock: Callable[[], datetime]
    zone: tzinfo
    timeout_s: float
    resolve: Resolve


class Written(NamedTuple):
    """A plan that was compared with the facts, and what it took."""

    plan: wire.PlanData
    tokens: Tokens
    cost_usd: float | None


class Consultation:
    """One model, one plant, at most two questions."""

    def __init__(self, means: Means, stored: Stored, sheet: FactSheet, tell: Tell) -> None:
        self._means, self._stored, self._sheet, self._tell = means, stored, sheet, tell
        self._tokens = Tokens(0, 0)

    async def plan(self) -> Written:
        """The model's plan. Raises CannotAsk when there is none."""
        target = target_of(self._stored, self._means.vault)
        try:
            async with (
                asyncio.timeout(ALLOWANCE_S),
                opened(target, self._means.timeout_s, self._means.resolve) as provider,
            ):
                plan = await self._answered(provider, target)
        except TimeoutError:
            raise CannotAsk(
                "timeout", f"{target.host} did not come to an end within {ALLOWANCE_S:g} s. Try again later."
            ) from None
        price = self._stored.price
        cost = None if price is None else cost_usd(price, self._tokens)
        return Written(grounding.check(plan, self._sheet), self._tokens, cost)

    async def _answered(self, provider: Provider, target: Target) -> wire.PlanData:
        turns: list[Turn] = [("user", prompt.question(self._sheet))]
        self._tell("asking", f"Asking {target.model} at {target.host}")
        text = await self._asked(provider, turns)
        first, faults = self._read(text)
        if not faults and first is not None:
            return first
        self._tell("repairing", f"Having {target.model} mend {_counted(faults)}")
        turns += [("assistant", text or "(nothing)"), ("user", prompt.repair(faults))]
        try:
            second, left = self._read(await self._asked(provider, turns))
        except CannotAsk:
            if first is None:
                raise
            return first
        if second is not None and (first is None or len(left) <= len(faults)):
            return second
        if first is not None:
            return first
        raise CannotAsk(
            "invalid_answer",
            f"{target.model} answered twice with something that is no care plan ({left[0]}).",
        )

    def _read(self, text: str) -> tuple[wire.PlanData | None, list[str]]:
        """The plan in an answer, and what is wrong with it; no plan has at least one fault."""
        self._tell("checking", "Comparing the answer with the facts")
        try:
            plan = answer.read(text)
        except answer.InvalidAnswer as fault:
            return None, [str(fault)]
        return plan, grounding.problems(plan, self._sheet)

    async def _asked(self, provider: Provider, turns: Sequence[Turn]) -> str:
        """The text of one answer; its cost is set aside before and settled after. Raises CannotAsk."""
        stored, means = self._stored, self._means
        ask = Ask(prompt.SYSTEM, list(turns), answer.SCHEMA, answer.MOST_TOKENS)
        sent = prompt.tokens_of("".join(text for _, text in turns))
        async with means.db.transaction() as conn:
            most = most_usd(stored, sent)
            number = await budget.reserve(conn, stored, self._sheet.plant_id, most, means.clock(), means.zone)
        try:
            async with _told_meanwhile(self._tell):
                reply = await provider.write(ask)
        except CannotAsk as failure:
            await self._settle(number, failure.used or Tokens(0, 0), failure.kind)
            raise
        # A server that counts nothing is taken to have read and written about what we sent and got.
        counted = any(reply.tokens)
        tokens = reply.tokens if counted else Tokens(sent, estimate_tokens(reply.text))
        await self._settle(number, tokens, "ok")
        return reply.text

    async def _settle(self, number: int, tokens: Tokens, outcome: str) -> None:
        """Write down what a call cost. One that is cancelled stays unsettled: nobody knows what it cost."""
        stored = self._stored
        usd = None if outcome in MAYBE_BILLED else cost_usd(stored.counted_price, tokens)
        self._tokens = self._tokens.plus(tokens)
        async with self._means.db.transaction() as conn:
            await budget.settle(conn, number, usd, tokens, outcome)
        _COST.labels(provider=stored.provider, model=stored.model).inc(usd or 0)
        _CALLS.labels(provider=stored.provider, outcome=outcome).inc()


def target_of(stored: Stored, vault: Vault) -> Target:
    """Whom to ask, with the key. Raises CannotAsk, also when the key cannot be unsealed."""
    try:
        return stored.target(vault)
    except WrongSecretKey as error:
        raise CannotAsk("wrong_secret_key", str(error)) from None


def most_usd(stored: Stored, sent_tokens: int) -> float:
    """The most that one question can cost; the estimate of what is read gets a quarter on top."""
    return cost_usd(stored.counted_price, Tokens(round(sent_tokens * 1.25), answer.MOST_TOKENS))


@asynccontextmanager
async def _told_meanwhile(tell: Tell) -> AsyncIterator[None]:
    async def tick() -> None:
        waited = 0.0
        while True:
            await asyncio.sleep(TICK_S)
            waited += TICK_S
            tell("writing", f"The model has been at it for {waited:.0f} s")

    ticking = asyncio.create_task(tick(), name="progress of a care plan")
    try:
        yield
    finally:
        ticking.cancel()


def _counted(faults: Sequence[str]) -> str:
    return "one fault" if len(faults) == 1 else f"{len(faults)} faults"
