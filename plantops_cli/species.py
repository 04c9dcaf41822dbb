"""``plantops species``: the shipped species and what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from plantops_api import wire
from plantops_cli import diagnostics
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation, invocation
from plantops_cli.noun import noun
from plantops_cli.output import Column
from plantops_cli.plant_view import span

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

app = noun("The shipped species and what they need.")


def _limit(metric: str, title: str) -> Column:
    return Column(metric, lambda species: span(species.thresholds.get(metric)), title=title)


_COLUMNS = (
    Column("scientific_name", lambda species: species.scientific_name, title="SPECIES"),
    Column("common_names", lambda species: ", ".join(species.common_names), title="COMMON NAMES"),
    _limit("soil_moisture", "SOIL %"),
    _limit("temperature", "TEMP °C"),
    _limit("humidity", "HUMIDITY %"),
    Column("dli", lambda species: span(species.dli), title="DLI"),
    Column("watering", lambda species: species.watering, in_table=False),
    Column("light", lambda species: species.light, in_table=False),
    Column("toxicity", lambda species: species.toxicity, in_table=False),
    Column("id", lambda species: species.id),
)

_DETAILS = (
    *_COLUMNS[:-4],
    *(column._replace(in_table=True) for column in _COLUMNS[-4:-1]),
    Column("sources", lambda species: "; ".join(species.sources)),
    Column("fetched_at", lambda species: species.fetched_at),
    _COLUMNS[-1],
)


@app.command("search")
def search(
    context: typer.Context,
    text: Annotated[
        str | None, typer.Argument(help="Part of a scientific or common name; none: all.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    online: Annotated[
        bool, typer.Option("--online", help="Ask OpenPlantbook, with the server's key.")
    ] = False,
) -> None:
    """Find a species by any of its names; spelling is forgiven.

    \b
    Examples:
      plantops species search basil
      plantops species search "monstra delicosa"
      plantops species search abelia --online
    """
    call = invocation(context)
    if online:
        _search_online(call, text or "")
        return
    found = call.ask(lambda client: client.search_species(text, limit))
    call.writer().many(found, _COLUMNS)
    if not found:
        diagnostics.say(f"No species matches {text!r}, and none is spelled like it.")
    elif found[0].match == "similar":
        diagnostics.say(f"No name holds {text!r}; these are spelled alike.")


def _search_online(call: Invocation, text: str) -> None:
    if len(text.strip()) < 3:
        raise Stop(ExitCode.USAGE, "OpenPlantbook wants at least three letters.")
    found = call.ask(lambda client: client.look_species_up(text))
    call.writer().many(found, (*_COLUMNS[:2], _COLUMNS[-1]))
    diagnostics.say(
        'Fetch one with its ranges: plantops species fetch "ID"' if found else "OpenPlantbook knows none."
    )


@app.command("fetch")
def fetch(
    context: typer.Context,
    species: Annotated[str, typer.Argument(metavar="ID", help="As a search with --online shows it.")],
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask again although it is kept.")] = False,
) -> None:
    """Fetch a species from OpenPlantbook and keep it.

    Plants of that species follow its ranges once they are saved with it; none is changed behind your back.

    \b
    Examples:
      plantops species fetch "openplantbook:abelia chinensis"
    """
    call = invocation(context)
    fetched = call.ask(lambda client: client.fetch_species(species, refresh=refresh))
    call.writer().one(fetched, _DETAILS)


@app.command("show")
def show(
    context: typer.Context,
    species: Annotated[str, typer.Argument(help="Its id, or one of its names.")],
) -> None:
    """Show what a species needs, with sources.

    \b
    Examples:
      plantops species show "Ocimum basilicum"
    """
    call = invocation(context)

    async def talk(client: PlantOpsClient) -> wire.Species:
        wanted = species.casefold()
        for candidate in await client.search_species(species, 50):
            names = (candidate.scientific_name, *candidate.synonyms, *candidate.common_names)
            if wanted in (name.casefold() for name in names):
                return candidate
        return await client.get_species(species)

    call.writer().one(call.ask(talk), _DETAILS)
