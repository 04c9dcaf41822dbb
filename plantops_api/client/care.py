"""The care advisor: the language model that it asks, care plans, and what people decide."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import httpx2

from plantops_api import errors, text, wire
from plantops_api.client.calls import STREAM_SILENCE_S, Calls, path_part, read_as

ADVICE_S = 150.0
"""How long a care plan may take, in s: the server gives the model 120, its repair round included."""

LLM_TEST_S = 30.0
"""How long the test of a language model may take, in s: the server gives it 10."""


class CareCalls(Calls):
    """The care advisor: the language model that it asks, care plans, and what people decide."""

    async def llm_settings(self) -> wire.LlmSettings:
        """Which model writes care plans, what it may cost and has cost; its key is masked."""
        return await self._get(wire.LlmSettings, "/api/settings/llm")

    async def set_llm_settings(self, body: wire.LlmSettingsBody) -> wire.LlmSettings:
        """Choose the model; an absent or masked key keeps the stored one, if the host stays."""
        return await self._send(wire.LlmSettings, "PUT", "/api/settings/llm", body, only_set=True)

    async def forget_llm_settings(self) -> None:
        """Forget provider, model and key: the rules write care plans then."""
        await self._exchange.ask("DELETE", "/api/settings/llm")

    async def test_llm(self) -> wire.LlmTest:
        """Make the cheapest authenticated call, and tell what really came back."""
        answer = await self._exchange.ask("POST", "/api/settings/llm/test", patience_s=LLM_TEST_S)
        return read_as(wire.LlmTest, answer)

    async def analyze(self, plant_id: str, *, force: bool = False) -> wire.CarePlan:
        """The plant's care plan, written anew if something has changed since the current one (or by ``force``)."""
        body = wire.AnalyzeBody(force=force).model_dump(mode="json")
        path = f"/api/plants/{path_part(plant_id)}/analyze"
        return read_as(wire.CarePlan, await self._exchange.ask("POST", path, body=body, patience_s=ADVICE_S))

    async def analyze_live(
        self, plant_id: str, *, force: bool = False
    ) -> AsyncGenerator[wire.CareProgress | wire.CarePlan, None]:
        """``analyze`` that tells how far it is; the plan comes last.

        Whoever leaves it early closes it (``contextlib.aclosing``): when nobody waits any more, the server stops the
        call to the model, and nothing is saved.

        Raises:
            ServerUnreachable: the connection was lost before the plan came.
            Refused: the server's problem, also when it comes as an event.
        """
        body = wire.AnalyzeBody(force=force).model_dump(mode="json")
        path = f"/api/plants/{path_part(plant_id)}/analyze"
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        async with self._exchange.stream(
            path, method="POST", body=body, headers=headers, silence_s=STREAM_SILENCE_S
        ) as response:
            source = cast("AsyncGenerator[httpx2.ServerSentEvent, None]", aiter(httpx2.EventSource(response)))
            async with aclosing(source) as arriving:
                async for sent in arriving:
                    told = _advice(sent)
                    if told is not None:
                        yield told
                    if isinstance(told, wire.CarePlan):
                        return
        raise errors.ServerUnreachable(f"The server at {self.url} ended the stream before the plan came.")

    async def care_plan(self, plant_id: str) -> wire.CarePlan:
        """The current care plan; NotFound when none was written yet."""
        return await self._get(wire.CarePlan, f"/api/plants/{path_part(plant_id)}/care-plan")

    async def care_plans(self, plant_id: str, limit: int | None = None) -> list[wire.CarePlan]:
        """Care plans of one plant, the newest first."""
        return await self._list(wire.CarePlan, f"/api/plants/{path_part(plant_id)}/care-plans", limit)

    async def care_feedback(self, plan_id: int, feedback: wire.Feedback | None) -> wire.CarePlan:
        """Say whether a plan helped; None takes it back."""
        body = wire.FeedbackBody(feedback=feedback)
        return await self._send(wire.CarePlan, "POST", f"/api/care-plans/{plan_id}/feedback", body)

    async def decide_action(self, plan_id: int, number: int, decision: wire.Decision) -> wire.CarePlan:
        """Accept or decline the action ``number`` (from 0) of a plan."""
        body = wire.DecisionBody(decision=decision)
        path = f"/api/care-plans/{plan_id}/actions/{number}/decision"
        return await self._send(wire.CarePlan, "POST", path, body)

    async def decide_proposal(self, plan_id: int, number: int, decision: wire.Decision) -> wire.CarePlan:
        """Accept or decline the threshold proposal ``number`` (from 0) of a plan; accepting sets the limits."""
        body = wire.DecisionBody(decision=decision)
        path = f"/api/care-plans/{plan_id}/threshold-proposals/{number}/decision"
        return await self._send(wire.CarePlan, "POST", path, body)

    async def advisor_preview(self, plant_id: str) -> wire.AdvisorPreview:
        """Exactly what ``analyze`` would send, to whom, and about what it would cost."""
        return await self._get(wire.AdvisorPreview, f"/api/plants/{path_part(plant_id)}/advisor-preview")


def _advice(sent: httpx2.ServerSentEvent) -> wire.CareProgress | wire.CarePlan | None:
    """The typed event of ``analyze``; None for kinds that this version does not know. Raises its problem."""
    try:
        data = text.clean(json.loads(sent.data or "{}"))
    except (ValueError, RecursionError):
        raise errors.NotPlantOps("The server sent an event that is not JSON.") from None
    if sent.event == "problem":
        status = data.get("status") if isinstance(data, dict) else None
        raise errors.from_answer(status if isinstance(status, int) else 500, {}, sent.data.encode())
    if sent.event == "plan":
        return read_as(wire.CarePlan, data)
    return read_as(wire.CareProgress, data) if sent.event == "progress" else None
