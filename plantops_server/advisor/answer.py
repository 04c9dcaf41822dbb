"""What a model is asked to write: the JSON schema that vendors enforce, and our own look at what came.

The schema stays within what all vendors' strict modes know: everything required, null instead of absent, no bounds.
Bounds are kept here: what is too much is cut, what nobody asked for is ignored, and a small model that left out an
empty list is understood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from plantops_api import wire
from plantops_api.text import clean_line

MOST_TOKENS = 6000
"""Of an answer: a plan takes about 1,000 to 1,500, and what a model thinks before it writes counts, too."""
USUAL_TOKENS = 1500
"""What the estimate that people see is made with."""

_PART = 600
"""Characters of one text; longer ones are cut."""
_MOST = 12
"""Entries of one list; more are no plan for one plant."""

_TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,500}>")
_LINK = re.compile(r"!?\[([^\[\]]{0,200})\]\([^()]{0,500}\)")
_URL = re.compile(r"(?:\b[a-z][a-z0-9+.-]{1,15}://|\bwww\.)\S+", re.IGNORECASE)


class InvalidAnswer(Exception):
    """The text is no plan; ``str(error)`` says where, in words that a model can use."""


def plain(value: str) -> str:
    """One line of plain text: nothing that a terminal obeys, no markup, no address that somebody might follow."""
    without_markup = _TAG.sub("", _LINK.sub(r"\1", clean_line(value)))
    return clean_line(_URL.sub("(address left out)", without_markup).strip(), _PART)


def _first(value: Any) -> Any:
    return value[:_MOST] if isinstance(value, list) else value


Text = Annotated[str, AfterValidator(plain)]
Item = TypeVar("Item")
Few = Annotated[list[Item], BeforeValidator(_first)]


class _Diagnosis(BaseModel):
    claim: Text
    confidence: wire.Confidence
    evidence: Few[Text] = []


class _Action(BaseModel):
    kind: wire.ActionKind
    what: Text
    amount: Text | None = None
    when: Text
    why: Text
    evidence: Few[Text] = []


class _Proposal(BaseModel):
    metric: wire.LimitMetric
    min: float | None = Field(None, allow_inf_nan=False)
    max: float | None = Field(None, allow_inf_nan=False)
    why: Text
    evidence: Few[Text] = []


class _Plan(BaseModel):
    summary: Text
    diagnosis: Few[_Diagnosis]
    actions: Few[_Action]
    watch_for: Few[Text] = []
    unknowns: Few[Text] = []
    threshold_proposals: Few[_Proposal] = []


def read(text: str) -> wire.PlanData:
    """The plan in an answer, not yet compared with the facts. Raises InvalidAnswer."""
    try:
        found = json.loads(_object_in(text), parse_constant=_refuse)
        plan = _Plan.model_validate(found)
    except ValidationError as error:
        raise InvalidAnswer(
            "; ".join(_fault(fault) for fault in error.errors(include_url=False)[:5])
        ) from None
    except (ValueError, RecursionError):
        raise InvalidAnswer("it is not one JSON object") from None
    if not plan.summary:
        raise InvalidAnswer("summary: is empty")
    return wire.PlanData.model_validate(plan.model_dump())


def _object_in(text: str) -> str:
    """The JSON object within what a model without schemas may put around it: a code fence, a greeting."""
    return text[max(0, text.find("{")) : text.rfind("}") + 1]


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _fault(fault: Mapping[str, Any]) -> str:
    where = ".".join(str(step) for step in fault["loc"]) or "the answer"
    return clean_line(f"{where}: {fault['msg']}", 120)


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip


def _list(of: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {"type": "array", "items": dict(of), "description": description}


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _choice(among: Any) -> dict[str, Any]:
    return {"type": "string", "enum": list(get_args(among))}


_EVIDENCE = _list({"type": "string"}, "Ids of the facts that this rests on")
_LIMIT = {"anyOf": [{"type": "number"}, {"type": "null"}]}

SCHEMA: dict[str, Any] = _object(
    summary=_text("One or two sentences: how the plant is, and what to do first"),
    diagnosis=_list(
        _object(
            claim=_text("One statement about the plant; repeats numbers as the facts have them"),
            confidence=_choice(wire.Confidence),
            evidence=_EVIDENCE,
        ),
        "What the facts mean, the most important first",
    ),
    actions=_list(
        _object(
            kind=_choice(wire.ActionKind),
            what=_text("What to do"),
            amount={
                "anyOf": [{"type": "string"}, {"type": "null"}], "description": "How much, null where none fits",
            },
            when=_text("When"),
            why=_text("Why, from the facts"),
            evidence=_EVIDENCE,
        ),
        "What a person should do, the most urgent first; empty when nothing is due",
    ),
    watch_for=_list({"type": "string"}, "Signs to look at in the next days"),
    unknowns=_list({"type": "string"}, "What the facts do not tell and would matter"),
    threshold_proposals=_list(
        _object(metric=_choice(wire.LimitMetric), min=_LIMIT, max=_LIMIT, why=_text("Why"), evidence=_EVIDENCE),
        "Other alert limits, only where the present ones do not fit this plant; usually empty",
    ),
)  # fmt: skip
