"""How the command line shows a care plan: as text for people, wrapped, with the value of every fact that it cites."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime
from operator import attrgetter

from plantops_api import advice, wire
from plantops_cli import times
from plantops_cli.output import Column, Format, Output

_WIDEST = 100
"""Longest line where there is no terminal, and on a wider one: longer ones are hard to read."""

PLAN_COLUMNS = (
    Column("id", lambda plan: plan.id),
    Column("plant_id", lambda plan: plan.plant_id),
    Column("generated_at", lambda plan: plan.generated_at),
    Column("source", lambda plan: plan.source),
    Column("source_reason", lambda plan: plan.source_reason),
    Column("model", lambda plan: plan.model),
    Column("tokens_in", lambda plan: plan.tokens_in),
    Column("tokens_out", lambda plan: plan.tokens_out),
    Column("cost_usd", lambda plan: plan.cost_usd),
    Column("feedback", lambda plan: plan.feedback),
    Column("summary", lambda plan: " ".join(plan.plan_data.summary.split())),
)

PREVIEW_COLUMNS = tuple(
    Column(name, attrgetter(name))
    for name in (
        "plant_id", "source", "source_reason", "host", "model", "prompt_version", "system", "prompt", "inputs_hash",
        "size_bytes", "tokens_estimate", "cost_estimate_usd",
    )
)  # fmt: skip


def history_columns(now: datetime) -> list[Column]:
    """The columns of ``care history``."""
    return [
        Column("id", lambda plan: plan.id),
        Column(
            "generated_at",
            lambda plan: plan.generated_at,
            lambda plan: times.ago(plan.generated_at, now),
            "WRITTEN",
        ),
        Column("source", lambda plan: plan.source, lambda plan: advice.author(plan), "BY"),
        Column("source_reason", lambda plan: plan.source_reason, in_table=False),
        Column("model", lambda plan: plan.model, in_table=False),
        Column("tokens_in", lambda plan: plan.tokens_in, in_table=False),
        Column("tokens_out", lambda plan: plan.tokens_out, in_table=False),
        Column("cost_usd", lambda plan: plan.cost_usd, lambda plan: advice.money(plan.cost_usd), "COST"),
        Column("feedback", lambda plan: plan.feedback, lambda plan: _feedback(plan)),
        Column("summary", lambda plan: " ".join(plan.plan_data.summary.split())),
    ]


def show(writer: Output, plan: wire.CarePlan, name: str, now: datetime) -> None:
    """Write a plan: as text in place of a table, else the record."""
    if writer.format is Format.TABLE:
        width = min(_WIDEST, writer.width or _WIDEST)
        writer.text("\n".join(_page(plan, name, now, width)))
    else:
        writer.one(plan, PLAN_COLUMNS)


def limits_text(proposal: wire.ThresholdProposal) -> str:
    """``soil_moisture: 25–60 % -> 20–55 %``."""
    return f"{proposal.metric}: {advice.limits_diff(proposal, '->')}"


def _page(plan: wire.CarePlan, name: str, now: datetime, width: int) -> Iterator[str]:
    by = f"{plan.model} ({plan.source})" if plan.model else plan.source
    yield from _wrapped(f"Care plan {plan.id} of {name}, by {by}, {times.ago(plan.generated_at, now)}", width)
    if plan.source_reason:
        yield from _wrapped(f"The rules wrote it: {plan.source_reason}", width)
    yield ""
    for paragraph in plan.plan_data.summary.splitlines():
        yield from _wrapped(paragraph, width)
    yield from _actions(plan.plan_data, width)
    yield from _diagnosis(plan, width)
    yield from _limits(plan.plan_data, width)
    yield from _points("Watch for", plan.plan_data.watch_for, width)
    yield from _points("Not known", plan.plan_data.unknowns, width)
    took = [
        part for part in (advice.spent(plan), f"feedback: {_feedback(plan)}" if plan.feedback else "") if part
    ]
    if took:
        yield from ("", "; ".join(took))


def _diagnosis(plan: wire.CarePlan, width: int) -> Iterator[str]:
    if plan.plan_data.diagnosis:
        yield from ("", "Why")
    facts = {fact.id: fact for fact in plan.facts}
    for found in plan.plan_data.diagnosis:
        mark = "-" if found.supported else "?"
        yield from _wrapped(f"{found.claim} ({found.confidence} confidence)", width, f"  {mark} ")
        if not found.supported:
            yield from _wrapped(
                f"NOT SUPPORTED: {found.doubt or 'code found no fact for it'}", width, "      "
            )
        for fact in filter(None, map(facts.get, found.evidence)):
            yield from _wrapped(advice.fact_words(fact), width, "      ")


def _actions(data: wire.PlanData, width: int) -> Iterator[str]:
    """Numbered from 1: the numbers of ``care accept``."""
    if data.actions:
        yield from ("", "To do")
    for number, action in enumerate(data.actions, 1):
        yield from _deed(number, advice.deed(action), action.why, action.decision, width)


def _limits(data: wire.PlanData, width: int) -> Iterator[str]:
    """Numbered after the actions."""
    if data.threshold_proposals:
        yield from ("", "Other limits")
    for number, proposal in enumerate(data.threshold_proposals, len(data.actions) + 1):
        yield from _deed(number, limits_text(proposal), proposal.why, proposal.decision, width)


def _deed(number: int, what: str, why: str, decision: str | None, width: int) -> Iterator[str]:
    yield from _wrapped(f"{what}{f'  [{decision}]' if decision else ''}", width, f"{number:>3}  ")
    yield from _wrapped(why, width, "     ")


def _points(title: str, points: list[str], width: int) -> Iterator[str]:
    if points:
        yield from ("", title)
    for point in points:
        yield from _wrapped(point, width, "  - ")


def _wrapped(words: str, width: int, first: str = "") -> list[str]:
    """Lines of at most ``width`` characters, the later ones indented as far as the first text."""
    return textwrap.wrap(words, width, initial_indent=first, subsequent_indent=" " * len(first)) or [first]


def _feedback(plan: wire.CarePlan) -> str:
    return {"helped": "helped", "not_helped": "did not help"}.get(plan.feedback or "", "–")
