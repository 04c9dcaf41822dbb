"""The care advisor: from a plant's id to its plan, by a model where one may be asked, by the rules where not.

Whatever goes wrong with the model, a plan comes: the rules write it, and say why. Callers for one plant share one
piece of work, which is stopped when the last of them leaves. No model is asked within a transaction.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from time import monotonic
from typing import TypeAlias
from urllib.parse import urlsplit

import structlog

from plantops_api import wire
from plantops_server.advisor import answer, budget, plans, prices, prompt, rules, settings
from plantops_server.advisor.consultation import Consultation, Means, Tell, most_usd, target_of
from plantops_server.advisor.failures import CannotAsk
from plantops_server.advisor.job import Job
from plantops_server.advisor.plans import Origin
from plantops_server.advisor.prices import Tokens
from plantops_server.advisor.providers import installed, opened
from plantops_server.advisor.providers.reaching import Forbidden, UnknownHost, checked
from plantops_server.advisor.settings import Stored
from plantops_server.advisor.sheet import FactSheet
from plantops_server.errors import InvalidInput
from plantops_server.reach import Resolve, resolve_host
from plantops_server.store.database import Connection, Database
from plantops_server.store.vault import Vault

Facts: TypeAlias = Callable[[Connection, str, datetime, tzinfo], Awaitable[FactSheet]]
"""The read model of what the advisor may know; it sits above this subject and is handed in."""

TEST_S = 10.0
"""How long the test of the settings waits."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What would be sent, and why it would not be."""

    sheet: FactSheet
    stored: Stored
    question: str
    sent_tokens: int
    reason: str | None
    """Why the rules would write the plan; None: the model would."""

    @property
    def inputs_hash(self) -> str:
        """Equal facts have equal hashes."""
        return prompt.inputs_hash(self.sheet)

    @property
    def estimate_usd(self) -> float | None:
        """About what it would cost; None when the price is not known."""
        price = self.stored.price
        if price is None:
            return None
        return prices.cost_usd(price, Tokens(self.sent_tokens, answer.USUAL_TOKENS))


