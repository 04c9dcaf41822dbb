"""What people decide about a care plan, and what that means for other subjects: limits change, a watering is logged."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from plantops_api.wire import (
    CareAction,
    CarePlan,
    Decision,
    PlantBody,
    Range,
    Threshold,
    ThresholdProposal,
    WateringBody,
)
from plantops_server import plant_changes
from plantops_server.advisor import plans
from plantops_server.errors import (
    CarePlanPartUnknown,
    CarePlanSuperseded,
    DecisionIsMade,
    LimitsHaveChanged,
)
from plantops_server.plants import registry, state, thresholds
from plantops_server.store.database import Connection

Part = TypeVar("Part", CareAction, ThresholdProposal)

_ROUNDED = 0.06
"""Limits that differ by less are the same: the facts carry one decimal."""
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*(ml|l)\b", re.IGNORECASE)


async def decide_action(
    conn: Connection, plan_id: int, number: int, decision: Decision, who: str, now: datetime
) -> CarePlan:
    """Accept or decline an action of the current plan. Accepting ``water`` says that it was done: it is logged.

    The same decision twice changes nothing. Raises CarePlanUnknown, CarePlanPartUnknown, CarePlanSuperseded, and
    DecisionIsMade when a logged watering would have to be taken back.
    """
    plan = await _of_today(conn, plan_id)
    action = _part(plan, plan.plan_data.actions, "action", number)
    if action.decision == decision:
        return plan
    if action.kind == "water" and action.decision == "accepted":
        raise DecisionIsMade(what="watering", way_out="Its watering is in the plant's log.")
    if action.kind == "water" and decision == "accepted":
        note = f"care plan {plan.id}: {action.what}"[:1000]
        body = WateringBody(amount_ml=amount_ml(action.amount), note=note)
        await plant_changes.log_watering(conn, plan.plant_id, body, who, now)
    plan.plan_data.actions[number] = action.model_copy(update={"decision": decision})
    return await plans.set_plan_data(conn, plan)


async def decide_proposal(
    conn: Connection, plan_id: int, number: int, decision: Decision, who: str, now: datetime
) -> CarePlan:
    """Accept or decline other limits that the current plan proposes. Accepting sets them, with source ``advisor``.

    The same decision twice changes nothing. Raises CarePlanUnknown, CarePlanPartUnknown, CarePlanSuperseded,
    LimitsHaveChanged when the diff that a person saw is none any more, and DecisionIsMade for accepted limits.
    """
    plan = await _of_today(conn, plan_id)
    proposal = _part(plan, plan.plan_data.threshold_proposals, "threshold proposal", number)
    if proposal.decision == decision:
        return plan
    if proposal.decision == "accepted":
        raise DecisionIsMade(what="proposal", way_out="Change the plant's limits instead.")
    if decision == "accepted":
        await _set_limits(conn, plan.plant_id, proposal, who, now)
    plan.plan_data.threshold_proposals[number] = proposal.model_copy(update={"decision": decision})
    return await plans.set_plan_data(conn, plan)


def amount_ml(text: str | None) -> float | None:
    """The amount in millilitres when a text names exactly one; None for "a little" and for "200-300 ml"."""
    found = _AMOUNT.findall(text or "")
    if len(found) != 1 or len(re.findall(r"\d+(?:\.\d+)?", text or "")) != 1:
        return None
    amount = float(found[0][0]) * (1000 if found[0][1].lower() == "l" else 1)
    return amount if 0 < amount <= 100_000 else None


async def _of_today(conn: Connection, plan_id: int) -> CarePlan:
    """The plan, locked; only the current one is decided about. Raises CarePlanUnknown and CarePlanSuperseded."""
    plant_id = (await plans.by_id(conn, plan_id)).plant_id
    await state.lock(conn, [plant_id])  # before the plan, as whoever changes a plant does
    plan = await plans.locked(conn, plan_id)
    if (await plans.current(conn, plant_id)).id != plan.id:
        raise CarePlanSuperseded(id=plan_id)
    return plan


def _part(plan: CarePlan, parts: Sequence[Part], what: str, number: int) -> Part:
    if not 0 <= number < len(parts):
        raise CarePlanPartUnknown(plan=plan.id, what=what, number=number, count=len(parts), id=number)
    return parts[number]


async def _set_limits(
    conn: Connection, plant_id: str, proposal: ThresholdProposal, who: str, now: datetime
) -> None:
    row = await registry.get_plant(conn, plant_id)
    limits: Threshold | None = registry.limits_of(row).get(proposal.metric)
    present = (limits.min, limits.max) if limits is not None else (None, None)
    known = (proposal.current_min, proposal.current_max)
    if not all(_same(one, other) for one, other in zip(present, known, strict=True)):
        raise LimitsHaveChanged(metric=proposal.metric, now=_said(*present), then=_said(*known))
    own = {metric: Range(**sides) for metric, sides in thresholds.ranges(row["thresholds"]).items()}
    own[proposal.metric] = Range(min=proposal.min, max=proposal.max, source="advisor")
    body = PlantBody.model_validate({
        "name": row["name"], "species": row["species"], "location": row["location"], "notes": row["notes"],
        "thresholds": own,
    })  # fmt: skip
    await plant_changes.replace_plant(conn, plant_id, body, now, who)


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, abs_tol=_ROUNDED)


def _said(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "none"
    return f"{'any' if low is None else f'{low:g}'} to {'any' if high is None else f'{high:g}'}"
