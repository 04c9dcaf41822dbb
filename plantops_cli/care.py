"""``plantops care``: care plans by a language model or by rules, and what becomes of them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from plantops_api import errors, wire
from plantops_cli import care_view, care_words, completion, diagnostics
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation, invocation
from plantops_cli.lookup import find_plant
from plantops_cli.noun import noun
from plantops_cli.output import Format

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

app = noun("What a plant needs, and why: plans by a model or by rules.")

PlantName = Annotated[
    str,
    typer.Argument(
        metavar="PLANT", help="Its id, or its name when only one has it.", autocompletion=completion.plants
    ),
]
PlanId = Annotated[
    int | None,
    typer.Option("--plan", metavar="ID", help='Another one of "care history"; default: the newest.'),
]
Numbers = Annotated[
    list[int], typer.Argument(metavar="NUMBER...", min=1, help='As "care show" numbers actions and limits.')
]

_FEEDBACK: dict[str, wire.Feedback | None] = {"helped": "helped", "not-helped": "not_helped", "none": None}


@app.command("show")
def show(context: typer.Context, plant: PlantName, plan: PlanId = None) -> None:
    """Show the care plan of a plant. Nobody is asked, nothing is spent.

    \b
    Examples:
      plantops care show basil
      plantops care show basil --json | jq -r '.plan_data.actions[].what'
    """
    call = invocation(context)

    async def talk(client: PlantOpsClient) -> tuple[wire.PlantCard, wire.CarePlan]:
        card = await find_plant(client, plant)
        return card, await _plan(client, card, plan)

    card, found = call.ask(talk)
    care_view.show(call.writer(), found, card.name, call.now())


@app.command("analyze")
def analyze(
    context: typer.Context,
    plant: PlantName,
    force: Annotated[
        bool, typer.Option("--force", help="Ask again although nothing has changed since the newest plan.")
    ] = False,
) -> None:
    """Have a care plan written, by the model or by rules.

    Rules write it when no model is set, its budget is spent, or it fails; the plan says why. What a plan will cost
    is said before, what it cost after. Ctrl-C stops the call to the model.

    \b
    Examples:
      plantops care analyze basil
      plantops care preview basil      # what would be sent
    """
    call = invocation(context)

    async def talk(client: PlantOpsClient) -> tuple[wire.PlantCard, wire.AdvisorPreview, wire.CarePlan]:
        card = await find_plant(client, plant)
        found = await client.advisor_preview(card.id)
        diagnostics.say(care_words.before(found, card.name))
        return card, found, await _written(client, card.id, force=force)

    card, asked, made = call.ask(talk)
    care_view.show(call.writer(), made, card.name, call.now())
    if asked.host and made.source == "rules":
        diagnostics.warn(f"The rules wrote it in place of {asked.model}. {made.source_reason or ''}".rstrip())
    else:
        diagnostics.say(care_words.after(made, call.now()))


@app.command("history")
def history(
    context: typer.Context,
    plant: PlantName,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
) -> None:
    """List the plans of a plant, and whether they helped.

    Newest first, with what each cost.

    \b
    Examples:
      plantops care history basil
      plantops care history basil -o csv > plans.csv
    """
    call = invocation(context)

    async def talk(client: PlantOpsClient) -> list[wire.CarePlan]:
        return await client.care_plans((await find_plant(client, plant)).id, limit)

    found = call.ask(talk)
    call.writer().many(found, care_view.history_columns(call.now()))
    if not found:
        diagnostics.say(f"There is no care plan yet. Have one written: plantops care analyze {plant}")


@app.command("preview")
def preview(context: typer.Context, plant: PlantName) -> None:
    """Print exactly what would be sent, and to whom.

    Word for word what "care analyze" would send. Nothing is sent.

    \b
    Examples:
      plantops care preview basil
      plantops care preview basil --json | jq .facts
    """
    call = invocation(context)

    async def talk(client: PlantOpsClient) -> tuple[wire.PlantCard, wire.AdvisorPreview]:
        card = await find_plant(client, plant)
        return card, await client.advisor_preview(card.id)

    card, found = call.ask(talk)
    writer = call.writer()
    if writer.format is Format.TABLE:
        writer.text(f"{found.system.rstrip()}\n\n{found.prompt.rstrip()}\n")
    else:
        writer.one(found, care_view.PREVIEW_COLUMNS)
    diagnostics.say(care_words.before(found, card.name))


@app.command("feedback")
def feedback(
    context: typer.Context,
    plant: PlantName,
    verdict: Annotated[Literal["helped", "not-helped", "none"], typer.Argument(help="none takes it back.")],
    plan: PlanId = None,
) -> None:
    """Say whether a plan helped.

    Kept with the plan, so that the quality of advice can be measured.

    \b
    Examples:
      plantops care feedback basil helped
      plantops care feedback basil not-helped --plan 12
    """
    call = invocation(context)

    async def talk(client: PlantOpsClient) -> wire.CarePlan:
        card = await find_plant(client, plant)
        return await client.care_feedback((await _plan(client, card, plan)).id, _FEEDBACK[verdict])

    changed = call.ask(talk)
    _record(call, changed)
    words = {"helped": "helped", "not-helped": "did not help", "none": "has no feedback any more"}[verdict]
    diagnostics.say(f"Noted: plan {changed.id} {words}.")


@app.command("accept")
def accept(context: typer.Context, plant: PlantName, numbers: Numbers, plan: PlanId = None) -> None:
    """Accept actions or proposed limits of a plan.

    Accepted limits hold at once; an accepted action of the kind "water" logs a watering.

    \b
    Examples:
      plantops care accept basil 1
      plantops care accept basil 1 3
    """
    _decide(invocation(context), plant, numbers, plan, "accepted")


@app.command("decline")
def decline(context: typer.Context, plant: PlantName, numbers: Numbers, plan: PlanId = None) -> None:
    """Decline actions or proposed limits of a plan. Nothing else changes.

    \b
    Examples:
      plantops care decline basil 3
    """
    _decide(invocation(context), plant, numbers, plan, "declined")


def _decide(
    call: Invocation, plant: str, numbers: list[int], plan: int | None, decision: wire.Decision
) -> None:
    async def talk(client: PlantOpsClient) -> wire.CarePlan:
        card = await find_plant(client, plant)
        found = await _plan(client, card, plan)
        deeds = [care_words.deed(found, number) for number in numbers]
        for deed in deeds:
            if deed.decision == decision:
                diagnostics.say(f"Number {deed.number} was {decision} before; nothing was changed.")
                continue
            decide = client.decide_action if deed.action is not None else client.decide_proposal
            found = await decide(found.id, deed.place, decision)
            diagnostics.say(care_words.decided(deed, decision, card.name))
        return found

    _record(call, call.ask(talk))


async def _plan(client: PlantOpsClient, card: wire.PlantCard, plan_id: int | None) -> wire.CarePlan:
    """The newest plan of a plant, or the one of that id. Raises Stop (exit 3) when there is none."""
    if plan_id is not None:
        for plan in await client.care_plans(card.id):
            if plan.id == plan_id:
                return plan
        raise Stop(
            ExitCode.NOT_FOUND,
            f"{card.name} has no care plan {plan_id}.",
            f'"plantops care history {card.id}" lists them.',
        )
    try:
        return await client.care_plan(card.id)
    except errors.NotFound as problem:
        if problem.code != "care_plan_not_found":
            raise
        raise Stop(
            ExitCode.NOT_FOUND,
            f"There is no care plan for {card.name} yet.",
            f"Have one written: plantops care analyze {card.id}",
        ) from None


async def _written(client: PlantOpsClient, plant_id: str, *, force: bool) -> wire.CarePlan:
    """Ask, and tell on stderr how far it is; cancelled, the connection closes and the server stops the call."""
    try:
        async with aclosing(client.analyze_live(plant_id, force=force)) as arriving:
            said = ""
            async for told in arriving:
                if isinstance(told, wire.CarePlan):
                    return told
                words = care_words.stage(told)
                if words and words != said:
                    diagnostics.say(words)
                    said = words
    except asyncio.CancelledError:
        diagnostics.say("Cancelled: the call to the model is stopped, and no plan is kept.")
        raise
    raise errors.ServerUnreachable("The server ended the stream before the plan came.")


def _record(call: Invocation, plan: wire.CarePlan) -> None:
    """The changed plan for scripts; people have read the sentence."""
    writer = call.writer()
    if writer.format is not Format.TABLE:
        writer.one(plan, care_view.PLAN_COLUMNS)
