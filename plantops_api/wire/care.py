"""Care plans: what they say, what they rest on, and what people decide."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from plantops_api.wire.bodies import Request, Response
from plantops_api.wire.measures import LimitMetric

Confidence = Literal["low", "medium", "high"]
ActionKind = Literal["water", "wait", "light", "warmth", "humidity", "feed", "sensor", "observe", "other"]
Feedback = Literal["helped", "not_helped"]
Decision = Literal["accepted", "declined"]


class Fact(Response):
    """One thing the advisor may know. Only facts with these ids may be cited."""

    id: str = Field(examples=["soil_moisture.mean_24h"])
    value: float | str | bool | None
    unit: str | None = Field(None, examples=["%"])
    label: str = Field(
        "", description="In words, for people", examples=["mean soil moisture of the last 24 h"]
    )


class Diagnosis(Response):
    """One claim about the plant, with the ids of the facts that it rests on."""

    claim: str
    confidence: Confidence
    evidence: list[str]
    supported: bool = Field(True, description="Code found every cited fact and every number of the claim")
    doubt: str | None = Field(None, description="What code could not find, when not supported")


class CareAction(Response):
    """Something to do: what, how much, when and why."""

    kind: ActionKind
    what: str
    amount: str | None = None
    when: str
    why: str
    evidence: list[str] = []
    decision: Decision | None = None


class ThresholdProposal(Response):
    """Other limits for one metric: a diff that a person accepts or declines."""

    metric: LimitMetric
    min: float | None = None
    max: float | None = None
    current_min: float | None = None
    current_max: float | None = None
    why: str
    evidence: list[str] = []
    decision: Decision | None = None


class PlanData(Response):
    """What a care plan says; every text is plain."""

    summary: str
    diagnosis: list[Diagnosis] = []
    actions: list[CareAction] = []
    watch_for: list[str] = []
    unknowns: list[str] = []
    threshold_proposals: list[ThresholdProposal] = []


class CarePlan(Response):
    """A care plan as it was written; the newest of a plant is the current one."""

    id: int
    plant_id: str
    source: str = Field(description="The provider that wrote it, or `rules`", examples=["rules"])
    source_reason: str | None = Field(None, description="Why the rules wrote it; null when a model did")
    model: str | None = None
    prompt_version: str | None = None
    inputs_hash: str | None = None
    generated_at: datetime
    plan_data: PlanData
    facts: list[Fact] = Field([], description="The facts that it cites, as they were")
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float | None = Field(None, description="Null when the price of the model is not known")
    feedback: Feedback | None = None
    cached: bool = Field(False, description="Nothing had changed since, so nobody was asked again")


class AnalyzeBody(Request):
    """POST /api/plants/{id}/analyze."""

    force: bool = Field(
        False, examples=[False], description="Ask again although nothing has changed since the current plan"
    )


class CareProgress(Response):
    """One event of the progress of analyze, when it is asked for as text/event-stream."""

    stage: Literal["facts", "asking", "writing", "checking", "repairing", "done"]
    detail: str = ""


class FeedbackBody(Request):
    """POST /api/care-plans/{id}/feedback; null takes it back."""

    feedback: Feedback | None = Field(examples=["helped"])


class DecisionBody(Request):
    """Accept or decline an action or a threshold proposal of a care plan."""

    decision: Decision = Field(examples=["accepted"])


class AdvisorPreview(Response):
    """GET /api/plants/{id}/advisor-preview: exactly what analyze would send, and to whom."""

    plant_id: str
    source: str = Field(description="Who would write the plan: a provider, or `rules`")
    source_reason: str | None = Field(
        None, description="Why the rules would; nothing leaves the machine then"
    )
    host: str | None = Field(None, description="Where it would be sent; null = nowhere")
    model: str | None = None
    prompt_version: str
    system: str = Field(description="The instructions, word for word")
    prompt: str = Field(description="The message, word for word; holds the facts")
    facts: list[Fact]
    inputs_hash: str
    size_bytes: int = Field(description="Of the fact sheet within the prompt")
    tokens_estimate: int
    cost_estimate_usd: float | None = Field(None, description="Null when the price of the model is not known")
