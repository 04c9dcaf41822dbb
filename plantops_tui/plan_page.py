"""A care plan as lines: who wrote it, what it says, why, what to do; each claim, action and limit can be selected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from textual.content import Content
from textual.style import Style

from plantops_api import advice, wire
from plantops_api.scales import scale_of
from plantops_tui import wording
from plantops_tui.look import Pen
from plantops_tui.widgets.canvas import justify

OLD_S = 7 * 86_400
"""A plan older than this is marked: a week changes what a plant needs."""

WIDEST = 100
"""Cells of a line: longer ones are hard to read."""

INDENT = 4
"""Cells before a claim or deed: pointer, mark, blanks."""


class Row(NamedTuple):
    """One line; ``item`` is the claim, action or limit that it belongs to: ``claim 0``, ``action 1``, ``limit 0``."""

    line: Content
    item: str = ""


@dataclass(frozen=True)
class Progress:
    """A plan in the making."""

    since: datetime
    stages: tuple[wire.CareProgress, ...] = ()

    def told(self, news: wire.CareProgress) -> Progress:
        """With one more stage; a stage that is told again takes the place of what it said before."""
        kept = self.stages[:-1] if self.stages and self.stages[-1].stage == news.stage else self.stages
        return Progress(self.since, (*kept, news))


@dataclass(frozen=True)
class Page:
    """All that the care plan tab shows."""

    plan: wire.CarePlan | None = None
    place: int = 0
    """0 is the newest."""
    count: int = 0
    preview: wire.AdvisorPreview | None = None
    progress: Progress | None = None
    problem: str = ""
    """Why there is no new plan, in a sentence."""
    loaded: bool = True
    """False until the plans of the plant are known."""

    @property
    def items(self) -> list[str]:
        """What can be selected, from top to bottom."""
        if self.plan is None or self.progress is not None:
            return []
        data = self.plan.plan_data
        return [
            *(f"action {place}" for place in range(len(data.actions))),
            *(f"claim {place}" for place in range(len(data.diagnosis))),
            *(f"limit {place}" for place in range(len(data.threshold_proposals))),
        ]


def rows_of(pen: Pen, page: Page, width: int) -> list[Row]:
    """The whole page."""
    width = min(width, WIDEST)
    if page.progress is not None:
        return list(_making(pen, page.progress, width))
    rows = [*_problem(pen, page, width)]
    if page.plan is None:
        return [*rows, *(_nothing(pen, page, width) if page.loaded else _loading(pen, page))]
    plan = page.plan
    return [
        *rows, *_head(pen, page, plan, width), *_summary(pen, plan, width), *_actions(pen, plan, width),
        *_claims(pen, plan, width), *_limits(pen, plan, width),
        *_points(pen, "Watch for", plan.plan_data.watch_for, width),
        *_points(pen, "Not known", plan.plan_data.unknowns, width), Row(Content("")), *_foot(pen, page, plan, width),
    ]  # fmt: skip


# --- states without a plan -----------------------------------------------------------------------------


def _problem(pen: Pen, page: Page, width: int) -> Iterator[Row]:
    if page.problem:
        yield from _wrapped(f"{pen.glyphs.health['critical']} {page.problem}", pen.look.bad, width)
        again = "p tries again" if page.loaded else "r tries again"
        yield Row(Content.styled(again, pen.look.muted))
        yield Row(Content(""))


def _loading(pen: Pen, page: Page) -> Iterator[Row]:
    if not page.problem:
        yield Row(Content(""))
        yield Row(Content.styled(f"Reading the care plans{pen.glyphs.ellipsis}", pen.look.strong))


def _nothing(pen: Pen, page: Page, width: int) -> Iterator[Row]:
    yield Row(Content(""))
    yield Row(Content.styled("No care plan yet", pen.look.strong))
    yield Row(Content(""))
    yield from _wrapped(
        "A care plan says what this plant needs now, which of its own readings say so, what to watch for, and what is "
        "not known.",
        pen.look.text, width,
    )  # fmt: skip
    yield Row(Content(""))
    yield from _next(pen, page, width, "p has one written")


def _next(pen: Pen, page: Page, width: int, lead: str) -> Iterator[Row]:
    """Who would write the next plan, and about what it would cost: said before anybody asks."""
    found = page.preview
    if found is None:
        yield from _wrapped(lead, pen.look.muted, width)
    elif found.host is None:
        why = f" {found.source_reason}" if found.source_reason else ""
        words = f"{lead} by the rules, on this machine, for nothing.{why}"
        yield from _wrapped(words, pen.look.muted, width)
    else:
        cost = "price not known"
        if found.cost_estimate_usd is not None:
            cost = f"about {advice.money(found.cost_estimate_usd)}"
        words = f"{lead} by {found.model} at {found.host}, {cost}"
        yield from _wrapped(words, pen.look.muted, width)


def _making(pen: Pen, progress: Progress, width: int) -> Iterator[Row]:
    """Stages that are over, the one that goes on, how long it takes, and how to stop it."""
    seconds = max(0, int((pen.now - progress.since).total_seconds()))
    yield Row(Content(""))
    title = Content.styled(f"Writing a care plan{pen.glyphs.ellipsis}", pen.look.strong)
    yield Row(justify(title, Content.styled(f"{seconds // 60}:{seconds % 60:02}", pen.look.muted), width))
    yield Row(Content(""))
    shown = [stage for stage in progress.stages if stage.stage != "done"]
    for place, stage in enumerate(shown):
        going = place == len(shown) - 1
        mark = pen.glyphs.pointer if going else pen.glyphs.health["ok"]
        words = stage.detail or stage.stage
        yield from _wrapped(words, pen.look.text if going else pen.look.muted, width, f"{mark} ")
    yield Row(Content(""))
    yield Row(Content.styled("esc stops it: the call ends, and no plan is kept", pen.look.muted))


# --- a plan --------------------------------------------------------------------------------------------


def _head(pen: Pen, page: Page, plan: wire.CarePlan, width: int) -> Iterator[Row]:
    """Who wrote it, when, and which of how many it is."""
    seconds = (pen.now - plan.generated_at).total_seconds()
    age = wording.age(pen, plan.generated_at)
    age = "just now" if age == "now" else f"{age} old"
    if page.count > 1:
        age += f" {pen.glyphs.dot} {page.count - page.place} of {page.count}"
    right = Content.styled(age, pen.look.warn if seconds > OLD_S or page.place else pen.look.muted)
    by = Content.assemble(
        Content.styled("by ", pen.look.muted), Content.styled(advice.author(plan), pen.look.accent)
    )
    yield Row(justify(by, right, width, gap=2))
    if page.preview is not None and page.preview.host is not None:
        yield from _next(pen, page, width, "p: a new one")
    if plan.source_reason:
        yield from _wrapped(f"The rules wrote it: {plan.source_reason}", pen.look.muted, width)
    if page.place:
        words = "This is an older plan; B shows a newer one."
        yield Row(Content.styled(words, pen.look.warn))


def _summary(pen: Pen, plan: wire.CarePlan, width: int) -> Iterator[Row]:
    yield Row(Content(""))
    for paragraph in plan.plan_data.summary.splitlines():
        yield from _wrapped(paragraph, pen.look.strong, width)


def _actions(pen: Pen, plan: wire.CarePlan, width: int) -> Iterator[Row]:
    if plan.plan_data.actions:
        yield from _title(pen, "To do")
    for place, action in enumerate(plan.plan_data.actions):
        yield from _deed(pen, advice.deed(action), action.why, action.decision, width, f"action {place}")


def _claims(pen: Pen, plan: wire.CarePlan, width: int) -> Iterator[Row]:
    if plan.plan_data.diagnosis:
        yield from _title(pen, "Why")
    facts = {fact.id: fact for fact in plan.facts}
    for place, claim in enumerate(plan.plan_data.diagnosis):
        item = f"claim {place}"
        mark = pen.glyphs.inside if claim.supported else pen.glyphs.health["unknown"]
        style = pen.look.text if claim.supported else pen.look.warn
        yield from _wrapped(claim.claim, style, width, f"  {mark} ", item)
        doubt = [] if claim.supported else [f"not supported: {claim.doubt or 'no fact says so'}"]
        known = [advice.fact_words(facts[id_]) for id_ in claim.evidence if id_ in facts]
        words = f" {pen.glyphs.dot} ".join([*doubt, f"{claim.confidence} confidence", *known])
        yield from _wrapped(words, pen.look.warn if doubt else pen.look.muted, width, " " * INDENT, item)


def _limits(pen: Pen, plan: wire.CarePlan, width: int) -> Iterator[Row]:
    if plan.plan_data.threshold_proposals:
        yield from _title(pen, "Other limits")
    for place, proposal in enumerate(plan.plan_data.threshold_proposals):
        words = diff_words(pen, proposal)
        yield from _deed(pen, words, proposal.why, proposal.decision, width, f"limit {place}")


def diff_words(pen: Pen, proposal: wire.ThresholdProposal) -> str:
    """``soil moisture: 25–60 % → 20–55 %``."""
    arrow = "->" if pen.glyphs.dash.isascii() else "→"
    return f"{scale_of(proposal.metric).label}: {advice.limits_diff(proposal, arrow, pen.glyphs.dash)}"


def _deed(pen: Pen, what: str, why: str, decision: str | None, width: int, item: str) -> Iterator[Row]:
    """A box that is empty until a person decided."""
    mark, style = {
        "accepted": (pen.glyphs.health["ok"], pen.look.good), "declined": (pen.glyphs.trust["faulty"], pen.look.muted),
    }.get(decision or "", (pen.glyphs.trust["offline"], pen.look.text))  # fmt: skip
    said = f" ({decision})" if decision else ""
    yield from _wrapped(f"{what}{said}", style, width, f"  {mark} ", item)
    yield from _wrapped(why, pen.look.muted, width, " " * INDENT, item)


def _points(pen: Pen, title: str, points: list[str], width: int) -> Iterator[Row]:
    if points:
        yield from _title(pen, title)
    for point in points:
        yield from _wrapped(point, pen.look.text, width, f"  {pen.glyphs.dot} ")


def _foot(pen: Pen, page: Page, plan: wire.CarePlan, width: int) -> Iterator[Row]:
    """What it took, whether it helped, and who writes the next one where that costs nothing."""
    verdict = {"helped": "it helped", "not_helped": "it did not help"}.get(
        plan.feedback or "", "f says whether it helped"
    )
    facts = [advice.spent(plan), verdict]
    yield from _wrapped(f" {pen.glyphs.dot} ".join(filter(None, facts)), pen.look.muted, width)
    if page.preview is None or page.preview.host is None:
        yield from _next(pen, page, width, "p has a new one written")


def _title(pen: Pen, title: str) -> Iterator[Row]:
    yield Row(Content(""))
    yield Row(Content.styled(title, pen.look.key))


def _wrapped(words: str, style: Style, width: int, first: str = "", item: str = "") -> Iterator[Row]:
    """Lines that fit; the later ones begin under the first text."""
    if not words:
        return
    indent = Content(first).cell_length
    for place, line in enumerate(Content(words).wrap(max(8, width - indent))):
        lead = first if place == 0 else " " * indent
        yield Row(Content.assemble(Content.styled(lead, style), Content.styled(line.plain, style)), item)
