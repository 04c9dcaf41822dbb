"""``plantops settings``: notification channels and rules, the model of the care advisor, species."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from plantops_api import wire
from plantops_cli import diagnostics, llm_settings, notification_view, prompts, species_settings
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation, invocation
from plantops_cli.lookup import find_plant
from plantops_cli.noun import noun

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

app = noun("Settings that the server keeps.")
notifications = noun("Who is told about alerts, and when.")
app.add_typer(notifications, name="notifications")
app.add_typer(llm_settings.app, name="llm")
app.add_typer(species_settings.app, name="species")


@app.callback()
def _group() -> None:
    """Settings that the server keeps."""


@notifications.command("show")
def show(context: typer.Context) -> None:
    """Show channels (addresses masked) and rules.

    \b
    Examples:
      plantops settings notifications show --json
    """
    call = invocation(context)
    _show(call, call.ask(lambda client: client.get_notification_settings()))


@notifications.command("set")
def set_(
    context: typer.Context,
    channel: Annotated[str | None, typer.Option(help="Add or change the channel of this name.")] = None,
    kind: Annotated[Literal["discord", "apprise"] | None, typer.Option("--type", help="Its type.")] = None,
    url_stdin: Annotated[
        bool, typer.Option("--url-stdin", help="Read its address from stdin instead of asking.")
    ] = False,
    ask_url: Annotated[bool, typer.Option("--ask-url", help="Ask for its address, without echo.")] = False,
    min_severity: Annotated[
        Literal["warning", "critical"] | None, typer.Option(help="Tell it only from there on.")
    ] = None,
    kinds: Annotated[
        str | None, typer.Option(help='Only these kinds, separated by commas: low,offline; "" for all.')
    ] = None,
    plants: Annotated[
        str | None, typer.Option(help='Only these plants, by name or id, separated by commas; "" for all.')
    ] = None,
    enable: Annotated[bool | None, typer.Option("--enable/--disable", help="Use it or not.")] = None,
    remove: Annotated[str | None, typer.Option(metavar="CHANNEL", help="Forget a channel.")] = None,
    quiet_hours: Annotated[
        str | None, typer.Option(metavar="22:00-07:30", help='Hold warnings back then; "" for never.')
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="Zone of the quiet hours: Europe/Berlin.")] = None,
    repeat_after: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Remind while unacknowledged: 4h; never.")
    ] = None,
    digest: Annotated[bool | None, typer.Option("--digest/--no-digest", help="Gather warnings.")] = None,
    heartbeat: Annotated[
        Literal["ask", "stdin", "off"] | None,
        typer.Option(
            help="Call a watchdog while all is well: ask for its address, read it from stdin, or none."
        ),
    ] = None,
    heartbeat_every: Annotated[str | None, typer.Option(metavar="DURATION", help="How often: 5m.")] = None,
) -> None:
    """Change channels and rules; what is not given stays. An address is a secret: it is never an argument.

    \b
    Examples:
      plantops settings notifications set --channel team --type discord --ask-url
      pass show webhook | plantops settings notifications set --channel team --type discord --url-stdin
      plantops settings notifications set --channel team --plants basil,fern --kinds low,offline
      plantops settings notifications set --quiet-hours 22:00-07:30 --timezone Europe/Berlin
      plantops settings notifications set --remove team
      plantops settings notifications set --heartbeat ask --heartbeat-every 5m
    """
    call = invocation(context)
    edit = notification_view.Edit(
        channel=channel, type=kind, min_severity=min_severity, kinds=kinds, plants=plants, enabled=enable,
        remove=remove, quiet_hours=quiet_hours, timezone=timezone, repeat_after=repeat_after, digest=digest,
        url=_address(call, channel, url_stdin=url_stdin, ask_url=ask_url),
        heartbeat_url=_watchdog(call, heartbeat), heartbeat_every=heartbeat_every,
    )  # fmt: skip
    if not edit.says_something:
        raise Stop(ExitCode.USAGE, "Nothing to change was given.", '"--help" lists what can be.')

    async def talk(client: PlantOpsClient) -> tuple[wire.NotificationSettings, wire.NotificationSettings]:
        before = await client.get_notification_settings()
        wanted = edit
        if edit.plants:
            ids = [(await find_plant(client, name)).id for name in notification_view.words(edit.plants)]
            wanted = replace(edit, plants=",".join(ids))
        return before, await client.replace_notification_settings(wanted.applied_to(before))

    before, after = call.ask(talk)
    _show(call, after)
    told = notification_view.changes(before, after, new_address=edit.url is not None)
    diagnostics.say("Changed: " + "; ".join(told) + "." if told else "Nothing was different.")


@notifications.command("test")
def send_test(
    context: typer.Context,
    channel: Annotated[str | None, typer.Argument(help="Through this channel; none: through all.")] = None,
) -> None:
    """Send a test message and say what really came back.

    \b
    Examples:
      plantops settings notifications test
      plantops settings notifications test team
    """
    call = invocation(context)
    outcome = call.ask(lambda client: client.send_test_notification(channel))
    call.writer().many(outcome.results, notification_view.TEST_COLUMNS)
    if not outcome.results:
        raise Stop(
            ExitCode.NOT_FOUND,
            "No channel is configured.",
            "Add one: plantops settings notifications set --channel NAME --type discord --ask-url",
        )
    failed = [result.channel for result in outcome.results if not result.ok]
    if failed:
        raise Stop(ExitCode.FAILURE, f"The test message did not get through: {', '.join(failed)}.")
    diagnostics.say("The test message got through.")


def _address(call: Invocation, channel: str | None, *, url_stdin: bool, ask_url: bool) -> str | None:
    if not (url_stdin or ask_url):
        return None
    if channel is None:
        raise Stop(ExitCode.USAGE, "Whose address?", "Name the channel with --channel.")
    return prompts.secret(call, f"Address of {channel}", "--url-stdin", from_stdin=url_stdin).strip()


def _watchdog(call: Invocation, how: str | None) -> str | None:
    """The address of the watchdog; empty for none, None to leave it as it is."""
    if how in (None, "off"):
        return None if how is None else ""
    return prompts.secret(
        call, "Address of the watchdog", "--heartbeat stdin", from_stdin=how == "stdin"
    ).strip()


def _show(call: Invocation, settings: wire.NotificationSettings) -> None:
    names: dict[str, str] = {}
    if any(channel.plants for channel in settings.channels):
        plants = call.ask(lambda client: client.list_plants())
        names = {plant.id: plant.name for plant in plants}
    call.writer().one(settings, notification_view.COLUMNS, notification_view.sections(settings, names))
