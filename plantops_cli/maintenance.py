"""``plantops alerts maintenance``: nothing is told for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from plantops_api import wire
from plantops_cli import diagnostics, times
from plantops_cli.invocation import invocation
from plantops_cli.lookup import find_plant
from plantops_cli.noun import noun
from plantops_cli.output import Column

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

app = noun("Tell nothing for a while; alerts are recorded.")

OnlyPlant = Annotated[
    str | None, typer.Option("--plant", help="Only of this plant; none: of the whole installation.")
]

COLUMNS = (
    Column("plant", lambda item: item.plant_name or item.plant_id or "everything"),
    Column("until", lambda item: item.until, lambda item: times.local(item.until)),
    Column("note", lambda item: item.note),
    Column("set_by", lambda item: item.set_by),
    Column("set_at", lambda item: item.set_at, lambda item: times.local(item.set_at)),
    Column("plant_id", lambda item: item.plant_id, in_table=False),
)


@app.command("on")
def begin(
    context: typer.Context,
    plant: OnlyPlant = None,
    duration: Annotated[str, typer.Option("--for", metavar="DURATION", help="How long: 2h, 3d.")] = "2h",
    note: Annotated[str | None, typer.Option(help="Why.")] = None,
) -> None:
    """Tell nothing from now on. What is still wrong at the end is told then.

    \b
    Examples:
      plantops alerts maintenance on --for 2h --note "repotting day"
      plantops alerts maintenance on --plant basil --for 1d
    """
    call = invocation(context)
    body = wire.MaintenanceBody(seconds=times.parse_duration(duration), note=note)

    async def talk(client: PlantOpsClient) -> wire.Maintenance:
        plant_id = (await find_plant(client, plant)).id if plant else None
        return await client.begin_maintenance(body, plant_id)

    begun = call.ask(talk)
    call.writer().one(begun, COLUMNS)
    diagnostics.say(
        f"Nothing is told about {begun.plant_name or 'anything'} until {times.local(begun.until)}."
    )


@app.command("off")
def end(context: typer.Context, plant: OnlyPlant = None) -> None:
    """Tell again, at once, also what waits and is still wrong.

    \b
    Examples:
      plantops alerts maintenance off
      plantops alerts maintenance off --plant basil
    """
    call = invocation(context)

    async def talk(client: PlantOpsClient) -> str | None:
        found = await find_plant(client, plant) if plant else None
        await client.end_maintenance(found.id if found else None)
        return found.name if found else None

    diagnostics.say(f"Maintenance of {call.ask(talk) or 'the installation'} is over.")


@app.command("show")
def show(context: typer.Context) -> None:
    """Show what is in maintenance.

    \b
    Examples:
      plantops alerts maintenance show --json
    """
    call = invocation(context)
    found = call.ask(lambda client: client.list_maintenance())
    call.writer().many(found, COLUMNS)
    if not found:
        diagnostics.say("Nothing is in maintenance.")
