"""A server in memory that answers like the doors of the care advisor, with one plant and the plan a test gives it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx2

from tests.cli.conftest import NOW

PLANT = {
    "id": "plt_a", "name": "Basil", "species": "Ocimum basilicum", "health": "attention", "trust": "fresh",
    "state": {}, "thresholds": {},
}  # fmt: skip

FACTS = [
    {"id": "soil_moisture.now", "value": 12.5, "unit": "%", "label": "soil moisture now"},
    {"id": "soil_moisture.mean_24h", "value": 14.0, "unit": "%", "label": "mean soil moisture of the last 24 h"},
    {"id": "species.soil_moisture", "value": "30 to 60", "unit": "%", "label": "soil moisture this species wants"},
]  # fmt: skip

PLAN: dict[str, Any] = {
    "id": 7, "plant_id": "plt_a", "source": "anthropic", "model": "claude-haiku-5-5", "prompt_version": "1",
    "generated_at": (NOW - timedelta(minutes=12)).isoformat(),
    "tokens_in": 1204, "tokens_out": 310, "cost_usd": 0.0027, "facts": FACTS,
    "plan_data": {
        "summary": "Basil is too dry, and has been for two hours. Water it today.",
        "diagnosis": [
            {"claim": "The soil is far drier than basil wants it: 12.5 % where 30 to 60 % would be right.",
             "confidence": "high", "evidence": ["soil_moisture.now", "species.soil_moisture"]},
            {"claim": "It gets 40 mol of light a day.", "confidence": "low", "evidence": ["dli.mean_7d"],
             "supported": False, "doubt": "dli.mean_7d is not among the facts"},
        ],
        "actions": [
            {"kind": "water", "what": "Water it", "amount": "about 250 ml", "when": "today",
             "why": "The soil is at 12.5 %.", "evidence": ["soil_moisture.now"]},
            {"kind": "observe", "what": "Look whether the leaves stand up again", "when": "tomorrow",
             "why": "They hang when basil is thirsty.", "decision": "declined"},
        ],
        "watch_for": ["Leaves that stay limp after watering."],
        "unknowns": ["Nobody measures the light here."],
        "threshold_proposals": [
            {"metric": "soil_moisture", "min": 35, "max": 65, "current_min": 30, "current_max": 60,
             "why": "It dries out within a day."},
        ],
    },
}  # fmt: skip

RULES = {
    **PLAN, "id": 8, "source": "rules", "source_reason": "No model is set.", "model": None, "prompt_version": None,
    "tokens_in": None, "tokens_out": None, "cost_usd": None,
}  # fmt: skip

PREVIEW: dict[str, Any] = {
    "plant_id": "plt_a", "source": "anthropic", "source_reason": None, "host": "api.anthropic.com",
    "model": "claude-haiku-5-5", "prompt_version": "1", "system": "You are a gardener.\nCite facts.",
    "prompt": '{"name": "Basil",\n "soil_moisture.now": "12.5 %"}', "facts": FACTS, "inputs_hash": "abc",
    "size_bytes": 47, "tokens_estimate": 1200, "cost_estimate_usd": 0.0031,
}  # fmt: skip

MODELS = [
    {"id": "claude-haiku-5-5", "provider": "anthropic", "input_usd": 1.0, "output_usd": 5.0},
    {"id": "gpt-5-mini", "provider": "openai", "input_usd": 0.25, "output_usd": 2.0},
]


class ScriptedAdvisor:
    """Give ``self`` to ``answered``; tests change what it holds and read ``requests``."""

    def __init__(self) -> None:
        self.plant = dict(PLANT)
        self.plan: dict[str, Any] | None = json.loads(json.dumps(PLAN))
        self.preview = dict(PREVIEW)
        self.settings: dict[str, Any] = {
            "configured": False, "installed": True, "models": MODELS, "prices_as_of": "2026-11-24",
        }  # fmt: skip
        self.outcome: dict[str, Any] = {
            "ok": True, "provider": "anthropic", "model": "claude-haiku-5-5", "latency_ms": 412, "error": None,
        }  # fmt: skip
        self.progress = [
            ("facts", "Reading what is known"), ("asking", "Asking claude-haiku-5-5 at api.anthropic.com"),
            ("writing", "The model has been at it for 2 s"), ("writing", "The model has been at it for 4 s"),
            ("checking", "Comparing the answer with the facts"), ("done", ""),
        ]  # fmt: skip
        self.requests: list[tuple[str, str, Any]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """One answer."""
        body = json.loads(request.content) if request.content else None
        self.requests.append((request.method, request.url.path, body))
        if request.url.path.endswith("/analyze"):
            return self._stream()
        answer = self._answer(request.method, request.url.path.split("/")[2:], body)
        if answer is None:
            return httpx2.Response(
                404, json={"status": 404, "code": "care_plan_not_found", "detail": "No plan was written yet."}
            )
        return httpx2.Response(200, content=json.dumps(answer).encode())

    def sent(self, method: str, part: str) -> list[Any]:
        """Bodies that were sent there."""
        return [body for verb, path, body in self.requests if verb == method and part in path]

    def _stream(self) -> httpx2.Response:
        frames = [
            f"event: progress\ndata: {json.dumps({'stage': stage, 'detail': detail})}\n\n"
            for stage, detail in self.progress
        ]
        frames.append(f"event: plan\ndata: {json.dumps(self.plan)}\n\n")
        headers = {"content-type": "text/event-stream"}
        return httpx2.Response(200, content="".join(frames).encode(), headers=headers)

    def _answer(self, method: str, steps: list[str], body: Any) -> Any:
        match method, steps:
            case "GET", ["plants"]:
                return {"items": [self.plant]}
            case "GET", ["plants", _, "care-plan"]:
                return self.plan
            case "GET", ["plants", _, "care-plans"]:
                return {"items": [self.plan] if self.plan else []}
            case "GET", ["plants", _, "advisor-preview"]:
                return self.preview
            case "POST", ["care-plans", _, "feedback"]:
                return {**self.plan, "feedback": body["feedback"]} if self.plan else None
            case "POST", ["care-plans", _, kind, number, "decision"]:
                assert self.plan is not None
                kind = "actions" if kind == "actions" else "threshold_proposals"
                self.plan["plan_data"][kind][int(number)]["decision"] = body["decision"]
                return self.plan
            case _, ["settings", "llm", *rest]:
                return self._settings(method, rest, body)
        return None

    def _settings(self, method: str, rest: list[str], body: Any) -> Any:
        if rest:
            return self.outcome
        if method == "DELETE":
            self.settings = {**self.settings, "provider": None, "model": None, "configured": False}
            return {}
        if method == "PUT":
            key = body.pop("api_key", None)
            self.settings |= {
                **body, "configured": True, "prices": body.get("prices") or self.settings.get("prices", {}),
                "api_key_masked": f"sk-…{key[-4:]}" if key else self.settings.get("api_key_masked"),
                "key_host": "api.anthropic.com",
            }  # fmt: skip
        return self.settings
