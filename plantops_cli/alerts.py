"""``plantops alerts``: what is wrong, and what you do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from plantops_api import wire
from plantops_cli import alert_view, diagnostics, maintenance, times, watching
from plantops_cli.invocation import Invocation, invocation
from plantops_cli.lookup import find_plant
from plantops_cli.noun import noun

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

app = noun("What is wrong: list, acknowledge, snooze, resolve, watch.")
app.add_typer(maintenance.app, name="maintenance")

AlertId = Annotated[int, typer.Argument(metavar="ID", help='Its number in "plantops alerts list".')]
PlantFilter = Annotated[str | None, typer.Option("--plant", help="Only of this plant.")]


@app.command("list")
def list_alerts(
    context: typer.Context,
    state: Annotated[Literal["open", "all"], typer.Option(help="Open ones, or resolved ones too.")] = "open",
    plant: PlantFilter = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 200,
) -> None:
    """List alerts, newest first.

    \b
    Examples:
      plantops alerts list
      plantops alerts list --state all --plant basil --json
    """
    call = invocation(context)

    async def talk(client: PlantOpsClient) -> list[wire.Alert]:
        plant_id = (await find_plant(client, plant)).id if plant else None
        return await client.list_alerts(state, plant_id=plant_id, limit=limit)

    found = call.ask(talk)
    call.writer().many(found, alert_view.columns(call.now()))
    if not found:
        diagnostics.say("Nothing is wrong." if state == "open" else "There were no alerts yet.")


@app.command("show")
def show_alert(context: typer.Context, alert: AlertId) -> None:
    """Show one alert, and every attempt to tell somebody of it.

    \b
    Examples:
      plantops alerts show 17
    """
    call = invocation(context)

    async def talk(client: PlantOpsClient) -> alert_view.ToldAlert:
        found = await client.get_alert(alert)
        return alert_view.ToldAlert(**dict(found), deliveries=await client.alert_deliveries(alert))

    told = call.ask(talk)
    call.writer().one(told, alert_view.columns(call.now()), alert_view.sections(told, call.now()))


@app.command("ack")
def ack(
    context: typer.Context,
    alert: AlertId,
    undo: Annotated[bool, typer.Option("--undo", help="Take it back.")] = False,
) -> None:
    """Acknowledge: you have seen it, and no reminder is sent.

    \b
    Examples:
      plantops alerts ack 17
      plantops alerts ack 17 --undo
    """
    call = invocation(context)
    changed = call.ask(lambda client: client.unack_alert(alert) if undo else client.ack_alert(alert))
    _show(call, changed)
    deed = "Took back the acknowledgement of" if undo else "Acknowledged"
    diagnostics.say(f"{deed} alert {alert}: {alert_view.whose(changed)}, {alert_view.problem(changed)}.")


@app.command("snooze")
def snooze(
    context: typer.Context,
    alert: AlertId,
    duration: Annotated[str, typer.Option("--for", metavar="DURATION", help="How long: 4h, 2d.")] = "4h",
) -> None:
    """Keep an alert quiet for a while.

    \b
    Examples:
      plantops alerts snooze 17 --for 2d
    """
    call = invocation(context)
    body = wire.SnoozeBody(seconds=times.parse_duration(duration))
    changed = call.ask(lambda client: client.snooze_alert(alert, body))
    _show(call, changed)
    diagnostics.say(f"Alert {alert} is quiet until {times.local(changed.snoozed_until)}.")


@app.command("resolve")
def resolve(
    context: typer.Context,
    alert: AlertId,
    note: Annotated[str | None, typer.Option(help="What was done.")] = None,
) -> None:
    """Close an alert; it opens again if the readings say so.

    \b
    Examples:
      plantops alerts resolve 17 --note "moved it out of the draught"
    """
    call = invocation(context)
    body = wire.ResolveBody(note=note)
    changed = call.ask(lambda client: client.resolve_alert(alert, body))
    _show(call, changed)
    diagnostics.say(f"Resolved alert {alert}: {alert_view.whose(changed)}, {alert_view.problem(changed)}.")


@app.command("watch")
def watch(context: typer.Context, plant: PlantFilter = None) -> None:
    """Print alerts as they open, change and resolve.

    Ctrl-C ends it. Piped, each is one JSON object a line.

    \b
    Examples:
      plantops alerts watch
      plantops alerts watch | jq -r '"\\(.plant_name): \\(.kind)"'
    """
    call = invocation(context)
    plant_id = call.ask(lambda client: find_plant(client, plant)).id if plant else None
    watching.alerts(call, plant_id)


def _show(call: Invocation, alert: wire.Alert) -> None:
    call.writer().one(alert, alert_view.columns(call.now()))
