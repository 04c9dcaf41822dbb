"""``plantops up``: everything on this machine, with one command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plantops_cli import configuration, diagnostics
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import invocation
from plantops_cli.noun import program

if TYPE_CHECKING:
    from plantops_server.settings import Settings

app = program()

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="Where everything is kept; PLANTOPS_DATA_DIR."),
]
Host = Annotated[str | None, typer.Option(help="Address of API and web view; default: 127.0.0.1.")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Port of API and web view; default: 8420.")]
MqttPort = Annotated[
    int | None, typer.Option(min=0, max=65535, help="Port of the MQTT broker; default: 1883.")
]
MqttHost = Annotated[
    str | None, typer.Option(help="Address of the broker; 0.0.0.0 lets sensors of the network in.")
]
Ssh = Annotated[
    bool, typer.Option("--ssh", help="Also open the SSH door (plantops ssh serve), and print how to log in.")
]


@app.command()
def up(
    context: typer.Context,
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    mqtt_host: MqttHost = None,
    mqtt_port: MqttPort = None,
    ssh: Ssh = False,
) -> None:
    """Run PostgreSQL, a private Mosquitto and the server, all in one data directory; Ctrl-C stops them.

    \b
    Examples:
      plantops up
      plantops up --data-dir ./plants --port 9000
      plantops up --ssh                      people with SSH keys may log in
      plantops up --mqtt-host 0.0.0.0        sensors on the network may connect, with credentials
    """
    call = invocation(context)
    settings = configuration.server_settings(
        call.environ, data_dir=data_dir, host=host, port=port, mqtt_host=mqtt_host, mqtt_port=mqtt_port
    )
    if ssh:
        _up_with_door(settings)
    else:
        from plantops_server import service

        service.up(settings)


def _up_with_door(settings: Settings) -> None:
    from plantops_cli.ssh import door_process
    from plantops_server import service

    if not door_process.installed():
        raise Stop(ExitCode.FAILURE, door_process.MISSING, door_process.INSTALL)
    door = door_process.DoorProcess(settings)

    def tell(where: service.Whereabouts) -> None:
        service.say(where)
        if where.url is not None and where.token_file is not None:
            door.open(where.url, where.token_file)
        else:
            diagnostics.warn(
                "The SSH door stays closed: it needs a token of the local admin, and there is none."
            )

    try:
        service.up(settings, tell)
    finally:
        door.close()
