"""The client's side of the care advisor: progress as it comes, the plan last, problems as errors."""

from __future__ import annotations

import json
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from plantops_api import errors, wire
from plantops_api.client import PlantOpsClient

PLAN = {
    "id": 7, "plant_id": "plt_a", "source": "rules", "generated_at": datetime(2026, 11, 24, tzinfo=UTC).isoformat(),
    "plan_data": {"summary": "All is well.\x1b[31m"},
}  # fmt: skip


def events(*pairs: tuple[str, Any]) -> bytes:
    return b"".join(f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode() for kind, data in pairs)


def client_for(body: bytes, asked: list[httpx2.Request]) -> PlantOpsClient:
    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, content=body, headers={"content-type": "text/event-stream"})

    return PlantOpsClient("http://garden.test", "po_token", transport=httpx2.MockTransport(answer))


async def told(client: PlantOpsClient) -> list[wire.CareProgress | wire.CarePlan]:
    async with aclosing(client.analyze_live("plt_a", force=True)) as arriving:
        return [one async for one in arriving]


async def test_progress_comes_before_the_plan_and_texts_are_cleaned() -> None:
    asked: list[httpx2.Request] = []
    body = events(("progress", {"stage": "asking"}), ("news", {"of": "a later version"}), ("plan", PLAN))

    async with client_for(body, asked) as client:
        progress, plan = await told(client)

    assert isinstance(progress, wire.CareProgress)
    assert progress.stage == "asking"
    assert isinstance(plan, wire.CarePlan)
    assert "\x1b" not in plan.plan_data.summary
    assert (asked[0].method, asked[0].url.path) == ("POST", "/api/plants/plt_a/analyze")
    assert json.loads(asked[0].content) == {"force": True}
    assert asked[0].headers["accept"] == "text/event-stream"


async def test_a_problem_within_the_stream_is_the_error_that_it_would_be_without_one() -> None:
    problem = {"title": "Not Found", "status": 404, "detail": "There is no plant.", "code": "plant_not_found"}

    async with client_for(events(("problem", problem)), []) as client:
        with pytest.raises(errors.NotFound, match="There is no plant") as caught:
            await told(client)

    assert caught.value.code == "plant_not_found"


@pytest.mark.parametrize("body", [b"", events(("progress", {"stage": "asking"}))])
async def test_a_stream_that_ends_before_the_plan_is_no_success(body: bytes) -> None:
    async with client_for(body, []) as client:
        with pytest.raises(errors.ServerUnreachable, match="before the plan came"):
            await told(client)


async def test_settings_send_only_what_was_given_so_that_a_cap_stays() -> None:
    sent: list[bytes] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request.content)
        return httpx2.Response(200, json={"configured": False, "installed": True})

    async with PlantOpsClient("http://garden.test", transport=httpx2.MockTransport(answer)) as client:
        await client.set_llm_settings(
            wire.LlmSettingsBody(provider="anthropic", model="m", daily_cap_usd=None)
        )

    assert json.loads(sent[0]) == {"provider": "anthropic", "model": "m", "daily_cap_usd": None}


async def test_decisions_go_to_the_numbered_part_of_their_plan() -> None:
    paths: list[tuple[str, bytes]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        paths.append((request.url.path, request.content))
        return httpx2.Response(200, json=PLAN)

    async with PlantOpsClient("http://garden.test", transport=httpx2.MockTransport(answer)) as client:
        await client.decide_action(7, 0, "declined")
        await client.decide_proposal(7, 2, "accepted")
        await client.care_feedback(7, None)

    assert paths == [
        ("/api/care-plans/7/actions/0/decision", b'{"decision":"declined"}'),
        ("/api/care-plans/7/threshold-proposals/2/decision", b'{"decision":"accepted"}'),
        ("/api/care-plans/7/feedback", b'{"feedback":null}'),
    ]
