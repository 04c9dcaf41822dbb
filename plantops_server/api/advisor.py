"""Doors of the care advisor: its settings, plans as they are written, and what people decide about them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing
from typing import Annotated, Any, TypeVar

import psycopg
from fastapi import APIRouter, Path, Request, Response
from starlette.responses import StreamingResponse

from plantops_api.wire import (
    AdvisorPreview,
    AnalyzeBody,
    CarePlan,
    DecisionBody,
    FeedbackBody,
    LlmSettings,
    LlmSettingsBody,
    LlmTest,
    Page,
)
from plantops_server import care_decisions
from plantops_server.advisor import plans
from plantops_server.api import problems
from plantops_server.entrance.auth import Admin, HouseDep, Operator, Viewer
from plantops_server.entrance.house import House
from plantops_server.entrance.paging import PageDep
from plantops_server.errors import PlantOpsError, Unavailable
from plantops_server.plants import registry

Outcome = TypeVar("Outcome")

router = APIRouter(prefix="/api", tags=["advisor"])

PlantId = Annotated[str, Path(max_length=100, examples=["plt_4c7xq2…"])]
PlanId = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[17])]
Number = Annotated[int, Path(ge=0, le=1000, description="Counted from 0", examples=[0])]

_EXAMPLE = 'event: progress\ndata: {"stage":"asking","detail":"…"}\n\nevent: plan\ndata: {"id":17,…}\n\n'


@router.get("/settings/llm", response_model=LlmSettings)
async def get_llm_settings(house: HouseDep, _caller: Operator) -> LlmSettings:
    """Which model writes care plans, what it may cost and has cost, and the models of known price. Never the key."""
    return await house.advisor.shown()


@router.put("/settings/llm", response_model=LlmSettings)
async def put_llm_settings(body: LlmSettingsBody, house: HouseDep, _caller: Admin) -> LlmSettings:
    """Choose the model. The stored key stays when none (or its mask) is sent, but is bound to its host: for another
    host `configured` is false until its key is given. Caps and prices that are absent stay."""
    return await house.advisor.choose(body)


@router.delete("/settings/llm", status_code=204)
async def delete_llm_settings(house: HouseDep, _caller: Admin) -> Response:
    """Forget provider, model and key: the rules write care plans then. Caps stay."""
    await house.advisor.forget()
    return Response(status_code=204)


@router.post("/settings/llm/test", response_model=LlmTest)
async def check_llm_settings(house: HouseDep, _caller: Admin) -> LlmTest:
    """Make the cheapest authenticated call, and answer what really came back."""
    return await house.advisor.test()


@router.post(
    "/plants/{plant_id}/analyze",
    response_model=CarePlan,
    responses={200: {
        "description": "The care plan; with `Accept: text/event-stream` events `progress`, then `plan` or `problem`",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }},
)  # fmt: skip
async def analyze_plant(
    plant_id: PlantId, house: HouseDep, _caller: Operator, request: Request, body: AnalyzeBody | None = None
) -> Response:
    """Write the plant's care plan, or answer the current one when nothing has changed since. Whatever is wrong with the
    model, a plan comes: `source_reason` then says why the rules wrote it. Leaving stops the work."""
    force = body.force if body else False
    async with house.db.connection() as conn:
        await registry.get_plant(conn, plant_id)
    if "text/event-stream" in request.headers.get("accept", ""):
        return StreamingResponse(
            _told(house, plant_id, force), media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )  # fmt: skip
    plan = await _while_waited_for(request, house.advisor.analyze(plant_id, force=force))
    if plan is None:
        return Response(status_code=204)  # nobody is there to read it
    return Response(plan.model_dump_json(), media_type="application/json")


@router.get("/plants/{plant_id}/care-plan", response_model=CarePlan)
async def get_care_plan(plant_id: PlantId, house: HouseDep, _caller: Viewer) -> CarePlan:
    """The current care plan."""
    async with house.db.connection() as conn:
        await registry.get_plant(conn, plant_id)
        return await plans.current(conn, plant_id)


@router.get("/plants/{plant_id}/care-plans", response_model=Page[CarePlan])
async def list_care_plans(
    plant_id: PlantId, page: PageDep, house: HouseDep, _caller: Viewer
) -> dict[str, Any]:
    """All care plans of a plant, the newest first; `q` searches their texts."""
    async with house.db.connection() as conn:
        await registry.get_plant(conn, plant_id)
        found = await plans.history(conn, plant_id, page.fetch, page.after_number, page.q)
    return page.page([plan.model_dump() for plan in found], "id")


@router.get("/plants/{plant_id}/advisor-preview", response_model=AdvisorPreview)
async def preview_advice(plant_id: PlantId, house: HouseDep, _caller: Viewer) -> AdvisorPreview:
    """Exactly what analyze would send, word for word, to whom, and about what it would cost. Sends nothing."""
    return await house.advisor.preview(plant_id)


@router.post("/care-plans/{plan_id}/feedback", response_model=CarePlan)
async def give_feedback(plan_id: PlanId, body: FeedbackBody, house: HouseDep, _caller: Operator) -> CarePlan:
    """Say whether a plan helped; null takes it back."""
    async with house.db.transaction() as conn:
        return await plans.set_feedback(conn, plan_id, body.feedback)


@router.post("/care-plans/{plan_id}/actions/{number}/decision", response_model=CarePlan)
async def decide_action(
    plan_id: PlanId, number: Number, body: DecisionBody, house: HouseDep, caller: Operator
) -> CarePlan:
    """Accept or decline an action of the current plan; accepting `water` logs a watering."""
    async with house.db.transaction() as conn:
        return await care_decisions.decide_action(
            conn, plan_id, number, body.decision, caller.username, house.clock()
        )


@router.post("/care-plans/{plan_id}/threshold-proposals/{number}/decision", response_model=CarePlan)
async def decide_proposal(
    plan_id: PlanId, number: Number, body: DecisionBody, house: HouseDep, caller: Operator
) -> CarePlan:
    """Accept or decline other limits; accepting sets them, with source `advisor`, unless they changed meanwhile."""
    async with house.db.transaction() as conn:
        return await care_decisions.decide_proposal(
            conn, plan_id, number, body.decision, caller.username, house.clock()
        )


async def _told(house: House, plant_id: str, force: bool) -> AsyncIterator[bytes]:
    """Progress and plan as events; a client that leaves cancels this, and so leaves the work."""
    try:
        async with aclosing(house.advisor.follow(plant_id, force=force)) as told:
            async for item in told:
                kind = "plan" if isinstance(item, CarePlan) else "progress"
                yield _event(kind, item.model_dump_json())
    except PlantOpsError as error:
        yield _event("problem", bytes(problems.of_error(error).body).decode())
    except psycopg.OperationalError:
        failed = problems.of_error(Unavailable(what="The database"))
        yield _event("problem", bytes(failed.body).decode())


def _event(kind: str, data: str) -> bytes:
    return f"event: {kind}\ndata: {data}\n\n".encode()


async def _while_waited_for(request: Request, work: Coroutine[Any, Any, Outcome]) -> Outcome | None:
    """The outcome of ``work``, which is cancelled when the client leaves; None then."""
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return await working if working.done() else None
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
