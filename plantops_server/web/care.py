"""The care plan of a plant: what it says and rests on, what people decide, and the button that has it written."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Path, Query, Request, Response

from plantops_api import advice
from plantops_api.wire import CarePlan, DecisionBody, Fact, FeedbackBody, Plant
from plantops_server import cards, care_decisions
from plantops_server.advisor import plans
from plantops_server.entrance.auth import HouseDep, Operator, Viewer
from plantops_server.entrance.house import House
from plantops_server.errors import CarePlanUnknown
from plantops_server.plants import registry
from plantops_server.store.database import Connection
from plantops_server.web.acting import acted, body_of
from plantops_server.web.forms import FieldsDep
from plantops_server.web.moments import moments_of
from plantops_server.web.pages import render
from plantops_server.web.plant import PlantId, heading

router = APIRouter(prefix="/plants/{plant_id}/care", include_in_schema=False)

PlanId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Number = Annotated[int, Path(ge=0, le=1000)]
_DECIDE = {"actions": care_decisions.decide_action, "proposals": care_decisions.decide_proposal}
"""What decides about a part of a plan."""
_SAID = {
    ("actions", "accepted"): "Accepted.", ("actions", "declined"): "Declined.",
    ("proposals", "accepted"): "Accepted: these limits hold now.",
    ("proposals", "declined"): "Declined: the limits stay.",
}  # fmt: skip
_MOST = 50
"""Plans of the history that are listed."""


class Evidence(NamedTuple):
    """A fact in words, and where its chart is."""

    words: str
    place: advice.Place | None


@router.get("")
async def care_page(
    request: Request, house: HouseDep, _caller: Viewer, plant_id: PlantId,
    plan: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:  # fmt: skip
    """The current plan, or an older one; before the first one, what would write it."""
    preview = await house.advisor.preview(plant_id)
    async with house.db.connection() as conn:
        shown_plant = await _plant(conn, house, plant_id)
        known = await plans.history(conn, plant_id, _MOST, None, None)
        shown = await _chosen(conn, plant_id, plan) if plan is not None else next(iter(known), None)
    return render(
        request, "care.html", **heading(shown_plant, moments_of(request)), plan=shown, history=known,
        is_current=shown is not None and shown.id == known[0].id, evidence=_evidence(shown), preview=preview,
        advice=advice,
    )  # fmt: skip


@router.get("/preview")
async def preview_page(request: Request, house: HouseDep, _caller: Viewer, plant_id: PlantId) -> Response:
    """Exactly what would be sent, word for word, and to whom."""
    preview = await house.advisor.preview(plant_id)
    async with house.db.connection() as conn:
        shown_plant = await _plant(conn, house, plant_id)
    return render(
        request, "care_preview.html", **heading(shown_plant, moments_of(request)), preview=preview, advice=advice
    )  # fmt: skip


@router.post("")
async def analyze(plant_id: PlantId, house: HouseDep, _caller: Operator, fields: FieldsDep) -> Response:
    """Have the plan written, and wait for it."""

    async def work() -> None:
        async with house.db.connection() as conn:
            await registry.get_plant(conn, plant_id)
        await house.advisor.analyze(plant_id, force=fields.has("force"))

    return await acted(_home(plant_id), "This is the plan by what is known now.", work())


@router.post("/{plan_id}/feedback")
async def give_feedback(
    plant_id: PlantId, plan_id: PlanId, house: HouseDep, _caller: Operator, fields: FieldsDep
) -> Response:
    """Whether it helped."""
    body = body_of(FeedbackBody, feedback=fields.text("feedback"))

    async def work() -> None:
        async with house.db.transaction() as conn:
            await _chosen(conn, plant_id, plan_id)
            await plans.set_feedback(conn, plan_id, body.feedback)

    sentence = "Noted." if body.feedback else "Your word on it is taken back."
    return await acted(_home(plant_id), sentence, work())


@router.post("/{plan_id}/{part}/{number}")
async def decide(
    plant_id: PlantId, plan_id: PlanId, part: Literal["actions", "proposals"], number: Number, house: HouseDep,
    caller: Operator, fields: FieldsDep,
) -> Response:  # fmt: skip
    """Accept or decline what a plan says to do, or other limits."""
    decision = body_of(DecisionBody, decision=fields.text("decision")).decision

    async def work() -> None:
        async with house.db.transaction() as conn:
            await _chosen(conn, plant_id, plan_id)
            await _DECIDE[part](conn, plan_id, number, decision, caller.username, house.clock())

    return await acted(_home(plant_id), _SAID[part, decision], work())


async def _plant(conn: Connection, house: House, plant_id: str) -> Plant:
    """Raises PlantNotFound."""
    return Plant.model_validate(await cards.plant(conn, plant_id, house.clock(), house.settings.zone))


async def _chosen(conn: Connection, plant_id: str, plan_id: int) -> CarePlan:
    """A plan of this plant. Raises CarePlanUnknown, also for another plant's."""
    plan = await plans.by_id(conn, plan_id)
    if plan.plant_id != plant_id:
        raise CarePlanUnknown(id=plan_id)
    return plan


def _evidence(plan: CarePlan | None) -> dict[str, Evidence]:
    """The facts that a plan cites, by id, as they were."""
    facts: list[Fact] = [] if plan is None else plan.facts
    return {fact.id: Evidence(advice.fact_words(fact), advice.place_of(fact.id)) for fact in facts}


def _home(plant_id: str) -> str:
    return f"/plants/{plant_id}/care"
