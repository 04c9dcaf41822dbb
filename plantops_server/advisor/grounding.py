"""Compare a plan with the facts, by code: every id exists, every number is a fact's, nothing in it does harm. Pure.

A claim that fails is kept and marked, so that a person sees what was doubted. Advice that fails is left out: nobody
should act on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from plantops_api.wire import (
    BOUNDS,
    LIMIT_METRICS,
    CareAction,
    Confidence,
    Diagnosis,
    PlanData,
    ThresholdProposal,
)
from plantops_server.advisor import harm
from plantops_server.advisor.answer import plain
from plantops_server.advisor.contradiction import contradicts
from plantops_server.advisor.numbers import numbers, unfound
from plantops_server.advisor.rules import rules_plan, urgent_actions
from plantops_server.advisor.rules.case import Case, joined
from plantops_server.advisor.sheet import FactSheet, format_number

Part = TypeVar("Part")

_LEVELS: tuple[Confidence, ...] = ("low", "medium", "high")
_MOST = {"diagnosis": 8, "actions": 8, "texts": 6, "proposals": 4}
_WIDER = 0.25
"""Share of the species' span by which a proposal may reach beyond it."""
_LEFT_OUT = "Advice of the model that the facts speak against was left out."
_ADDED = "Added by the rules. "
_GENERAL = "General advice: the facts do not show it."


def check(plan: PlanData, sheet: FactSheet) -> PlanData:
    """The plan as it may be shown.

    Claims get ``supported`` and ``doubt``, and no more confidence than their sensors allow. Harmful actions, limits
    that make no sense and sentences with foreign numbers go; what then is missing, and whatever cannot wait by the
    facts, comes from the rules.
    """
    case = Case(sheet)
    actions = [_shown(action, case) for action in plan.actions if not _against(action, case)]
    harmful = len(actions) < len(plan.actions)
    summary = joined(s for s in harm.sentences(plain(plan.summary)) if not _faults_of_sentence(s, case))
    rules = rules_plan(sheet) if (harmful and not actions) or not summary else None
    return PlanData(
        summary=summary or (rules.summary if rules else ""),
        diagnosis=[_judged(claim, case) for claim in plan.diagnosis if not harm.no_gardening(claim.claim)][
            : _MOST["diagnosis"]
        ],
        actions=(rules.actions if rules and harmful and not actions else _with_urgent(actions, sheet))[
            : _MOST["actions"]
        ],
        watch_for=_kept(plan.watch_for, case),
        unknowns=[*([_LEFT_OUT] if harmful else []), *_kept(plan.unknowns, case)],
        threshold_proposals=[
            _with_current(proposal, sheet)
            for proposal in plan.threshold_proposals
            if not _unfit(proposal, case)
        ][: _MOST["proposals"]],
    )


def problems(plan: PlanData, sheet: FactSheet) -> list[str]:
    """What is wrong with a plan, in sentences for whoever is to write it again; empty when nothing is."""
    case = Case(sheet)
    return [
        *_numbered("summary", [plan.summary], lambda text: _faults_of_text(text, case)),
        *_numbered("diagnosis", plan.diagnosis, lambda claim: _faults_of_claim(claim, case)),
        *_numbered("action", plan.actions, lambda action: _faults_of_action(action, case)),
        *_numbered("watch_for", plan.watch_for, lambda text: _faults_of_hint(text, case)),
        *_numbered("unknowns", plan.unknowns, lambda text: _faults_of_hint(text, case)),
        *_numbered("threshold_proposal", plan.threshold_proposals, lambda proposal: _unfit(proposal, case)),
    ]


def _numbered(name: str, parts: Sequence[Part], faults: Callable[[Part], list[str]]) -> list[str]:
    return [
        f"{name}{'' if name == 'summary' else f' {number}'}: {fault}."
        for number, part in enumerate(parts, 1)
        for fault in faults(part)
    ]


# --- claims ---------------------------------------------------------------------------------------------


def _judged(claim: Diagnosis, case: Case) -> Diagnosis:
    faults = _faults_of_claim(claim, case)
    confidence = min(claim.confidence, _possible(claim, case), key=_LEVELS.index)
    return Diagnosis(
        claim=plain(claim.claim), confidence="low" if faults else confidence, evidence=_known(claim.evidence, case),
        supported=not faults, doubt=None if not faults else f"{'; '.join(faults)}.".capitalize(),
    )  # fmt: skip


def _possible(claim: Diagnosis, case: Case) -> Confidence:
    """The most confidence that the sensors behind a claim allow; claims about the sensors themselves are free."""
    metrics = {
        fact_id.partition(".")[0]
        for fact_id in _known(claim.evidence, case)
        if not fact_id.startswith("sensor")
    }
    measured = sorted(metric for metric in metrics if metric in LIMIT_METRICS)
    return case.confidence(*measured) if measured else "high"


def _faults_of_claim(claim: Diagnosis, case: Case) -> list[str]:
    faults = _faults_of_evidence(claim.evidence, claim.claim, case)
    if not claim.evidence:
        faults.append("cites no fact")
    reasons = (
        contradicts(claim.claim, case),
        harm.of_claim(claim.claim, case),
        harm.no_gardening(claim.claim),
    )
    return [*faults, *(reason for reason in reasons if reason)]


def _faults_of_evidence(evidence: Iterable[str], text: str, case: Case) -> list[str]:
    cited = list(evidence)
    faults = [f"cites {plain(fact_id)[:80]}, which is no fact" for fact_id in cited if not case.has(fact_id)]
    return faults + [
        f"says {number}, which no cited fact holds" for number in unfound(text, case.sheet.cited(cited))
    ]


