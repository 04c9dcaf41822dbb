"""What a person accepts happens, once, and only while what they saw is still so."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from plantops_api.wire import CareAction, CarePlan, PlanData, ThresholdProposal
from plantops_server import care_decisions
from plantops_server.advisor import plans
from plantops_server.advisor.plans import Origin
from plantops_server.facts import fact_sheet
from tests.advisor.greenhouse import Greenhouse, greenhouse

__all__ = ["greenhouse"]


async def planned(greenhouse: Greenhouse) -> CarePlan:
    """The current plan: water, look, and other limits of soil moisture."""
    house = greenhouse.doors.house
    limits = (await greenhouse.answer("GET", "/api/plants/plt_a"))["thresholds"]["soil_moisture"]
    evidence = ["soil_moisture.now"]
    plan = PlanData(
        summary="Water it.",
        actions=[
            CareAction(kind="water", what="Water it", amount="250 ml", when="now", why="dry", evidence=evidence),
            CareAction(kind="observe", what="Look", when="soon", why="unsure", evidence=evidence),
        ],
        threshold_proposals=[
            ThresholdProposal(metric="soil_moisture", min=22, max=70, current_min=limits["min"],
                              current_max=limits["max"], why="it fits", evidence=evidence),
        ],
    )  # fmt: skip
    async with house.db.transaction() as conn:
        sheet = await fact_sheet(conn, "plt_a", house.clock(), house.settings.zone)
        return await plans.save(conn, sheet, plan, Origin("rules"), house.clock())


async def decide(greenhouse: Greenhouse, plan: CarePlan, part: str, decision: str, status: int = 200) -> Any:
    path = f"/api/care-plans/{plan.id}/{part}/decision"
    return await greenhouse.answer("POST", path, {"decision": decision}, status)


async def test_an_accepted_watering_is_logged_once_with_its_amount(greenhouse: Greenhouse) -> None:
    plan = await planned(greenhouse)

    answers = await asyncio.gather(*(decide(greenhouse, plan, "actions/0", "accepted") for _ in range(3)))

    assert [answer["plan_data"]["actions"][0]["decision"] for answer in answers] == ["accepted"] * 3
    log = (await greenhouse.answer("GET", "/api/plants/plt_a/waterings"))["items"]
    assert [(row["source"], row["amount_ml"], row["note"]) for row in log if row["source"] == "logged"] == [
        ("logged", 250, f"care plan {plan.id}: Water it"),
    ]  # fmt: skip
    problem = await decide(greenhouse, plan, "actions/0", "declined", 409)
    assert problem["code"] == "decision_is_made"
    assert "in the plant's log" in problem["detail"]


async def test_other_actions_are_only_noted_and_may_be_decided_again(greenhouse: Greenhouse) -> None:
    plan = await planned(greenhouse)
    for decision in ("declined", "accepted", "declined"):
        kept = await decide(greenhouse, plan, "actions/1", decision)
        assert kept["plan_data"]["actions"][1]["decision"] == decision
    assert (await decide(greenhouse, plan, "actions/0", "declined"))["plan_data"]["actions"][0][
        "decision"
    ] == "declined"
    assert (await greenhouse.answer("GET", "/api/plants/plt_a/waterings"))["items"] == []


async def test_accepted_limits_have_the_advisor_as_their_source(greenhouse: Greenhouse) -> None:
    plan = await planned(greenhouse)
    before = (await greenhouse.answer("GET", "/api/plants/plt_a"))["thresholds"]

    kept = await decide(greenhouse, plan, "threshold-proposals/0", "accepted")

    assert kept["plan_data"]["threshold_proposals"][0]["decision"] == "accepted"
    after = (await greenhouse.answer("GET", "/api/plants/plt_a"))["thresholds"]
    soil = after.pop("soil_moisture")
    assert (soil["min"], soil["max"], soil["source"], soil["set_by"]) == (22, 70, "advisor", "admin")
    before.pop("soil_moisture")
    assert after == before
    assert (await decide(greenhouse, plan, "threshold-proposals/0", "declined", 409))[
        "code"
    ] == "decision_is_made"


async def test_declined_limits_change_nothing(greenhouse: Greenhouse) -> None:
    plan = await planned(greenhouse)
    before = await greenhouse.answer("GET", "/api/plants/plt_a")
    await decide(greenhouse, plan, "threshold-proposals/0", "declined")
    assert (await greenhouse.answer("GET", "/api/plants/plt_a"))["thresholds"] == before["thresholds"]


async def test_limits_that_a_person_set_meanwhile_are_not_overwritten(greenhouse: Greenhouse) -> None:
    plan = await planned(greenhouse)
    mine = {
        "name": "Monstera",
        "species": "Monstera deliciosa",
        "thresholds": {"soil_moisture": {"min": 30, "max": 60}},
    }
    await greenhouse.answer("PUT", "/api/plants/plt_a", mine)

    problem = await decide(greenhouse, plan, "threshold-proposals/0", "accepted", 409)

    assert problem["code"] == "limits_have_changed"
    assert "30 to 60 now" in problem["detail"]
    soil = (await greenhouse.answer("GET", "/api/plants/plt_a"))["thresholds"]["soil_moisture"]
    assert (soil["min"], soil["max"], soil["source"]) == (30, 60, "user")


async def test_only_the_current_plan_is_decided_about(greenhouse: Greenhouse) -> None:
    old, _new = await planned(greenhouse), await planned(greenhouse)
    assert (await decide(greenhouse, old, "actions/0", "accepted", 409))["code"] == "care_plan_superseded"
    assert (await greenhouse.answer("GET", "/api/plants/plt_a/waterings"))["items"] == []


async def test_what_is_not_there_cannot_be_decided_about(greenhouse: Greenhouse) -> None:
    plan = await planned(greenhouse)
    assert (
        "has no action number 2: it has 2"
        in (await decide(greenhouse, plan, "actions/2", "accepted", 404))["detail"]
    )
    assert (await decide(greenhouse, plan, "threshold-proposals/1", "accepted", 404))[
        "code"
    ] == "care_plan_part_unknown"
    answer = await greenhouse.answer(
        "POST", "/api/care-plans/987654/actions/0/decision", {"decision": "accepted"}, 404
    )
    assert "There is no care plan 987654" in answer["detail"]


@pytest.mark.parametrize(
    ("text", "amount"),
    [("250 ml", 250), ("about 0.5 l", 500), ("1 L of water", 1000), ("200-300 ml", None), ("a little", None),
     ("2 times 100 ml", None), (None, None), ("0 ml", None), ("3 lumps", None)],
)  # fmt: skip
def test_an_amount_is_taken_only_when_a_text_names_exactly_one(
    text: str | None, amount: float | None
) -> None:
    assert care_decisions.amount_ml(text) == amount
