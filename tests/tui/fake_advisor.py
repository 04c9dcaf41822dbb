"""The part of the garden's server behind the care advisor: plans, their making, the settings of the model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2

from plantops_api import wire
from tests.tui.fake_nursery import page
from tests.tui.moments import NOW, ago

FACTS = [
    wire.Fact(id="soil_moisture.now", value=18.0, unit="%", label="newest soil moisture"),
    wire.Fact(id="soil_moisture.mean_7d", value=27.4, unit="%", label="mean soil moisture of the last 7 days"),
    wire.Fact(id="soil_moisture.limit_min", value=25.0, unit="%", label="lower limit of soil moisture"),
    wire.Fact(id="temperature.mean_24h", value=21.1, unit="°C", label="mean temperature of the last 24 h"),
    wire.Fact(id="watering.last_h", value=210.0, unit="h", label="since the last watering"),
    wire.Fact(id="sensor.1.battery", value=87.0, unit="%", label="battery of sensor 1"),
]  # fmt: skip


def plan(number: int = 7, **changes: Any) -> wire.CarePlan:
    """A plan by a model, twelve minutes old."""
    data = wire.PlanData(
        summary="Monstera is too dry and has been for five hours. Water it today; everything else is as it should be.",
        diagnosis=[
            wire.Diagnosis(claim="The soil is at 18 %, below the 25 % that it should not fall under.",
                           confidence="high", evidence=["soil_moisture.now", "soil_moisture.limit_min"]),
            wire.Diagnosis(claim="It has had no water for nine days, and the week's mean is already low.",
                           confidence="medium", evidence=["watering.last_h", "soil_moisture.mean_7d"]),
            wire.Diagnosis(claim="The room is warm enough.", confidence="high", evidence=["temperature.mean_24h"]),
            wire.Diagnosis(claim="It gets 40 mol of light a day.", confidence="low", evidence=["dli.mean_7d"],
                           supported=False, doubt="dli.mean_7d is not among the facts"),
            wire.Diagnosis(claim="The sensor can be believed.", confidence="high", evidence=["sensor.1.battery"]),
        ],
        actions=[
            wire.CareAction(kind="water", what="Water it until some runs out below", amount="about 400 ml",
                            when="today", why="The soil is at 18 %.", evidence=["soil_moisture.now"]),
            wire.CareAction(kind="observe", what="Look whether the leaves stand up again", when="tomorrow",
                            why="Monstera recovers within a day.", decision="declined"),
        ],
        watch_for=["Leaves that stay limp a day after watering.", "Water that stands in the saucer."],
        unknowns=["Nobody measures how much it is fed."],
        threshold_proposals=[
            wire.ThresholdProposal(metric="soil_moisture", min=30, max=60, current_min=25, current_max=60,
                                   why="It was limp twice when the soil was below 28 %.",
                                   evidence=["soil_moisture.mean_7d"]),
        ],
    )  # fmt: skip
    base: dict[str, Any] = {
        "source": "anthropic", "model": "claude-haiku-5-5", "prompt_version": "1", "inputs_hash": "abc",
        "generated_at": ago(12), "plan_data": data, "facts": FACTS, "tokens_in": 1204, "tokens_out": 310,
        "cost_usd": 0.0027,
    }  # fmt: skip
    return wire.CarePlan(id=number, plant_id="plt_monstera", **{**base, **changes})


def by_rules(number: int = 8, reason: str = "No model is set.", **changes: Any) -> wire.CarePlan:
    """The same by the rules."""
    none = dict.fromkeys(("model", "prompt_version", "tokens_in", "tokens_out", "cost_usd"))
    return plan(number, **{"source": "rules", "source_reason": reason, **none, **changes})


STAGES = [
    ("facts", "Reading what is known: 42 facts"),
    ("asking", "Asking claude-haiku-5-5 at api.anthropic.com"),
    ("writing", "The model has been at it for 2 s"),
    ("writing", "The model has been at it for 4 s"),
    ("checking", "Comparing the answer with the facts"),
    ("done", ""),
]


class FakeAdvisor:
    """Answers like the doors of the care advisor. ``hold`` stops a plan in its making after so many stages."""

    def __init__(self) -> None:
        self.plans: list[wire.CarePlan] = [plan(), by_rules(5, generated_at=ago(3 * 1440), feedback="helped")]
        self.next_plan = plan(9, generated_at=NOW)
        self.hold: int | None = None
        self.released = asyncio.Event()
        self.stopped = 0
        self.refused: dict[str, Any] | None = None
        self.advice = wire.AdvisorPreview(
            plant_id="plt_monstera", source="anthropic", host="api.anthropic.com", model="claude-haiku-5-5",
            prompt_version="1", system="You are a gardener.\nCite only the facts that you are given.",
            prompt="plant.name: \"Monstera\"\nsoil_moisture.now: 18 %", facts=FACTS, inputs_hash="abc",
            size_bytes=48, tokens_estimate=1250, cost_estimate_usd=0.0031,
        )  # fmt: skip
        self.llm = wire.LlmSettings(
            provider="anthropic", model="claude-haiku-5-5", configured=True, installed=True,
            api_key_masked="sk-…abcd", key_host="api.anthropic.com", daily_cap_usd=0.5, monthly_cap_usd=5,
            spent_today_usd=0.0123, spent_month_usd=0.41, prices_as_of="2026-11-24",
            models=[
                wire.LlmModel(id="claude-haiku-5-5", provider="anthropic", input_usd=1, output_usd=5),
                wire.LlmModel(id="claude-sonnet-5-5", provider="anthropic", input_usd=3, output_usd=15),
                wire.LlmModel(id="gpt-5-mini", provider="openai", input_usd=0.25, output_usd=2),
            ],
        )  # fmt: skip
        self.llm_test = wire.LlmTest(ok=True, provider="anthropic", model="claude-haiku-5-5", latency_ms=412)
        self.keys: list[str] = []

    async def making(self) -> AsyncIterator[bytes]:
        """The stream of analyze."""
        try:
            for place, (stage, detail) in enumerate(STAGES):
                if place == self.hold:
                    await self.released.wait()
                yield self._frame("progress", {"stage": stage, "detail": detail})
            if self.refused is not None:
                yield self._frame("problem", self.refused)
                return
            if all(known.id != self.next_plan.id for known in self.plans):
                self.plans.insert(0, self.next_plan)
        except (asyncio.CancelledError, GeneratorExit):
            self.stopped += 1
            raise
        yield self._frame("plan", self.next_plan.model_dump(mode="json"))

    @staticmethod
    def _frame(kind: str, data: Any) -> bytes:
        return f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()

    def advisor(self, method: str, steps: list[str], body: Any) -> Any:
        """The answer, or None for what is not there."""
        match method, steps:
            case "POST", ["api", "plants", _, "analyze"]:
                headers = {"content-type": "text/event-stream"}
                return httpx2.Response(200, headers=headers, content=self.making())
            case "GET", ["api", "plants", plant_id, "care-plans"]:
                return page([known for known in self.plans if known.plant_id == plant_id])
            case "GET", ["api", "plants", _, "advisor-preview"]:
                return self.advice.model_dump(mode="json")
            case "POST", ["api", "care-plans", number, "feedback"]:
                return self._changed(int(number), feedback=body["feedback"])
            case "POST", ["api", "care-plans", number, kind, place, "decision"]:
                return self._decided(int(number), kind, int(place), body["decision"])
            case _, ["api", "settings", "llm", *rest]:
                return self._llm(method, rest, body)
        return None

    def _changed(self, number: int, **changes: Any) -> Any:
        place = next(i for i, known in enumerate(self.plans) if known.id == number)
        self.plans[place] = self.plans[place].model_copy(update=changes)
        return self.plans[place].model_dump(mode="json")

    def _decided(self, number: int, kind: str, place: int, decision: str) -> Any:
        known = next(plan for plan in self.plans if plan.id == number).model_copy(deep=True)
        deeds: list[Any] = (
            known.plan_data.actions if kind == "actions" else known.plan_data.threshold_proposals
        )
        deeds[place].decision = decision
        return self._changed(number, plan_data=known.plan_data)

    def _llm(self, method: str, rest: list[str], body: Any) -> Any:
        if rest == ["test"]:
            return self.llm_test.model_dump(mode="json")
        kept = self.llm.model_dump(
            include={"models", "prices_as_of", "installed", "spent_today_usd", "spent_month_usd"}
        )
        if method == "DELETE":
            self.llm = wire.LlmSettings.model_validate({**kept, "configured": False})
            return {}
        if method == "PUT":
            key = body.pop("api_key", None)
            self.keys += [key] if key else []
            same = body["provider"] == self.llm.provider and body.get("base_url") == self.llm.base_url
            masked = f"sk-…{key[-4:]}" if key else self.llm.api_key_masked if same else None
            changed = {
                **kept,
                **body,
                "prices": body.get("prices") or {},
                "configured": True,
                "api_key_masked": masked,
            }
            self.llm = wire.LlmSettings.model_validate(changed)
        return self.llm.model_dump(mode="json")
