"""Sentences of the care advisor on the command line: what will be asked and cost, how far it is, what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from plantops_api import advice, wire
from plantops_cli import care_view, times
from plantops_cli.exit_codes import ExitCode, Stop

_STAGES = {"writing": "It is writing; Ctrl-C stops it."}
"""Stages that are told again and again, and what is said of them once."""


def before(found: wire.AdvisorPreview, name: str) -> str:
    """Who will write the plan, and about what it will cost."""
    if found.host is None:
        why = f" {found.source_reason}" if found.source_reason else ""
        return f"The rules write the plan of {name}; nothing leaves this machine.{why}"
    if found.cost_estimate_usd is None:
        cost = "its price is not known"
    elif found.cost_estimate_usd == 0:
        cost = "free of charge"
    else:
        cost = f"about {advice.money(found.cost_estimate_usd)}"
    return (
        f"{found.model} at {found.host} writes the plan of {name}: "
        f"about {found.tokens_estimate} tokens to read, {cost}."
    )


def stage(progress: wire.CareProgress) -> str:
    """How far it is; empty for what needs no words."""
    return _STAGES.get(progress.stage) or progress.detail


def after(plan: wire.CarePlan, now: datetime) -> str:
    """What it took, or that nobody was asked."""
    if plan.cached:
        age = times.ago(plan.generated_at, now)
        return f"Nothing has changed since this plan ({age}): nobody was asked, nothing was spent. --force asks anew."
    if plan.source == "rules":
        return "Written by the rules: nothing was spent."
    return f"It took {advice.spent(plan)}." if advice.spent(plan) else "What it took is not known."


class Deed(NamedTuple):
    """An action or a proposed limit by the number that ``care show`` gives it; ``place`` counts from 0 in its list."""

    number: int
    place: int
    action: wire.CareAction | None = None
    proposal: wire.ThresholdProposal | None = None

    @property
    def decision(self) -> wire.Decision | None:
        """What was decided before."""
        thing = self.action or self.proposal
        return thing.decision if thing else None


def deed(plan: wire.CarePlan, number: int) -> Deed:
    """What a number means. Raises Stop (exit 2) for one that the plan does not have."""
    actions, proposals = plan.plan_data.actions, plan.plan_data.threshold_proposals
    if number <= len(actions):
        return Deed(number, number - 1, action=actions[number - 1])
    place = number - 1 - len(actions)
    if place < len(proposals):
        return Deed(number, place, proposal=proposals[place])
    most = len(actions) + len(proposals)
    what = f"It has 1 to {most}." if most else "It proposes nothing."
    raise Stop(ExitCode.USAGE, f"Plan {plan.id} has no number {number}. {what} Nothing was changed.")


def decided(made: Deed, decision: wire.Decision, name: str) -> str:
    """What changed by it."""
    if made.proposal is not None:
        limits = care_view.limits_text(made.proposal)
        if decision == "accepted":
            return f"Accepted: {limits}. These limits of {name} hold from now on; they came from the advisor."
        return f"Declined: {limits}. The limits of {name} stay."
    action = made.action
    what = advice.deed(action) if action else ""
    if decision == "accepted" and action and action.kind == "water":
        return f"Accepted: {what}. Logged a watering of {name}."
    return f"{decision.capitalize()}: {what}."