class Advisor:
    """The advisor of one process. ``facts`` makes the sheet of a plant; ``zone`` is where days begin."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        facts: Facts,
        *,
        clock: Callable[[], datetime],
        zone: tzinfo,
        timeout_s: float = 30.0,
        resolve: Resolve = resolve_host,
    ) -> None:
        self._means = Means(db, vault, clock, zone, timeout_s, resolve)
        self._facts = facts
        self._jobs: dict[str, Job] = {}

    # --- plans ------------------------------------------------------------------------------------------

    async def analyze(self, plant_id: str, *, force: bool = False) -> wire.CarePlan:
        """The plan of a plant, written anew unless nothing changed since the current one.

        Raises PlantNotFound, and Unavailable when the server stops meanwhile.
        """
        async with aclosing(self.follow(plant_id, force=force)) as told:
            async for item in told:
                if isinstance(item, wire.CarePlan):
                    return item
        raise AssertionError("follow ends with a plan or an error")

    async def follow(
        self, plant_id: str, *, force: bool = False
    ) -> AsyncGenerator[wire.CareProgress | wire.CarePlan, None]:
        """``analyze`` that says how far it is; the plan comes last. Closing it early is leaving."""
        while True:
            job = self._join(plant_id, force)
            try:
                async with aclosing(job.progress()) as told:
                    async for progress in told:
                        yield progress
                plan = job.plan()
            finally:
                self._leave(plant_id, job)
            if not (force and plan.cached):  # else it was somebody's who did not insist
                yield plan
                return

    def close(self) -> None:
        """Stop all work; whoever waits gets Unavailable."""
        for job in self._jobs.values():
            job.task.cancel()

    def _join(self, plant_id: str, force: bool) -> Job:
        job = self._jobs.get(plant_id)
        if job is None:
            job = Job(f"care plan of {plant_id}", partial(self._write, plant_id, force))
            self._jobs[plant_id] = job
        job.waiters += 1
        return job

    def _leave(self, plant_id: str, job: Job) -> None:
        job.waiters -= 1
        if job.waiters == 0:
            job.task.cancel()  # does nothing to a finished one
        if (job.waiters == 0 or job.task.done()) and self._jobs.get(plant_id) is job:
            del self._jobs[plant_id]

    async def _write(self, plant_id: str, force: bool, tell: Tell) -> wire.CarePlan:
        tell("facts", "Gathering what is known of the plant")
        async with self._means.db.connection() as conn:
            prepared = await self._prepare(conn, plant_id)
            current = await plans.newest(conn, plant_id)
        if current is not None and not force and _still_holds(current, prepared):
            return current.model_copy(update={"cached": True})
        plan, origin = await self._written(prepared, tell)
        async with self._means.db.transaction() as conn:
            saved = await plans.save(conn, prepared.sheet, plan, origin, self._means.clock())
        tell("done", "The plan is written")
        return saved

    async def _written(self, prepared: Prepared, tell: Tell) -> tuple[wire.PlanData, Origin]:
        stored, sheet, reason = prepared.stored, prepared.sheet, prepared.reason
        if reason is None:
            try:
                written = await Consultation(self._means, stored, sheet, tell).plan()
            except CannotAsk as failure:
                log.warning(
                    "no plan of the model", kind=failure.kind, reason=str(failure), plant=sheet.plant_id
                )
                reason = str(failure)
            else:
                return written.plan, Origin(
                    stored.provider or "", None, stored.model, prompt.PROMPT_VERSION, prepared.inputs_hash,
                    written.tokens, written.cost_usd,
                )  # fmt: skip
        tell("checking", "The rules write the plan")
        return rules.rules_plan(sheet), Origin("rules", reason, inputs_hash=prepared.inputs_hash)

    async def preview(self, plant_id: str) -> wire.AdvisorPreview:
        """Exactly what ``analyze`` would send, and to whom; nothing is sent. Raises PlantNotFound."""
        async with self._means.db.connection() as conn:
            prepared = await self._prepare(conn, plant_id)
        asks, stored, sheet = prepared.reason is None, prepared.stored, prepared.sheet
        return wire.AdvisorPreview(
            plant_id=plant_id, source=stored.provider or "rules" if asks else "rules", source_reason=prepared.reason,
            host=stored.host if asks else None, model=stored.model if asks else None,
            prompt_version=prompt.PROMPT_VERSION, system=prompt.SYSTEM, prompt=prepared.question,
            facts=list(sheet.facts), inputs_hash=prepared.inputs_hash, size_bytes=sheet.size_bytes,
            tokens_estimate=prepared.sent_tokens, cost_estimate_usd=prepared.estimate_usd if asks else 0,
        )  # fmt: skip

    async def _prepare(self, conn: Connection, plant_id: str) -> Prepared:
        means, now = self._means, self._means.clock()
        sheet = await self._facts(conn, plant_id, now, means.zone)
        stored = await settings.load(conn)
        question = prompt.question(sheet)
        tokens = prompt.tokens_of(question)
        reason = self._reason_against(stored) or budget.reason_against(
            stored, await budget.spent(conn, now, means.zone), most_usd(stored, tokens)
        )
        return Prepared(sheet, stored, question, tokens, reason)

    def _reason_against(self, stored: Stored) -> str | None:
        try:
            target = target_of(stored, self._means.vault)
        except CannotAsk as failure:
            return str(failure)
        if not installed(target.provider):
            return "The language models' SDKs are not installed on the server (pip install 'plantops[llm]')."
        return None

    # --- settings ---------------------------------------------------------------------------------------

    async def shown(self) -> wire.LlmSettings:
        """The settings as people may see them, and what was spent."""
        means = self._means
        async with means.db.connection() as conn:
            stored = await settings.load(conn)
            gone = await budget.spent(conn, means.clock(), means.zone)
        key = stored.key
        return wire.LlmSettings(
            provider=stored.provider, model=stored.model, base_url=stored.base_url, configured=stored.configured,
            installed=installed(stored.provider), api_key_masked=key.masked if key else None,
            key_host=key.host if key else None, daily_cap_usd=stored.daily_cap_usd,
            monthly_cap_usd=stored.monthly_cap_usd, spent_today_usd=round(gone.today, 6),
            spent_month_usd=round(gone.month, 6), prices=dict(stored.prices), models=list(prices.MODELS),
            prices_as_of=prices.PRICES_AS_OF,
        )  # fmt: skip

    async def choose(self, body: wire.LlmSettingsBody) -> wire.LlmSettings:
        """Choose another model. Raises InvalidInput for an address or a key that cannot be one."""
        await self._check_address(settings.checked_url(body.provider, body.base_url))
        async with self._means.db.transaction() as conn:
            stored = await settings.replace(conn, body, self._means.vault)
        log.info("another language model", provider=stored.provider, model=stored.model, host=stored.host)
        return await self.shown()

    async def forget(self) -> None:
        """Forget provider, model and key."""
        async with self._means.db.transaction() as conn:
            await settings.forget(conn)
        log.info("the language model is forgotten")

    async def test(self) -> wire.LlmTest:
        """Make the cheapest authenticated call, and tell what really came back."""
        async with self._means.db.connection() as conn:
            stored = await settings.load(conn)
        begun = monotonic()
        try:
            target = target_of(stored, self._means.vault)
            async with opened(target, TEST_S, self._means.resolve) as provider:
                begun = monotonic()
                await provider.check()
        except CannotAsk as failure:
            return wire.LlmTest(ok=False, provider=stored.provider, model=stored.model, error=str(failure))
        waited_ms = round((monotonic() - begun) * 1000)
        return wire.LlmTest(ok=True, provider=stored.provider, model=stored.model, latency_ms=waited_ms)

    async def _check_address(self, url: str | None) -> None:
        """Refuse at once what every call would refuse; a name that has no address now may have one later."""
        if url is None:
            return
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            await checked(parts.hostname or "", port, parts.scheme, self._means.resolve)
        except UnknownHost:
            return
        except Forbidden as problem:
            raise InvalidInput(problem=f"base_url: {problem}") from None


def _still_holds(current: wire.CarePlan, prepared: Prepared) -> bool:
    """Whether asking again would ask the same: the same facts, and the same one would write."""
    if current.inputs_hash != prepared.inputs_hash:
        return False
    if prepared.reason is not None:
        return current.source == "rules" and current.source_reason == prepared.reason
    stored = prepared.stored
    return (current.source, current.model, current.prompt_version) == (
        stored.provider, stored.model, prompt.PROMPT_VERSION,
    )  # fmt: skip
