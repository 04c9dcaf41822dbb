"""The caps hold: whatever models write, however many ask at once, and also when nobody knows what a call cost."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from plantops_server.advisor import budget
from plantops_server.advisor.failures import CannotAsk
from plantops_server.advisor.prices import Tokens, cost_usd, price_of
from plantops_server.advisor.settings import Stored
from plantops_server.store.database import Database
from tests import fake_vendors as fake
from tests.advisor.greenhouse import Greenhouse, greenhouse
from tests.facts.conftest import NOW

__all__ = ["greenhouse"]


async def reserved(db: Database, stored: Stored, usd: float, now: datetime = NOW, zone: str = "UTC") -> int:
    async with db.transaction() as conn:
        return await budget.reserve(conn, stored, "plt_a", usd, now, ZoneInfo(zone))


async def test_of_many_at_once_only_as_many_get_through_as_the_cap_pays(db: Database) -> None:
    stored = Stored(provider="anthropic", model="m", daily_cap_usd=0.5)

    found = await asyncio.gather(*(reserved(db, stored, 0.1) for _ in range(20)), return_exceptions=True)

    assert len([number for number in found if isinstance(number, int)]) == 5
    refused = [error for error in found if isinstance(error, CannotAsk)]
    assert len(refused) == 15
    assert "daily cap of $0.50 does not allow it: $0.50 are spent" in str(refused[0])


async def test_what_a_call_did_cost_takes_the_place_of_what_was_set_aside(db: Database) -> None:
    stored = Stored(provider="anthropic", model="m", daily_cap_usd=0.5)
    number = await reserved(db, stored, 0.4)
    with pytest.raises(CannotAsk):
        await reserved(db, stored, 0.2)
    async with db.transaction() as conn:
        await budget.settle(conn, number, 0.1, Tokens(10, 20), "ok")
    await reserved(db, stored, 0.2)
    async with db.connection() as conn:
        assert (await budget.spent(conn, NOW, UTC)).today == pytest.approx(0.3)


async def test_a_day_and_a_month_are_those_of_the_place(db: Database) -> None:
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # already December in Berlin
    stored = Stored(provider="anthropic", model="m", daily_cap_usd=1, monthly_cap_usd=1.5)
    await reserved(db, stored, 1, late - timedelta(hours=1), "Europe/Berlin")
    await reserved(db, stored, 1, late, "Europe/Berlin")
    with pytest.raises(CannotAsk, match="daily"):
        await reserved(db, stored, 0.1, late, "Europe/Berlin")
    with pytest.raises(CannotAsk, match=r"monthly cap of \$1.50 .* next month"):
        await reserved(db, stored, 0.6, late + timedelta(days=2), "Europe/Berlin")


async def test_a_cap_of_nothing_asks_nobody_not_even_a_free_model(greenhouse: Greenhouse) -> None:
    for provider in ("anthropic", "openai-compatible"):
        await greenhouse.choose(provider, daily_cap_usd=0)
        plan = await greenhouse.analyze()
        assert (plan.source, "cap is $0" in str(plan.source_reason)) == ("rules", True)
        preview = await greenhouse.answer("GET", "/api/plants/plt_a/advisor-preview")
        assert (preview["source"], preview["host"], preview["source_reason"]) == (
            "rules",
            None,
            plan.source_reason,
        )
    assert not greenhouse.vendors.requests


async def test_the_cap_is_reached_then_the_rules_write_and_the_next_day_the_model_does(
    greenhouse: Greenhouse,
) -> None:
    own = {"claude-haiku-5-5": {"input_usd": 10, "output_usd": 50}}
    await greenhouse.choose(daily_cap_usd=0.4, prices=own)  # a plan may cost 0.34, and does cost 0.045
    sources = [(await greenhouse.analyze(force=True)).source for _ in range(4)]
    assert sources == ["anthropic", "anthropic", "rules", "rules"]
    assert len(greenhouse.vendors.questions) == 2
    shown = await greenhouse.answer("GET", "/api/settings/llm")
    assert shown["spent_today_usd"] == shown["spent_month_usd"] == pytest.approx(0.09)
    greenhouse.doors.clock.advance(days=1)
    assert (await greenhouse.analyze()).source == "anthropic"


async def test_failures_that_cost_nothing_count_for_nothing_and_a_timeout_counts_in_full(
    greenhouse: Greenhouse,
) -> None:
    await greenhouse.choose(daily_cap_usd=1)
    for outcome in (fake.UNAUTHORIZED, fake.NO_CREDIT, fake.UNKNOWN_MODEL):
        greenhouse.vendors.script(outcome)
        await greenhouse.analyze(force=True)
    assert (await greenhouse.answer("GET", "/api/settings/llm"))["spent_today_usd"] == 0
    object.__setattr__(greenhouse.doors.house.advisor._means, "timeout_s", 0.5)
    greenhouse.vendors.script(fake.hang(3))
    await greenhouse.analyze(force=True)
    (row,) = await greenhouse.rows(
        "SELECT *, cost_usd = reserved_usd AS whole FROM llm_calls WHERE outcome = 'timeout'"
    )
    assert row["whole"]
    assert (await greenhouse.answer("GET", "/api/settings/llm"))["spent_today_usd"] > 0.003


async def test_an_unknown_price_counts_as_the_dearest_and_is_not_shown_as_known(
    greenhouse: Greenhouse,
) -> None:
    await greenhouse.choose(model="brand-new", daily_cap_usd=0.5)
    plan = await greenhouse.analyze()
    assert (plan.source, plan.cost_usd) == ("anthropic", None)
    assert (await greenhouse.answer("GET", "/api/settings/llm"))["spent_today_usd"] == pytest.approx(0.045)
    assert (await greenhouse.analyze(force=True)).source == "anthropic"
    assert (await greenhouse.analyze(force=True)).source == "anthropic"
    await greenhouse.choose(model="brand-new", daily_cap_usd=0.3)
    assert (await greenhouse.analyze(force=True)).source == "rules"


def test_the_table_knows_snapshots_and_ones_own_prices_come_first() -> None:
    snapshot = price_of("claude-haiku-5-5-20261007", {})
    assert snapshot is not None
    assert snapshot == price_of("claude-haiku-5-5", {})
    assert price_of("gpt-5.4-2026-03-05", {}) == price_of("gpt-5.4", {})
    assert price_of("something", {}) is None
    assert cost_usd(snapshot, Tokens(1_000_000, 1_000_000)) == pytest.approx(0.6)
    own = {"claude-haiku-5-5": snapshot.model_copy(update={"input_usd": 7.0})}
    assert price_of("claude-haiku-5-5", own) == own["claude-haiku-5-5"]