def _known(evidence: Iterable[str], case: Case) -> list[str]:
    return list(dict.fromkeys(fact_id for fact_id in evidence if case.has(fact_id)))


# --- actions --------------------------------------------------------------------------------------------


def _against(action: CareAction, case: Case) -> str | None:
    return harm.of_action(action, case)


def _with_urgent(actions: list[CareAction], sheet: FactSheet) -> list[CareAction]:
    """These actions after what cannot wait, where none of them is of that kind: words may deceive the check."""
    kinds = {action.kind for action in actions}
    missing = [action for action in urgent_actions(sheet) if action.kind not in kinds]
    return [*(action.model_copy(update={"why": _ADDED + action.why}) for action in missing), *actions]


def _shown(action: CareAction, case: Case) -> CareAction:
    evidence = _known(action.evidence, case)
    facts = case.sheet.cited(evidence)
    why = joined(
        sentence for sentence in harm.sentences(plain(action.why))
        if not unfound(sentence, facts) and not contradicts(sentence, case)
    )  # fmt: skip
    return CareAction(
        kind=action.kind, what=plain(action.what), amount=None if action.amount is None else plain(action.amount),
        when=plain(action.when), why=why or _GENERAL, evidence=evidence,
    )  # fmt: skip


def _faults_of_action(action: CareAction, case: Case) -> list[str]:
    reason, contradiction = _against(action, case), contradicts(action.why, case)
    return [
        *([f"would do harm: {reason}"] if reason else []),
        *_faults_of_evidence(action.evidence, action.why, case),
        *([contradiction] if contradiction else []),
    ]


# --- texts ----------------------------------------------------------------------------------------------


def _faults_of_text(text: str, case: Case) -> list[str]:
    return [fault for sentence in harm.sentences(text) for fault in _faults_of_sentence(sentence, case)]


def _faults_of_sentence(sentence: str, case: Case) -> list[str]:
    reason, contradiction = harm.of_text(sentence, case), contradicts(sentence, case)
    return [
        *(f"says {number}, which no fact holds" for number in unfound(sentence, case.sheet.facts)),
        *([f"would do harm: {reason}"] if reason else []),
        *([contradiction] if contradiction else []),
    ]


def _faults_of_hint(text: str, case: Case) -> list[str]:
    """A hint may name a time of its own ("within two weeks"), but no measurement."""
    foreign = set(unfound(text, case.sheet.facts))
    measured = [number.text for number in numbers(text) if number.is_measured and number.text in foreign]
    reason = harm.of_text(text, case)
    return [
        *(f"says {number}, which no fact holds" for number in measured),
        *([f"would do harm: {reason}"] if reason else []),
    ]


def _kept(texts: Iterable[str], case: Case) -> list[str]:
    cleaned = (plain(text) for text in texts)
    return [text for text in cleaned if text and not _faults_of_hint(text, case)][: _MOST["texts"]]


# --- limits ---------------------------------------------------------------------------------------------


def _unfit(proposal: ThresholdProposal, case: Case) -> list[str]:
    """Why these limits must not be proposed."""
    low, high, metric = proposal.min, proposal.max, proposal.metric
    least, most = BOUNDS[metric]
    faults = _faults_of_evidence(proposal.evidence, proposal.why, case)
    if not any(case.has(f"{metric}.{what}") for what in ("now", "mean_7d", "mean_24h")):
        faults.append(f"{metric} is not measured here")
    if low is None and high is None:
        faults.append("names no limit")
    if any(side is not None and not least <= side <= most for side in (low, high)):
        faults.append(f"is outside of what can be measured, {format_number(least)} to {format_number(most)}")
    if low is not None and high is not None and low >= high:
        faults.append("has a lower limit that is not below the upper one")
    if not _known(proposal.evidence, case):
        faults.append("cites no fact")
    return [*faults, *_unwise(proposal, case)]


def _unwise(proposal: ThresholdProposal, case: Case) -> list[str]:
    """Limits that would silence a problem, or leave what the species bears far behind."""
    metric, low, high = proposal.metric, proposal.min, proposal.max
    current = [case.number(f"{metric}.limit_{side}") for side in ("min", "max")]
    if (low, high) == tuple(current):
        return ["changes nothing"]
    status = case.text(f"{metric}.status")
    now = case.number(f"{metric}.now" if metric != "dli" else "dli.mean_7d")
    if now is not None and (
        (status == "below" and (low is None or now >= low))
        or (status == "above" and (high is None or now <= high))
    ):
        return ["would only silence the problem that is there"]
    if case.text(f"{metric}.limit_source") != "species" or None in current:
        return []
    bears = [side for side in current if side is not None]
    slack = _WIDER * (bears[1] - bears[0])
    if low is None or high is None or low < bears[0] - slack or high > bears[1] + slack:
        return ["reaches far beyond what the species bears"]
    return []


def _with_current(proposal: ThresholdProposal, sheet: FactSheet) -> ThresholdProposal:
    return ThresholdProposal(
        metric=proposal.metric, min=proposal.min, max=proposal.max, why=plain(proposal.why),
        current_min=sheet.number(f"{proposal.metric}.limit_min"),
        current_max=sheet.number(f"{proposal.metric}.limit_max"),
        evidence=[fact_id for fact_id in dict.fromkeys(proposal.evidence) if fact_id in sheet.by_id],
    )  # fmt: skip
