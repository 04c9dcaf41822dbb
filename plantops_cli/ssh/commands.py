"""``plantops ssh``: the door for people with SSH keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from plantops_cli import configuration
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation, invocation
from plantops_cli.noun import noun
from plantops_cli.output import Output
from plantops_cli.ssh import door_process

app = noun("The door for people with SSH keys: a server of its own, or an OpenSSH server's (docs/ssh.md).")

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8422

Fingerprint = Annotated[
    str | None, typer.Option("--fingerprint", metavar="SHA256:…", help="Only the key with this fingerprint.")
]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", metavar="DIR", help="Data directory of the local stack.")
]


@app.command("serve")
def serve(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; default: PLANTOPS_SSH_HOST, 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; default: PLANTOPS_SSH_PORT, 8422.")
    ] = None,
    max_sessions: Annotated[int, typer.Option(min=1, max=1000, help="Most sessions at once.")] = 20,
    per_minute: Annotated[int, typer.Option(min=1, help="Connections a minute from one address.")] = 30,
    idle_minutes: Annotated[
        float, typer.Option(min=0, help="End an interface in which nobody pressed a key; 0: never.")
    ] = 60,
    local_key: Annotated[
        bool,
        typer.Option("--local-key", help="Make a key for the local admin, and print the line that uses it."),
    ] = False,
    of_stack: Annotated[int | None, typer.Option("--of-stack", hidden=True)] = None,
) -> None:
    """Open a door of our own; Ctrl-C closes it.

    Who has a registered key gets the terminal interface, or a command that reads, with the role of its user.

    \b
    Examples:
      plantops users keys add ada ada.pub && plantops ssh serve --host 0.0.0.0
      ssh -p 8422 greenhouse
      ssh -p 8422 greenhouse -- plants list --json
    """
    try:
        from plantops_cli.ssh import door
    except ModuleNotFoundError:
        raise Stop(ExitCode.FAILURE, door_process.MISSING, door_process.INSTALL) from None

    call = invocation(context)
    found = configuration.given(call.environ)
    house_rules = door.HouseRules(
        host=host or str(found["ssh_host"].value if "ssh_host" in found else DEFAULT_HOST),
        port=_port(call) if port is None else port,
        max_sessions=max_sessions,
        connections_per_minute=per_minute,
        idle_s=idle_minutes * 60 or None,
        local_key=local_key,
    )
    if of_stack is not None:
        door_process.die_with(of_stack)
    door.run(call, house_rules)


@app.command("authorized-keys")
def authorized_keys(
    context: typer.Context,
    user: Annotated[
        str | None, typer.Option("--user", metavar="USER", help="Only the keys of this user.")
    ] = None,
    fingerprint: Fingerprint = None,
    data_dir: DataDir = None,
) -> None:
    """Print what an OpenSSH server must know of the keys.

    For its authorized_keys file, or as its AuthorizedKeysCommand.

    \b
    Examples:
      plantops ssh authorized-keys > ~plantops/.ssh/authorized_keys
      plantops ssh authorized-keys --user ada --data-dir /var/lib/plantops
    """
    from plantops_cli.ssh.authorized_keys import line, place_words

    call = invocation(context)
    if data_dir is not None:
        call = replace(call, environ={**call.environ, "PLANTOPS_DATA_DIR": str(data_dir)})
    keys = call.ask(lambda client: client.all_ssh_keys(fingerprint))
    place = place_words(call.environ, call.url, call.token_file)
    lines = [line(key, place) for key in keys if user in (None, key.username)]
    if lines:
        Output().text("\n".join(lines))


@app.command("session")
def session(
    context: typer.Context,
    user: Annotated[str, typer.Option("--user", metavar="USER", help="Who it is.")],
    fingerprint: Annotated[
        str | None, typer.Option("--fingerprint", metavar="SHA256:…", help="The key that was proved.")
    ] = None,
    data_dir: DataDir = None,
    of_door: Annotated[int | None, typer.Option("--of-door", hidden=True)] = None,
) -> None:
    """Be one session: an OpenSSH server's forced command.

    Opens the terminal interface, or runs the command in SSH_ORIGINAL_COMMAND if it is one that reads, as that user.
    "plantops ssh authorized-keys" writes lines that call it.

    \b
    Examples:
      plantops ssh session --user ada
      SSH_ORIGINAL_COMMAND="plants list --json" plantops ssh session --user ada
    """
    if of_door is not None:
        from plantops_cli.ssh.hangup import belong_to

        belong_to(of_door)
    from plantops_cli.ssh.session import run_session

    call = invocation(context)
    raise typer.Exit(run_session(user, fingerprint, call.url, call.token_file, data_dir))


def _port(call: Invocation) -> int:
    found = configuration.given(call.environ).get("ssh_port")
    if found is None:
        return DEFAULT_PORT
    try:
        port = int(found.value)
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:
        raise Stop(
            ExitCode.USAGE,
            f"PLANTOPS_SSH_PORT: {found.value!r} is no port.",
            f"It comes from {found.origin}.",
        )
    return port
