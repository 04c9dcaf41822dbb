"""Care plans as they are kept: the newest of a plant is the current one, the others are its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from plantops_api import wire
from plantops_server.advisor.prices import Tokens
from plantops_server.advisor.sheet import FactSheet
from plantops_server.errors import CarePlanNotFound, CarePlanUnknown
from plantops_server.store import bell
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__ or "", "plans.sql")


@dataclass(frozen=True, slots=True)
class Origin:
    """Who wrote a plan, and from what. ``source`` is a provider or ``rules``, which then have a ``reason``."""

    source: str
    reason: str | None = None
    model: str | None = None
    prompt_version: str | None = None
    inputs_hash: str | None = None
    tokens: Tokens | None = None
    cost_usd: float | None = None


async def save(
    conn: Connection, sheet: FactSheet, plan: wire.PlanData, origin: Origin, now: datetime
) -> wire.CarePlan:
    """Make ``plan`` the current one of its plant, with the facts that it cites, and ring the bell."""
    tokens = origin.tokens
    values = {
        "plant_id": sheet.plant_id, "plan_data": _json(plan), "generated_at": now, "source": origin.source,
        "facts": Jsonb([fact.model_dump(mode="json") for fact in sheet.cited(cited_ids(plan))]),
        "source_reason": origin.reason, "model": origin.model, "prompt_version": origin.prompt_version,
        "inputs_hash": origin.inputs_hash, "cost_usd": origin.cost_usd,
        "tokens_in": tokens.read if tokens else None, "tokens_out": tokens.written if tokens else None,
    }  # fmt: skip
    row = await (await conn.execute(_SQL["insert"], values)).fetchone()
    assert row is not None, "INSERT .. RETURNING gives a row"  # noqa: S101
    await bell.ring(conn, "care_plan", [sheet.plant_id])
    return _plan(row)


async def newest(conn: Connection, plant_id: str) -> wire.CarePlan | None:
    """The current plan of a plant, if there is one."""
    row = await (await conn.execute(_SQL["current"], {"plant_id": plant_id})).fetchone()
    return None if row is None else _plan(row)


async def current(conn: Connection, plant_id: str) -> wire.CarePlan:
    """The current plan of a plant. Raises CarePlanNotFound when none was written yet."""
    plan = await newest(conn, plant_id)
    if plan is None:
        raise CarePlanNotFound(id=plant_id)
    return plan


async def history(
    conn: Connection, plant_id: str, limit: int, before: int | None, q: str | None
) -> list[wire.CarePlan]:
    """Plans of a plant, the newest first, older than the plan ``before``; ``q`` searches their texts."""
    values = {"plant_id": plant_id, "limit": limit, "before": before, "q": q}
    return [_plan(row) for row in await (await conn.execute(_SQL["history"], values)).fetchall()]


async def locked(conn: Connection, plan_id: int) -> wire.CarePlan:
    """A plan that nobody else decides about meanwhile. Raises CarePlanUnknown."""
    return await _one(conn, "lock", {"id": plan_id})


async def by_id(conn: Connection, plan_id: int) -> wire.CarePlan:
    """A plan. Raises CarePlanUnknown."""
    return await _one(conn, "by_id", {"id": plan_id})


async def set_feedback(conn: Connection, plan_id: int, feedback: wire.Feedback | None) -> wire.CarePlan:
    """Keep whether a plan helped. Raises CarePlanUnknown."""
    plan = await _one(conn, "set_feedback", {"id": plan_id, "feedback": feedback})
    await bell.ring(conn, "care_plan", [plan.plant_id])
    return plan


async def set_plan_data(conn: Connection, plan: wire.CarePlan) -> wire.CarePlan:
    """Keep the decisions in ``plan.plan_data``."""
    kept = await _one(conn, "set_plan_data", {"id": plan.id, "plan_data": _json(plan.plan_data)})
    await bell.ring(conn, "care_plan", [plan.plant_id])
    return kept


def cited_ids(plan: wire.PlanData) -> list[str]:
    """The ids of all facts that a plan cites."""
    cited = [part.evidence for part in plan.diagnosis]
    cited += [part.evidence for part in plan.actions]
    cited += [part.evidence for part in plan.threshold_proposals]
    return list(dict.fromkeys(fact for evidence in cited for fact in evidence))


async def _one(conn: Connection, query: str, values: Mapping[str, Any]) -> wire.CarePlan:
    row = await (await conn.execute(_SQL[query], values)).fetchone()
    if row is None:
        raise CarePlanUnknown(id=values["id"])
    return _plan(row)


def _json(plan: wire.PlanData) -> Jsonb:
    return Jsonb(plan.model_dump(mode="json"))


def _plan(row: Mapping[str, Any]) -> wire.CarePlan:
    return wire.CarePlan.model_validate(row)
