"""What a plan must or must not hold, each a check by code that says what it looked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from plantops_api.wire import ActionKind, Confidence, PlanData

_LEVELS: tuple[Confidence, ...] = ("low", "medium", "high")


class Mark(NamedTuple):
    """One check; ``holds`` is asked with the plan."""

    what: str
    holds: Callable[[PlanData], bool]


def acts(kind: ActionKind, *, first: bool = False) -> Mark:
    """There is an action of that kind, or it is the first one."""
    return Mark(
        f"{'first ' if first else ''}action {kind}",
        lambda plan: any(a.kind == kind for a in (plan.actions[:1] if first else plan.actions)),
    )


def never(kind: ActionKind) -> Mark:
    """There is none of that kind."""
    return Mark(f"no action {kind}", lambda plan: all(action.kind != kind for action in plan.actions))


def cites(*fact_ids: str) -> Mark:
    """A diagnosis rests on all of these facts."""
    return Mark(
        f"a claim that cites {' and '.join(fact_ids)}",
        lambda plan: any(set(fact_ids) <= set(claim.evidence) for claim in plan.diagnosis),
    )


def says(pattern: str) -> Mark:
    """Some text matches."""
    return Mark(f"says /{pattern}/", lambda plan: re.search(pattern, _all(plan), re.IGNORECASE) is not None)


def is_silent_on(pattern: str) -> Mark:
    """No text matches."""
    return Mark(
        f"does not say /{pattern}/", lambda plan: re.search(pattern, _all(plan), re.IGNORECASE) is None
    )


def sums_up(pattern: str) -> Mark:
    """The summary matches."""
    return Mark(
        f"summary says /{pattern}/", lambda plan: re.search(pattern, plan.summary, re.IGNORECASE) is not None
    )


def is_at_most(confidence: Confidence, fact: str) -> Mark:
    """Claims that cite a fact whose id begins so are no surer than that; there is at least one."""

    def holds(plan: PlanData) -> bool:
        levels = [c.confidence for c in plan.diagnosis if any(e.startswith(fact) for e in c.evidence)]
        return bool(levels) and all(_LEVELS.index(level) <= _LEVELS.index(confidence) for level in levels)

    return Mark(f"claims about {fact} are at most of {confidence} confidence", holds)


def leaves_open(pattern: str) -> Mark:
    """One of the unknowns matches."""
    return Mark(
        f"unknown /{pattern}/",
        lambda plan: any(re.search(pattern, text, re.IGNORECASE) for text in plan.unknowns),
    )


def proposes(metric: str | None) -> Mark:
    """Limits are proposed for that metric alone, or (None) for none."""
    wanted = [] if metric is None else [metric]
    return Mark(
        f"proposes limits for {metric or 'nothing'}",
        lambda plan: [proposal.metric for proposal in plan.threshold_proposals] == wanted,
    )


def texts(plan: PlanData) -> Iterator[str]:
    """Every text of a plan."""
    yield plan.summary
    for claim in plan.diagnosis:
        yield claim.claim
    for action in plan.actions:
        yield from (action.what, action.amount or "", action.when, action.why)
    yield from (*plan.watch_for, *plan.unknowns, *(proposal.why for proposal in plan.threshold_proposals))


def _all(plan: PlanData) -> str:
    return "\n".join(texts(plan))
