"""``plantops devices``: sensors and their credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from plantops_api import wire
from plantops_cli import calibrating, completion, device_view, diagnostics, enrolling, prompts, times
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation, invocation
from plantops_cli.lookup import find_device, find_plant
from plantops_cli.noun import noun

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from plantops_api.client import PlantOpsClient

app = noun("Sensors: how they get in, where they sit, how they leave.")

DeviceName = Annotated[
    str,
    typer.Argument(
        metavar="DEVICE",
        help="Its id, MAC address, or name when only one has it.",
        autocompletion=completion.devices,
    ),
]
SecretFile = Annotated[
    str | None,
    typer.Option("--out", metavar="FILE", help="Write the credentials to a file that only you can read."),
]


@app.command("list")
def list_devices(
    context: typer.Context,
    search: Annotated[
        str | None, typer.Option("--search", "-s", help="Only those whose text matches.")
    ] = None,
) -> None:
    """List devices with their plant, status and battery.

    \b
    Examples:
      plantops devices list
      plantops devices list -o ndjson | jq -r 'select(.status == "offline").name'
    """
    call = invocation(context)
    found = call.ask(lambda client: client.list_devices(search))
    call.writer().many(found, device_view.columns(call.now()))
    if not found:
        diagnostics.say(
            "No device matches."
            if search
            else "There are no devices yet. Let one in: plantops pairing open, or plantops enrolment-tokens add NAME"
        )


@app.command("show")
def show_device(context: typer.Context, device: DeviceName) -> None:
    """Show one device, with samples of what was rejected.

    \b
    Examples:
      plantops devices show 24:6F:28:AE:52:7C
    """
    call = invocation(context)

    async def talk(client: PlantOpsClient) -> wire.Device:
        return await client.get_device((await find_device(client, device)).id)

    _show(call, call.ask(talk))


@app.command("register")
def register(
    context: typer.Context,
    mac: Annotated[str, typer.Option("--mac", metavar="MAC", help="Its MAC address: 24:6F:28:AE:52:7C.")],
    name: Annotated[str | None, typer.Option(help="What you call it.")] = None,
    plant: Annotated[str | None, typer.Option(help="Tie it to this plant at once.")] = None,
    sensors: Annotated[str, typer.Option(help="What it measures, separated by commas.")] = "",
    firmware: Annotated[str, typer.Option(help="Its firmware version.")] = "",
    interval: Annotated[str | None, typer.Option(help="How often it reports: 10m.")] = None,
    enrolment_token_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="File with an enrolment token, - for stdin; default: make one."),
    ] = None,
    out: SecretFile = None,
) -> None:
    """Register a device by hand.

    Prints its MQTT credentials, this once.
    Devices with PlantOps firmware do this themselves. Without --enrolment-token-file a token for one use is made
    with your own rights.

    \b
    Examples:
      plantops devices register --mac 24:6F:28:AE:52:7C --plant basil --out sensor.json
      plantops devices register --mac 24:6F:28:AE:52:7C --interval 10m --json
    """
    call = invocation(context)
    body = wire.RegisterBody(
        mac_address=enrolling.checked_mac(mac),
        name=name,
        firmware_version=firmware,
        sensor_types=[sensor.strip() for sensor in sensors.split(",") if sensor.strip()],
        report_interval_s=times.parse_duration(interval) if interval else None,
    )
    token = enrolling.given_token(enrolment_token_file)

    async def talk(client: PlantOpsClient) -> wire.Registered:
        return await enrolling.register(client, body, token, plant)

    registered = call.ask(talk)
    enrolling.hand_over(call, registered, out)
    tied = (
        f" and tied it to {plant!r}"
        if plant
        else f". Next: plantops devices provision {registered.device_id} PLANT"
    )
    diagnostics.say(f"Registered device {registered.device_id}{tied}.")


@app.command("provision")
def provision(
    context: typer.Context,
    device: DeviceName,
    plant: Annotated[
        str | None,
        typer.Argument(metavar="[PLANT]", help="The plant it sits in.", autocompletion=completion.plants),
    ] = None,
    untie: Annotated[bool, typer.Option("--untie", help="Take it out of its plant.")] = False,
) -> None:
    """Tie a device to a plant.

    \b
    Examples:
      plantops devices provision dev_… basil
      plantops devices provision dev_… --untie
    """
    call = invocation(context)
    if (plant is None) != untie:
        raise Stop(ExitCode.USAGE, "Name a plant, or give --untie.")

    async def talk(client: PlantOpsClient) -> wire.Device:
        found = await find_device(client, device)
        target = (await find_plant(client, plant)).id if plant else None
        return await client.provision_device(found.id, target)

    changed = call.ask(talk)
    _show(call, changed)
    where = (
        f"is tied to plant {changed.plant_name or changed.plant_id!r}"
        if changed.plant_id
        else "is tied to no plant"
    )
    diagnostics.say(f"Device {device_view.called(changed)} {where}.")


@app.command("edit")
def edit(
    context: typer.Context,
    device: DeviceName,
    name: Annotated[str | None, typer.Option(help='A new name; "" clears it.')] = None,
    interval: Annotated[str | None, typer.Option(help="How often it shall report: 10m.")] = None,
) -> None:
    """Change a device's name or reporting interval.

    \b
    Examples:
      plantops devices edit dev_… --name "Sill probe" --interval 10m
    """
    call = invocation(context)
    changes: dict[str, str | int | None] = {}
    if name is not None:
        changes["name"] = name or None
    if interval is not None:
        changes["report_interval_s"] = times.parse_duration(interval)
    if not changes:
        raise Stop(ExitCode.USAGE, "Nothing to change was given.", "Give --name or --interval.")
    body = wire.DevicePatch.model_validate(changes)
    changed = _change(call, device, lambda client, id_: client.update_device(id_, body))
    _show(call, changed)
    told = []
    if name is not None:
        told.append(f"it is called {changed.name!r}" if changed.name else "it has no name")
    if interval is not None:
        told.append(f"it shall report every {times.brief(changed.report_interval_s)}")
    diagnostics.say(f"Changed device {changed.id}: {', '.join(told)}.")


@app.command("calibrate")
def calibrate(
    context: typer.Context,
    device: DeviceName,
    dry: Annotated[float | None, typer.Option(help="Raw counts in dry soil of this pot.")] = None,
    wet: Annotated[float | None, typer.Option(help="Raw counts in soil that is soaked and drained.")] = None,
    suggested: Annotated[
        bool, typer.Option("--suggested", help="Take the ends that its history suggests.")
    ] = False,
    keep_history: Annotated[
        bool, typer.Option("--keep-history", help="Leave the moisture of earlier readings as it is.")
    ] = False,
    yes: prompts.Yes = False,
) -> None:
    """Set the dry and wet end points of a soil probe.

    Without --dry and --wet you are led through it, with what the probe counts live. Earlier readings kept their raw
    counts: their moisture is derived anew, unless you say --keep-history.

    \b
    Examples:
      plantops devices calibrate "Sill probe"
      plantops devices calibrate dev_… --dry 3210 --wet 1340
      plantops devices calibrate dev_… --suggested --yes
    """
    call = invocation(context)
    if suggested and (dry is not None or wet is not None):
        raise Stop(ExitCode.USAGE, "Give --suggested, or --dry and --wet, not both.")
    changed = calibrating.calibrate(
        call, device, dry, wet, suggested=suggested, rederive=not keep_history, yes=yes
    )
    _show(call, changed)


@app.command("rotate")
def rotate(
    context: typer.Context, device: DeviceName, yes: prompts.Yes = False, out: SecretFile = None
) -> None:
    """Give a device new credentials, end the old ones.

    \b
    Examples:
      plantops devices rotate dev_… --yes --out sensor.json
    """
    call = invocation(context)
    found = call.ask(lambda client: find_device(client, device))
    prompts.confirm(
        call,
        f"Rotate the credentials of device {device_view.called(found)}; the old ones stop working",
        yes=yes,
    )
    enrolling.hand_over(call, call.ask(lambda client: client.rotate_device(found.id)), out)
    diagnostics.say(f"Rotated the credentials of device {device_view.called(found)}.")


@app.command("allow-reenrolment")
def allow_reenrolment(context: typer.Context, device: DeviceName) -> None:
    """Let a known device register again, once.

    \b
    Examples:
      plantops devices allow-reenrolment 24:6F:28:AE:52:7C
    """
    call = invocation(context)
    changed = _change(call, device, lambda client, id_: client.allow_reenrolment(id_))
    _show(call, changed)
    until = times.local(changed.reenrolment_allowed_until)
    diagnostics.say(f"Device {device_view.called(changed)} may register again, once, until {until}.")


@app.command("command")
def command(
    context: typer.Context,
    device: DeviceName,
    order: Annotated[
        Literal["identify", "reboot", "rotate"], typer.Argument(metavar="identify|reboot|rotate")
    ],
    yes: prompts.Yes = False,
) -> None:
    """Send a command to a device over MQTT.

    \b
    Examples:
      plantops devices command dev_… identify
      plantops devices command dev_… reboot --yes
    """
    call = invocation(context)
    found = call.ask(lambda client: find_device(client, device))
    if order != "identify":
        prompts.confirm(call, f"Send {order!r} to device {device_view.called(found)}", yes=yes)
    sent = call.ask(lambda client: client.command_device(found.id, wire.CommandBody(command=order)))
    call.writer().one(sent, device_view.SENT_COLUMNS)
    diagnostics.say(f"The broker has taken {order!r} for device {device_view.called(found)}.")


@app.command("remove")
def remove(context: typer.Context, device: DeviceName, yes: prompts.Yes = False) -> None:
    """Decommission a device; its readings stay.

    \b
    Examples:
      plantops devices remove dev_… --yes
    """
    call = invocation(context)
    found = call.ask(lambda client: find_device(client, device))
    prompts.confirm(call, f"Remove device {device_view.called(found)}; it is cut off at once", yes=yes)
    call.ask(lambda client: client.delete_device(found.id))
    diagnostics.say(f"Removed device {device_view.called(found)}. Its readings stay.")


def _change(
    call: Invocation, device: str, change: Callable[[PlantOpsClient, str], Awaitable[wire.Device]]
) -> wire.Device:
    async def talk(client: PlantOpsClient) -> wire.Device:
        return await change(client, (await find_device(client, device)).id)

    return call.ask(talk)


def _show(call: Invocation, device: wire.Device) -> None:
    call.writer().one(device, device_view.columns(call.now()), device_view.sections(device, call.now()))
