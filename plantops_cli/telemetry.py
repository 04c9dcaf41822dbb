"""``plantops telemetry``: readings as they arrive."""

from __future__ import annotations

from contextlib import aclosing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plantops_api import errors, wire
from plantops_cli import diagnostics, times, watching
from plantops_cli.invocation import Invocation, invocation
from plantops_cli.lookup import find_plant
from plantops_cli.noun import noun
from plantops_cli.output import Column, Format
from plantops_cli.plant_view import with_unit

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

app = noun("Readings as they arrive.")

_MOST_AT_ONCE = 500
"""Readings fetched for one plant at one change; a burst of back-fill is not repeated on the screen."""


def _metric(metric: str) -> Column:
    unit = wire.UNITS[metric]
    return Column(metric, lambda row: row[metric], lambda row: with_unit(row[metric], unit))


_COLUMNS = (
    Column("time", lambda row: row["time"], lambda row: times.local(datetime.fromisoformat(row["time"]))),
    Column("plant", lambda row: row["plant"]),
    *(_metric(metric) for metric in wire.PLANT_METRICS[:4]),
    Column("plant_id", lambda row: row["plant_id"], in_table=False),
)


# "telemetry" has one verb today; the callback keeps it a group, so that "tail" stays a word of its own.
@app.callback()
def _group() -> None:
    """Readings as they arrive."""


@app.command("tail")
def tail(
    context: typer.Context,
    plant: Annotated[str | None, typer.Option("--plant", help="Only of this plant.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Begin with readings since then: 1h; default: now.")
    ] = None,
) -> None:
    """Print readings as they are stored; Ctrl-C ends it.

    Piped, each is one JSON object a line. What a device or "replay" sends of the time before --since goes into the
    history and is not printed.

    \b
    Examples:
      plantops telemetry tail
      plantops telemetry tail --plant basil --since 1h | jq .soil_moisture
    """
    call = invocation(context)
    begin = times.parse_moment(since, call.now()) if since else call.now()
    call.ask(lambda client: _Tail(call, client, begin).follow(plant))


class _Tail:
    """What has been printed of each plant, and the way to the rest."""

    def __init__(self, call: Invocation, client: PlantOpsClient, begin: datetime) -> None:
        self._call = call
        self._client = client
        self._begin = begin
        self._newest: dict[str, datetime] = {}
        self._names: dict[str, str] = {}
        self._writer = call.writer(stream_default=Format.NDJSON)

    async def follow(self, plant: str | None) -> None:
        """Print until interrupted."""
        only = (await find_plant(self._client, plant)).id if plant else None
        async with aclosing(watching.events(self._client)) as stream:
            async for event in stream:
                if event.event in ("plant", "reset"):
                    await self._try_to_catch_up(event, only)

    async def _try_to_catch_up(self, event: wire.Event, only: str | None) -> None:
        """A loss in the middle is left to the event stream, which notices it too."""
        try:
            await self._catch_up(event, only)
        except (errors.ServerUnreachable, errors.ServerFailed) as loss:
            diagnostics.say(loss.message)

    async def _catch_up(self, event: wire.Event, only: str | None) -> None:
        if event.event == "reset" or not set(event.ids) <= self._names.keys():
            self._names = {card.id: card.name for card in await self._client.list_plants()}
        changed = self._names if event.event == "reset" else event.ids
        for plant_id in changed:
            if plant_id in self._names and only in (None, plant_id):
                await self._print_new(plant_id)

    async def _print_new(self, plant_id: str) -> None:
        after = self._newest.get(plant_id, self._begin)
        record = await self._client.plant_history(
            plant_id, start=after, end=self._call.now() + timedelta(minutes=5), points=_MOST_AT_ONCE
        )
        if record.bucket_s is not None:
            diagnostics.warn(
                f"{self._names[plant_id]!r}: more than {_MOST_AT_ONCE} readings came at once; not all shown."
            )
        for place, moment in enumerate(record.times):
            row = self._row(plant_id, moment, record, place)
            if moment > after and any(row[metric] is not None for metric in record.series):
                self._writer.next(row, _COLUMNS)
                self._newest[plant_id] = moment

    def _row(self, plant_id: str, moment: datetime, record: wire.History, place: int) -> dict[str, Any]:
        values: dict[str, Any] = dict.fromkeys(wire.METRICS)
        values |= {metric: series.mean[place] for metric, series in record.series.items()}
        return {"time": moment.isoformat(), "plant_id": plant_id, "plant": self._names[plant_id], **values}
