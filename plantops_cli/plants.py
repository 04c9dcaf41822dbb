"""``plantops plants``: what your plants need, and what is known about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from plantops_api import wire
from plantops_cli import (
    completion,
    diagnostics,
    plant_files,
    plant_history,
    plant_preview,
    plant_view,
    prompts,
    times,
    watching,
)
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import invocation
from plantops_cli.lookup import find_archived_plant, find_plant
from plantops_cli.noun import noun

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

app = noun("Plants: what they need, and what is known about them.")

PlantName = Annotated[
    str,
    typer.Argument(
        metavar="PLANT", help="Its id, or its name when only one has it.", autocompletion=completion.plants
    ),
]
Least = Annotated[
    list[str] | None, typer.Option("--min", metavar="METRIC=VALUE", help="Alert below it: soil_moisture=30.")
]
Most = Annotated[
    list[str] | None, typer.Option("--max", metavar="METRIC=VALUE", help="Alert above it: temperature=28.")
]


@app.command("list")
def list_plants(
    context: typer.Context,
    search: Annotated[
        str | None, typer.Option("--search", "-s", help="Only those whose text matches.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Keep showing it as it changes.")] = False,
    archived: Annotated[bool, typer.Option("--archived", help="Those that were removed instead.")] = False,
) -> None:
    """List plants with their values, health and trust.

    \b
    Examples:
      plantops plants list
      plantops plants list --search basil --json
      plantops plants list --watch
      plantops plants list --archived
    """
    call = invocation(context)
    if watch and archived:
        raise Stop(
            ExitCode.USAGE, "Archived plants do not change: --watch and --archived exclude each other."
        )
    if watch:
        watching.plants(call, search)
        return
    plants = call.ask(lambda client: client.list_plants(search, archived=archived or None))
    call.writer().many(plants, plant_view.columns(call.now()))
    if not plants:
        diagnostics.say(_none_found(search, archived))


def _none_found(search: str | None, archived: bool) -> str:
    if search:
        return "No plant matches."
    return (
        "No plant is archived."
        if archived
        else 'There are no plants yet. Add one: plantops plants add "Basil"'
    )


@app.command("show")
def show_plant(context: typer.Context, plant: PlantName) -> None:
    """Show one plant: values, ranges, devices, open alerts.

    \b
    Examples:
      plantops plants show "Basil on the sill"
      plantops plants show basil --json | jq .state.soil_moisture.value
    """
    call = invocation(context)

    async def talk(client: PlantOpsClient) -> wire.Plant:
        return await client.get_plant((await find_plant(client, plant)).id)

    found = call.ask(talk)
    call.writer().one(found, plant_view.columns(call.now()), plant_view.sections(found, call.now()))


@app.command("add")
def add_plant(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What you call it.")],
    species: Annotated[
        str | None, typer.Option(help='Its species; "plantops species search" finds it.')
    ] = None,
    location: Annotated[str | None, typer.Option(help="Where it stands.")] = None,
    notes: Annotated[str | None, typer.Option(help="Anything worth knowing.")] = None,
    min_: Least = None,
    max_: Most = None,
) -> None:
    """Add a plant.

    \b
    Examples:
      plantops plants add "Basil on the sill" --species "Ocimum basilicum" --location kitchen
      plantops plants add Cactus --min soil_moisture=5 --max soil_moisture=30
    """
    call = invocation(context)
    body = wire.PlantBody(
        name=name,
        species=species,
        location=location,
        notes=notes,
        thresholds=plant_view.limits({}, min_ or [], max_ or []) or None,
    )

    async def talk(client: PlantOpsClient) -> tuple[wire.Plant, wire.SpeciesDiff | None]:
        made = await client.create_plant(body)
        return made, await client.species_diff(made.id, made.species) if made.species else None

    added, known = call.ask(talk)
    call.writer().one(added, plant_view.columns(call.now()), plant_view.sections(added, call.now()))
    if known is not None and known.matched is None:
        diagnostics.say(plant_preview.unknown_species(known.species, known.nearest))
    diagnostics.say(
        f"Added plant {added.name!r}. Tie a sensor to it: plantops devices provision DEVICE {added.id}"
    )


@app.command("edit")
def edit_plant(
    context: typer.Context,
    plant: PlantName,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    species: Annotated[str | None, typer.Option(help='A new species; "" clears it.')] = None,
    location: Annotated[str | None, typer.Option(help='A new place; "" clears it.')] = None,
    notes: Annotated[str | None, typer.Option(help='New notes; "" clears them.')] = None,
    min_: Least = None,
    max_: Most = None,
    clear_limits: Annotated[
        list[str] | None, typer.Option(metavar="METRIC", help="Forget your own limits of a metric.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
) -> None:
    """Change what is known about a plant; what is not given stays.

    Before it saves it says what new limits would have done in the last 30 days, and what another species changes;
    limits of your own are kept.

    \b
    Examples:
      plantops plants edit basil --location balcony
      plantops plants edit basil --min soil_moisture=25 --clear-limits temperature
      plantops plants edit basil --species "Ocimum basilicum" --dry-run
    """
    call = invocation(context)
    given = {"name": name, "species": species, "location": location, "notes": notes}

    async def talk(client: PlantOpsClient) -> tuple[wire.Plant, wire.Plant]:
        before = await client.get_plant((await find_plant(client, plant)).id)
        body = plant_view.edited(before, given, min_ or [], max_ or [], clear_limits or [])
        for sentence in await plant_preview.of_edit(client, before, body):
            diagnostics.say(sentence)
        return before, before if dry_run else await client.replace_plant(before.id, body)

    before, after = call.ask(talk)
    call.writer().one(after, plant_view.columns(call.now()), plant_view.sections(after, call.now()))
    if dry_run:
        diagnostics.say("Nothing was saved: it was a dry run.")
        return
    changes = plant_view.changes(before, after)
    diagnostics.say("Changed: " + "; ".join(changes) + "." if changes else "Nothing was different.")


@app.command("what-if")
def what_if(
    context: typer.Context,
    plant: PlantName,
    metric: Annotated[str, typer.Option("--metric", "-m", help="soil_moisture, temperature, humidity, …")],
    low: Annotated[float | None, typer.Option("--min", help="Alert below it; none: no lower limit.")] = None,
    high: Annotated[float | None, typer.Option("--max", help="Alert above it; none: no upper limit.")] = None,
) -> None:
    """Show what limits would have done in the last 30 days.

    The limits in force stand beside them, judged by the same readings and rules.

    \b
    Examples:
      plantops plants what-if basil --metric soil_moisture --min 30 --max 60
    """
    call = invocation(context)
    wanted = plant_view.known_metric(metric, (*wire.PLANT_METRICS, *wire.DERIVED_METRICS))

    async def talk(client: PlantOpsClient) -> wire.WhatIf:
        return await client.threshold_what_if((await find_plant(client, plant)).id, wanted, low, high)

    found = call.ask(talk)
    call.writer().one(found, plant_preview.COLUMNS, plant_preview.sections(found))
    diagnostics.say(plant_preview.basis(found))


@app.command("remove")
def remove_plant(context: typer.Context, plant: PlantName, yes: prompts.Yes = False) -> None:
    """Archive a plant; its readings stay.

    \b
    Examples:
      plantops plants remove "Old fern"
      plantops plants remove plt_… --yes
    """
    call = invocation(context)
    found = call.ask(lambda client: find_plant(client, plant))
    prompts.confirm(call, f"Remove plant {found.name!r} ({found.id})", yes=yes)
    call.ask(lambda client: client.delete_plant(found.id))
    diagnostics.say(f"Removed plant {found.name!r}. It comes back by: plantops plants restore {found.id}")


@app.command("restore")
def restore_plant(context: typer.Context, plant: PlantName) -> None:
    """Bring an archived plant back; its history is there still.

    Its devices were untied: tie them to it again.

    \b
    Examples:
      plantops plants list --archived
      plantops plants restore "Old fern"
    """
    call = invocation(context)

    async def talk(client: PlantOpsClient) -> wire.Plant:
        return await client.restore_plant((await find_archived_plant(client, plant)).id)

    back = call.ask(talk)
    call.writer().one(back, plant_view.columns(call.now()), plant_view.sections(back, call.now()))
    diagnostics.say(
        f"Restored plant {back.name!r}. Tie a sensor to it: plantops devices provision DEVICE {back.id}"
    )


@app.command("history")
def history(
    context: typer.Context,
    plant: PlantName,
    range_: Annotated[
        str, typer.Option("--range", "-r", metavar="24h|7d|30d|1y", help="How far back.")
    ] = "24h",
    start: Annotated[str | None, typer.Option(help="From when: 2026-11-01, or 3d (ago).")] = None,
    end: Annotated[str | None, typer.Option(help="Until when; default: now.")] = None,
    metrics: Annotated[str | None, typer.Option(help="Only these, separated by commas.")] = None,
    points: Annotated[int | None, typer.Option(min=2, max=5000, help="Most points.")] = None,
    plot: Annotated[bool, typer.Option("--plot", help="Draw it.")] = False,
) -> None:
    """Show readings of a plant over time; gaps stay gaps.

    A long time comes in equal buckets with their mean (CSV and JSON: also least and greatest).

    \b
    Examples:
      plantops plants history basil --range 7d --plot
      plantops plants history basil --metrics soil_moisture -o csv > basil.csv
      plantops plants history basil --start 2026-11-01 --end 2026-11-08 --json
    """
    call = invocation(context)
    wanted = plant_history.Wanted.of(range_, start, end, metrics, points, call.now())

    async def talk(client: PlantOpsClient) -> tuple[wire.PlantCard, wire.History]:
        found = await find_plant(client, plant)
        return found, await wanted.fetch(client, found.id)

    found, record = call.ask(talk)
    plant_history.write(call, found, record, plot=plot)


@app.command("water")
def water(
    context: typer.Context,
    plant: PlantName,
    amount_ml: Annotated[float | None, typer.Option("--amount-ml", min=1, help="How much.")] = None,
    at: Annotated[str | None, typer.Option(help="When: 2026-11-24T08:00, or 2h (ago); default: now.")] = None,
    note: Annotated[str | None, typer.Option(help="A remark.")] = None,
) -> None:
    """Log that you watered a plant.

    \b
    Examples:
      plantops plants water basil
      plantops plants water basil --amount-ml 250 --at 2h
    """
    call = invocation(context)
    moment = times.parse_moment(at, call.now()) if at else None
    body = wire.WateringBody(at=moment, amount_ml=amount_ml, note=note)

    async def talk(client: PlantOpsClient) -> tuple[wire.PlantCard, wire.Watering]:
        found = await find_plant(client, plant)
        return found, await client.log_watering(found.id, body)

    found, logged = call.ask(talk)
    call.writer().one(logged, plant_view.WATERING_COLUMNS)
    diagnostics.say(f"Logged a watering of {found.name!r} at {times.local(logged.at)}.")


@app.command("unwater")
def unwater(
    context: typer.Context,
    plant: PlantName,
    watering: Annotated[
        int | None,
        typer.Argument(metavar="[WATERING]", help="Its id; without it: the newest one.", min=1),
    ] = None,
    yes: prompts.Yes = False,
) -> None:
    """Take back a watering that was none.

    One that was found in the readings is not found there again. If it ended an alert and the soil is dry, that alert is
    open again.

    \b
    Examples:
      plantops plants waterings basil
      plantops plants unwater basil
      plantops plants unwater basil 12 --yes
    """
    call = invocation(context)

    async def talk(client: PlantOpsClient) -> tuple[wire.PlantCard, wire.Watering | None]:
        found = await find_plant(client, plant)
        known = await client.list_waterings(found.id, 1 if watering is None else None)
        return found, next((one for one in known if watering in (None, one.id)), None)

    found, one = call.ask(talk)
    if one is None:
        which = "no watering" if watering is None else f"no watering {watering}"
        raise Stop(
            ExitCode.NOT_FOUND,
            f"Plant {found.name!r} has {which}. Nothing was changed.",
            f"Show those that it has: plantops plants waterings {found.id}",
        )
    deed = f"the watering of {found.name!r} at {times.local(one.at)} ({one.source})"
    prompts.confirm(call, f"Take back {deed}", yes=yes)
    call.ask(lambda client: client.take_watering_back(found.id, one.id))
    diagnostics.say(f"Took back {deed}.")


@app.command("waterings")
def waterings(
    context: typer.Context,
    plant: PlantName,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """List waterings of a plant, detected and logged, newest first.

    \b
    Examples:
      plantops plants waterings basil
    """
    call = invocation(context)

    async def talk(client: PlantOpsClient) -> list[wire.Watering]:
        return await client.list_waterings((await find_plant(client, plant)).id, limit)

    found = call.ask(talk)
    call.writer().many(found, plant_view.WATERING_COLUMNS)
    if not found:
        diagnostics.say("No watering is known yet.")


@app.command("export")
def export(
    context: typer.Context,
    plant: Annotated[
        str | None,
        typer.Argument(metavar="[PLANT]", help="Whose readings; without it: the plants themselves."),
    ] = None,
    to: Annotated[str, typer.Option("--to", metavar="FILE", help="Where to; - is stdout.")] = "-",
    start: Annotated[str | None, typer.Option(help="From when: 2026-11-01, or 3d (ago).")] = None,
    end: Annotated[str | None, typer.Option(help="Until when; default: now.")] = None,
) -> None:
    """Export readings of a plant as CSV, or all plants as JSON.

    \b
    Examples:
      plantops plants export basil --to basil.csv
      plantops plants export basil --start 7d | head
      plantops plants export --to plants.json
    """
    call = invocation(context)
    if plant is None:
        plant_files.export_plants(call, to)
        return
    moments = [times.parse_moment(value, call.now()) if value else None for value in (start, end)]
    plant_files.export_readings(call, plant, to, moments[0], moments[1])


@app.command("import")
def import_plants(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON or CSV; - is stdin.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
) -> None:
    """Add plants from a file.

    Those whose name exists already are left alone, so it can be run again.

    JSON: a list of objects with name, species, location, notes, thresholds. CSV: the same as columns, limits
    as soil_moisture_min, soil_moisture_max and so on.

    \b
    Examples:
      plantops plants import plants.json --dry-run
      plantops plants import - < plants.csv
    """
    if not file:
        raise Stop(ExitCode.USAGE, "No file was named.")
    plant_files.import_plants(invocation(context), file, dry_run=dry_run)
