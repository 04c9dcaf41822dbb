"""From a plant to its plan: by a model where one may be asked, by the rules where not, and never half of one."""

from __future__ import annotations

import asyncio
import json
from typing import Any, get_args

import httpx2
import pytest
from prometheus_client import REGISTRY

from plantops_api.wire import LlmProvider
from plantops_server.advisor import prompt
from tests import fake_vendors as fake
from tests.advisor.greenhouse import KEY, MODELS, Greenhouse, greenhouse
from tests.facts.conftest import NOW
from tests.fake_vendors import Outcome
from tests.running_server import Doors

__all__ = ["greenhouse"]

providers = pytest.mark.parametrize("provider", get_args(LlmProvider))


@providers
async def test_a_model_writes_the_plan_and_what_it_took_is_kept(
    greenhouse: Greenhouse, provider: LlmProvider
) -> None:
    await greenhouse.choose(provider)
    before = _counted(provider)

    plan = await greenhouse.analyze()

    assert (plan.source, plan.source_reason, plan.model) == (provider, None, MODELS[provider])
    assert (plan.tokens_in, plan.tokens_out) == fake.USAGE
    assert (plan.prompt_version, plan.cached, plan.generated_at) == (prompt.PROMPT_VERSION, False, NOW)
    assert plan.cost_usd == (None if provider == "openai-compatible" else pytest.approx(0.00045))
    assert plan.plan_data.diagnosis
    assert all(claim.supported for claim in plan.plan_data.diagnosis)
    assert {fact.id for fact in plan.facts} == {fact for d in plan.plan_data.diagnosis for fact in d.evidence}
    assert await greenhouse.answer("GET", "/api/plants/plt_a/care-plan") == plan.model_dump(mode="json")
    assert _counted(provider) - before == pytest.approx(plan.cost_usd or 0)


@providers
async def test_the_preview_is_exactly_what_is_sent(greenhouse: Greenhouse, provider: LlmProvider) -> None:
    await greenhouse.choose(provider)

    shown = await greenhouse.answer("GET", "/api/plants/plt_a/advisor-preview")
    assert not greenhouse.vendors.requests, "looking sends nothing"
    plan = await greenhouse.analyze()

    sent = greenhouse.vendors.requests[0].body
    turns = [turn["content"] for turn in sent.get("messages") or sent["input"] if turn["role"] == "user"]
    told = sent.get("system") or sent.get("instructions") or sent["messages"][0]["content"]
    assert (turns, told) == ([shown["prompt"]], shown["system"])
    assert (shown["host"], shown["model"]) == (
        f"http://127.0.0.1:{greenhouse.vendors.port}", MODELS[provider],
    )  # fmt: skip
    assert shown["inputs_hash"] == plan.inputs_hash
    assert all(f"{fact['id']}: " in shown["prompt"] for fact in shown["facts"])


async def test_nothing_of_other_plants_people_or_secrets_is_sent(greenhouse: Greenhouse) -> None:
    await greenhouse.answer("POST", "/api/plants", {"name": "Canary of the neighbours"}, status=201)
    await greenhouse.choose()

    await greenhouse.analyze()

    sent = greenhouse.vendors.requests[0].prompt
    assert not [word for word in ("neighbours", KEY, "admin", "dev_a", "plt_") if word in sent]


async def test_the_same_facts_are_not_asked_about_twice(greenhouse: Greenhouse) -> None:
    await greenhouse.choose()
    first = await greenhouse.analyze()
    again = await greenhouse.analyze()
    assert (again.id, again.cached, len(greenhouse.vendors.questions)) == (first.id, True, 1)

    forced = await greenhouse.analyze(force=True)
    assert (forced.id > first.id, forced.cached, len(greenhouse.vendors.questions)) == (True, False, 2)

    await greenhouse.choose(model="claude-sonnet-5-5")
    other = await greenhouse.analyze()
    assert (other.model, len(greenhouse.vendors.questions)) == ("claude-sonnet-5-5", 3)

    greenhouse.doors.clock.advance(hours=5)
    await greenhouse.analyze()
    assert len(greenhouse.vendors.questions) == 4, "other facts"
    history = await greenhouse.answer("GET", "/api/plants/plt_a/care-plans")
    assert len(history["items"]) == 4


