"""The care plan tab of a plant: reads plans, has new ones written, shows evidence, lets a person decide."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from textual.timer import Timer
from textual.worker import Worker

from plantops_api import advice, errors, wire
from plantops_tui.plan_page import Page, Progress, diff_words
from plantops_tui.screens.choice import ChoiceDialog
from plantops_tui.widgets.care_plan import CarePlanView, Wish

if TYPE_CHECKING:
    from plantops_tui.screens.plant import PlantScreen

MOST = 50
"""Plans that can be looked back at."""

CHANGES = frozenset({"ask", "ask_again", "accept", "decline", "feedback"})
"""Wishes that change something on the server."""


class AdviceDesk:
    """Works for one plant screen; all that it shows goes through the screen's :class:`CarePlanView`."""

    def __init__(self, screen: PlantScreen) -> None:
        self._screen = screen
        self._plans: list[wire.CarePlan] = []
        self._place = 0
        self._preview: wire.AdvisorPreview | None = None
        self._progress: Progress | None = None
        self._problem = ""
        self._asking: Worker[None] | None = None
        self._ticking: Timer | None = None
        self.loaded = False

    # --- what is known ---------------------------------------------------------------------------------

    @property
    def plan(self) -> wire.CarePlan | None:
        """The plan that is shown."""
        return self._plans[self._place] if self._plans else None

    @property
    def writing(self) -> bool:
        """Whether a plan is being written for this screen."""
        return self._progress is not None

    @property
    def _view(self) -> CarePlanView:
        return self._screen.query_one(CarePlanView)

    def show(self) -> None:
        """Draw the present state."""
        page = Page(
            self.plan,
            self._place,
            len(self._plans),
            self._preview,
            self._progress,
            self._problem,
            self.loaded,
        )
        self._view.show(page)
        self._screen.refresh_bindings()

    async def read(self) -> None:
        """Read the plans and what the next one would take. Raises ApiError when the plans cannot be read."""
        shown = self.plan.id if self.plan and self._place else None
        self._plans = await self._screen.client.care_plans(self._screen.plant_id, MOST)
        self._place = next((i for i, plan in enumerate(self._plans) if plan.id == shown), 0)
        self.loaded, self._problem = True, ""
        self.show()
        try:
            self._preview = await self._screen.client.advisor_preview(self._screen.plant_id)
        except errors.ApiError:
            self._preview = None  # only the estimate is missing
        self.show()

    def could_not_read(self, problem: errors.ApiError) -> None:
        """Say why there is nothing; what was read before stays."""
        self._problem = f"The care plans could not be read. {problem.message} {problem.advice}".strip()
        self.show()

    # --- wishes ----------------------------------------------------------------------------------------

    def why_not(self, wish: str) -> str | None:
        """Why a wish cannot be granted now; None when it can."""
        if not self.loaded:
            return "The care plans have not been read yet."
        if self.writing:
            return "A care plan is being written; esc stops it."
        if wish in ("ask", "ask_again", "preview"):
            return None
        if self.plan is None:
            return "There is no care plan yet; p has one written."
        if wish == "older" and self._place == len(self._plans) - 1:
            return "There is no older plan."
        if wish == "newer" and not self._place:
            return "This is the newest plan."
        if wish in ("accept", "decline"):
            return self._why_not_decide()
        return None

    def _why_not_decide(self) -> str | None:
        if self._view.selected.startswith("claim") or not self._view.selected:
            return "Select something to do, or other limits: these are accepted or declined."
        return "This is an older plan; decide on the newest one (B)." if self._place else None

    def grant(self, wish: Wish) -> None:
        """Do what a person wants."""
        match wish:
            case "ask" | "ask_again":
                self._ask(force=wish == "ask_again")
            case "open":
                self._open()
            case "accept" | "decline":
                self._decide("accepted" if wish == "accept" else "declined")
            case "older" | "newer":
                self._place += 1 if wish == "older" else -1
                self.show()
            case "feedback":
                self._ask_feedback()
            case "preview":
                from plantops_tui.screens.sent import SentDialog

                self._screen.app.push_screen(SentDialog(self._screen.client, self._screen.plant_id))

    # --- a new plan ------------------------------------------------------------------------------------

    def _ask(self, *, force: bool) -> None:
        self._progress, self._problem = Progress(self._screen.house.clock()), ""
        self._ticking = self._screen.set_interval(1.0, self._view.redraw)
        self._asking = self._screen.run_worker(
            self._write(force=force), name="care plan", group="advice", exclusive=True, exit_on_error=False
        )
        self.show()

    def stop(self) -> bool:
        """Stop the writing; False when nothing is being written."""
        if not self.writing or self._asking is None:
            return False
        self._asking.cancel()
        return True

    async def _write(self, *, force: bool) -> None:
        screen, made = self._screen, None
        try:
            async with aclosing(screen.client.analyze_live(screen.plant_id, force=force)) as arriving:
                async for told in arriving:
                    if isinstance(told, wire.CarePlan):
                        made = told
                    elif self._progress is not None:
                        self._progress = self._progress.told(told)
                        self.show()
        except errors.ApiError as problem:
            self._problem = f"There is no new plan. {problem.message} {problem.advice}".strip()
        except asyncio.CancelledError:
            if screen.is_attached:
                screen.house.say("Stopped: the call has ended, and no plan is kept.")
            raise
        finally:
            self._rest()
        if made is not None:
            self._arrived(made)

    def _rest(self) -> None:
        self._progress = None
        if self._ticking is not None:
            self._ticking.stop()
        if self._screen.is_attached:
            self.show()

    def _arrived(self, made: wire.CarePlan) -> None:
        self._plans = [made, *(plan for plan in self._plans if plan.id != made.id)]
        self._place = 0
        self.show()
        if made.cached:
            self._screen.house.say(
                "Nothing has changed since this plan: nobody was asked. P asks all the same."
            )
        elif advice.spent(made):
            self._screen.house.say(f"The care plan is there: {advice.spent(made)}.")

    # --- evidence and decisions ------------------------------------------------------------------------

    def _open(self) -> None:
        kind, _, place = self._view.selected.partition(" ")
        plan = self.plan
        if plan is None or not kind:
            return
        if kind == "claim":
            self._show_evidence(plan, plan.plan_data.diagnosis[int(place)].evidence)
        else:
            self._ask_decision()

    def _show_evidence(self, plan: wire.CarePlan, cited: list[str]) -> None:
        """Go to the chart of the only place that is cited, or ask which one of several."""
        facts = {fact.id: fact for fact in plan.facts}
        places: dict[advice.Place, list[str]] = {}
        for id_ in cited:
            place = advice.place_of(id_)
            if place is not None and id_ in facts:
                places.setdefault(place, []).append(advice.fact_words(facts[id_]))
        if not places and any(id_.startswith("sensor") for id_ in cited):
            self._screen.action_tab("devices")
        elif not places:
            self._screen.house.say("This claim rests on nothing that a chart could show.")
        elif len(places) == 1:
            self._screen.show_evidence(*next(iter(places)))
        else:
            found = list(places)
            options: list[tuple[str, int | None]] = [
                (f"{place.range}: {'; '.join(words)}", number) for number, (place, words) in enumerate(places.items())
            ]  # fmt: skip

            def chosen(number: int | None) -> None:
                if number is not None:
                    self._screen.show_evidence(*found[number])

            self._screen.app.push_screen(ChoiceDialog("Show in the chart", options), chosen)

    def _ask_decision(self) -> None:
        """Show what would come of it, then let a person choose."""
        if not self._screen.may("plan('accept')"):
            return
        question, yes = self._question()
        options: list[tuple[str, int | None]] = [("decide later", None), (yes, 1), ("decline", 2)]

        def answered(chosen: int | None) -> None:
            if chosen:
                self._send("accepted" if chosen == 1 else "declined")

        self._screen.app.push_screen(ChoiceDialog(question, options), answered)

    def _question(self) -> tuple[str, str]:
        """What is to be decided with its reason, and the word for yes."""
        action, proposal = self._deed()
        if proposal is not None:
            name = self._screen.plant.name if self._screen.plant else ""
            diff = diff_words(self._screen.house.pen(), proposal)
            return f"Other limits for {name}\n{diff}\n\n{proposal.why}\n", "accept: they hold from now on"
        assert action is not None  # noqa: S101 - an item is one or the other
        yes = "accept: done, log the watering" if action.kind == "water" else "accept"
        return f"{advice.deed(action)}\n\n{action.why}\n", yes

    def _decide(self, decision: wire.Decision) -> None:
        """Limits are accepted only after their diff was shown; the rest at once."""
        _, proposal = self._deed()
        if proposal is not None and decision == "accepted":
            self._ask_decision()
        else:
            self._send(decision)

    def _deed(self) -> tuple[wire.CareAction | None, wire.ThresholdProposal | None]:
        """The selected action or limits."""
        kind, _, place = self._view.selected.partition(" ")
        plan = self.plan
        if plan is None or kind not in ("action", "limit"):
            return None, None
        if kind == "action":
            return plan.plan_data.actions[int(place)], None
        return None, plan.plan_data.threshold_proposals[int(place)]

    def _send(self, decision: wire.Decision) -> None:
        action, proposal = self._deed()
        plan, place = self.plan, int(self._view.selected.partition(" ")[2] or 0)
        if plan is None or (action is None and proposal is None):
            return
        client, plan_id = self._screen.client, plan.id
        decide = client.decide_action if action is not None else client.decide_proposal
        done = "Accepted." if decision == "accepted" else "Declined."
        if decision == "accepted" and action is not None and action.kind == "water":
            done = "Accepted, and the watering is logged."
        elif decision == "accepted" and proposal is not None:
            done = "Accepted: these limits hold from now on. T shows them."
        self._screen.perform("keep that decision", lambda: decide(plan_id, place, decision), done)

    def _ask_feedback(self) -> None:
        plan = self.plan
        if plan is None:
            return
        plan_id, verdicts = plan.id, (None, "helped", "not_helped")

        def answered(chosen: int | None) -> None:
            if chosen is not None:
                verdict: wire.Feedback | None = verdicts[chosen]  # type: ignore[assignment]
                self._screen.perform(
                    "keep that", lambda: self._screen.client.care_feedback(plan_id, verdict), "Noted."
                )

        options: list[tuple[str, int | None]] = [("it helped", 1), ("it did not help", 2), ("no verdict", 0)]
        self._screen.app.push_screen(ChoiceDialog("Did this plan help?", options), answered)