FAILURES: list[tuple[list[Outcome], str]] = [
    ([fake.UNAUTHORIZED], "rejects the key"),
    ([fake.NO_CREDIT], "no credit left"),
    ([fake.UNKNOWN_MODEL], "knows no model"),
    ([fake.TOO_LARGE], "too long for"),
    ([fake.too_many("600")], "asks to wait 600 s"),
    ([fake.SERVER_ERROR] * 2, "failed on its own side (500)"),
    ([fake.OVERLOADED] * 2, "is overloaded (529)"),
    ([fake.hang(9)], "did not answer within 3 s"),
    ([fake.REFUSED], "declined"),
    ([fake.TRUNCATED], "cut off"),
    ([fake.INVALID_JSON] * 2, "answered twice with something that is no care plan"),
    ([fake.NOT_A_PLAN] * 2, "answered twice with something that is no care plan (diagnosis:"),
]


async def test_whatever_fails_the_rules_write_a_plan_and_say_why(
    greenhouse: Greenhouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plantops_server.advisor.providers.asking._PAUSE_S", 0.0)
    await greenhouse.choose("openai")
    object.__setattr__(greenhouse.doors.house.advisor._means, "timeout_s", 3)
    for outcomes, words in FAILURES:
        greenhouse.vendors.script(*outcomes)

        plan = await greenhouse.analyze()

        assert plan.source == "rules"
        assert words in str(plan.source_reason)
        assert plan.plan_data.summary
        assert "Water it with" not in plan.model_dump_json(), "half an answer is no advice"
        assert (plan.model, plan.tokens_in, plan.cost_usd) == (None, None, None)

    again = await greenhouse.analyze()
    assert again.source == "openai", "a failure is not remembered: the next one asks again"


async def test_an_answer_with_faults_is_mended_once(greenhouse: Greenhouse) -> None:
    await greenhouse.choose()
    greenhouse.vendors.script(fake.LYING)

    plan = await greenhouse.analyze()

    assert plan.source == "anthropic"
    assert all(claim.supported for claim in plan.plan_data.diagnosis)
    first, second = greenhouse.vendors.questions
    assert len(second.body["messages"]) == 3
    assert "draught.mean_24h" in second.body["messages"][2]["content"]
    assert (plan.tokens_in, plan.tokens_out) == (2 * fake.USAGE[0], 2 * fake.USAGE[1]), "both are paid for"
    assert first.body["system"] == second.body["system"]


async def test_a_model_that_lies_twice_is_shown_with_its_doubts_and_without_its_advice(
    greenhouse: Greenhouse,
) -> None:
    await greenhouse.choose()
    greenhouse.vendors.script(fake.LYING, fake.LYING)

    plan = await greenhouse.analyze()

    assert len(greenhouse.vendors.questions) == 2
    assert not any(claim.supported for claim in plan.plan_data.diagnosis)
    assert all(claim.doubt for claim in plan.plan_data.diagnosis)
    assert "3.3 %" not in plan.plan_data.summary


async def test_an_invalid_answer_that_cannot_be_paid_to_be_mended_is_none(greenhouse: Greenhouse) -> None:
    await greenhouse.choose(daily_cap_usd=0.0036)  # a question may cost 0.0034 and does cost 0.0005
    greenhouse.vendors.script(fake.INVALID_JSON)

    plan = await greenhouse.analyze()

    assert (plan.source, "daily cap" in str(plan.source_reason)) == ("rules", True)
    assert len(greenhouse.vendors.questions) == 1


async def test_callers_for_one_plant_share_one_question(greenhouse: Greenhouse) -> None:
    await greenhouse.choose()
    greenhouse.vendors.script(fake.hang(0.5))

    found = await asyncio.gather(*(greenhouse.analyze(force=number % 2 == 0) for number in range(5)))

    assert len({plan.id for plan in found}) == 1
    assert len(greenhouse.vendors.questions) == 1
    assert len(await greenhouse.rows("SELECT id FROM care_plans")) == 1


async def test_one_who_leaves_stops_nothing_while_another_waits(greenhouse: Greenhouse) -> None:
    await greenhouse.choose()
    greenhouse.vendors.script(fake.hang(0.6))
    advisor = greenhouse.doors.house.advisor
    leaving, staying = (asyncio.create_task(advisor.analyze("plt_a")) for _ in range(2))
    await asyncio.sleep(0.3)
    leaving.cancel()

    assert (await staying).source == "anthropic"
    assert leaving.cancelled()


async def test_the_last_one_who_leaves_stops_the_call_and_nothing_is_kept(greenhouse: Greenhouse) -> None:
    await greenhouse.choose()
    greenhouse.vendors.script(fake.hang(5))
    advisor = greenhouse.doors.house.advisor
    waiting = [asyncio.create_task(advisor.analyze("plt_a")) for _ in range(2)]
    await asyncio.sleep(0.4)
    for task in waiting:
        task.cancel()

    (request,) = await asyncio.to_thread(greenhouse.vendors.wait_for, 1)
    assert request.client_left
    assert await greenhouse.rows("SELECT id FROM care_plans") == []
    assert (await greenhouse.analyze()).source == "anthropic", "the next one starts anew"


async def test_a_server_that_stops_lets_nobody_wait(greenhouse: Greenhouse) -> None:
    await greenhouse.choose()
    greenhouse.vendors.script(fake.hang(5))
    asked = asyncio.create_task(greenhouse.admin.post("/api/plants/plt_a/analyze", json={}))
    await asyncio.sleep(0.4)

    greenhouse.doors.house.advisor.close()

    assert (await asked).status_code == 503


async def test_progress_streams_and_the_plan_comes_last(
    greenhouse: Greenhouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plantops_server.advisor.consultation.TICK_S", 0.1)
    await greenhouse.choose()
    greenhouse.vendors.script(fake.LYING._replace(hang_s=0.3))

    events = await _events(greenhouse.admin, "plt_a")

    stages = [data["stage"] for kind, data in events if kind == "progress"]
    assert list(dict.fromkeys(stages)) == ["facts", "asking", "writing", "checking", "repairing", "done"]
    assert events[-1][0] == "plan"
    assert events[-1][1]["source"] == "anthropic"
    assert KEY not in str(events)


async def test_a_plant_that_does_not_exist_is_404_in_every_way(doors: Doors) -> None:
    client = await doors.client("operator")
    for accept in ("application/json", "text/event-stream"):
        answer = await client.post("/api/plants/plt_no/analyze", json={}, headers={"Accept": accept})
        assert (answer.status_code, answer.json()["code"]) == (404, "plant_not_found")
    for path in ("care-plan", "care-plans", "advisor-preview"):
        assert (await client.get(f"/api/plants/plt_no/{path}")).json()["code"] == "plant_not_found"


async def test_a_plant_without_readings_gets_a_plan_that_says_so(doors: Doors) -> None:
    client = await doors.client("operator")
    plant = (await client.post("/api/plants", json={"name": "New"})).json()["id"]

    missing = await client.get(f"/api/plants/{plant}/care-plan")
    plan = (await client.post(f"/api/plants/{plant}/analyze")).json()

    assert (missing.status_code, missing.json()["code"]) == (404, "care_plan_not_found")
    assert "plantops care analyze" in missing.json()["detail"]
    assert (plan["source"], plan["plan_data"]["actions"] != [] or plan["plan_data"]["unknowns"] != []) == (
        "rules",
        True,
    )


async def test_feedback_is_kept_and_taken_back(greenhouse: Greenhouse) -> None:
    plan = await greenhouse.analyze()
    path = f"/api/care-plans/{plan.id}/feedback"
    assert (await greenhouse.answer("POST", path, {"feedback": "helped"}))["feedback"] == "helped"
    assert (await greenhouse.answer("GET", "/api/plants/plt_a/care-plan"))["feedback"] == "helped"
    assert (await greenhouse.answer("POST", path, {"feedback": None}))["feedback"] is None
    assert (await greenhouse.answer("POST", "/api/care-plans/99999/feedback", {"feedback": None}, 404))[
        "code"
    ] == ("care_plan_unknown")


async def test_history_pages_from_the_newest_on(greenhouse: Greenhouse) -> None:
    plans = [await greenhouse.analyze(force=True) for _ in range(3)]
    first = await greenhouse.answer("GET", "/api/plants/plt_a/care-plans?limit=2")
    rest = await greenhouse.answer(
        "GET", f"/api/plants/plt_a/care-plans?limit=2&cursor={first['next_cursor']}"
    )
    ids = [plan["id"] for plan in first["items"] + rest["items"]]
    assert ids == [plan.id for plan in reversed(plans)]
    assert rest["next_cursor"] is None


async def _events(client: httpx2.AsyncClient, plant: str) -> list[tuple[str, Any]]:
    path, headers = f"/api/plants/{plant}/analyze", {"Accept": "text/event-stream"}
    async with client.stream("POST", path, json={}, headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        body = "".join([piece async for piece in response.aiter_text()])
    blocks = [
        dict(line.split(": ", 1) for line in block.splitlines()) for block in body.strip().split("\n\n")
    ]
    return [(block["event"], json.loads(block["data"])) for block in blocks]


def _counted(provider: str) -> float:
    labels = {"provider": provider, "model": MODELS[provider]}  # type: ignore[index]
    return REGISTRY.get_sample_value("plantops_llm_cost_usd_total", labels) or 0
