"""``plantops users keys``: the SSH keys with which people log in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plantops_api import wire
from plantops_cli import diagnostics, prompts
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import invocation
from plantops_cli.lookup import find_user
from plantops_cli.noun import noun
from plantops_cli.output import Column

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

app = noun("SSH keys with which a user logs in (docs/ssh.md).")

UserName = Annotated[str, typer.Argument(metavar="USER", help='The user name or id; "me" is you.')]

_LONGEST_FILE = 8192
"""Characters; the wire takes no more, and a longer file is no public key."""

_SHORTEST = len("SHA256:") + 8
"""Characters of the beginning of a fingerprint that name it."""

_COLUMNS = (
    Column("username", lambda key: key.username, title="USER"),
    Column("fingerprint", lambda key: key.fingerprint),
    Column("key_type", lambda key: key.key_type, title="TYPE"),
    Column("comment", lambda key: key.comment),
    Column("last_used_at", lambda key: key.last_used_at, title="LAST USED"),
    Column("id", lambda key: key.id),
)


@app.command("list")
def list_keys(
    context: typer.Context,
    user: Annotated[str | None, typer.Argument(metavar="[USER]", help="Default: you.")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="Everybody's; for admins.")] = False,
) -> None:
    """List the SSH keys of a user.

    \b
    Examples:
      plantops users keys list
      plantops users keys list ada
      plantops users keys list --all --json
    """
    if everybody and user is not None:
        raise Stop(ExitCode.USAGE, "--all and a user contradict each other.", "Give one of them.")
    call = invocation(context)

    async def talk(client: PlantOpsClient) -> list[wire.SshKey]:
        if everybody:
            return await client.all_ssh_keys()
        return await client.list_ssh_keys(await _whose(client, user or "me"))

    found = call.ask(talk)
    call.writer().many(found, _COLUMNS)
    if not found:
        diagnostics.say("There are no SSH keys. Add one: plantops users keys add me ~/.ssh/id_ed25519.pub")


@app.command("add")
def add_key(
    context: typer.Context,
    user: UserName,
    file: Annotated[str, typer.Argument(metavar="FILE", help="Its public key, a .pub file; - is stdin.")],
) -> None:
    """Let an SSH key log a user in; a key has one user only.

    \b
    Examples:
      plantops users keys add ada ~/.ssh/id_ed25519.pub
      ssh-add -L | head -1 | plantops users keys add me -
    """
    call = invocation(context)
    body = wire.SshKeyBody(public_key=_read(file))

    async def talk(client: PlantOpsClient) -> wire.SshKey:
        return await client.add_ssh_key(await _whose(client, user), body)

    added = call.ask(talk)
    call.writer().one(added, _COLUMNS)
    diagnostics.say(f"{added.username!r} may now log in with {added.fingerprint}.")


@app.command("remove")
def remove_key(
    context: typer.Context,
    user: UserName,
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="Its fingerprint (SHA256:…), the beginning of it, or its id.")
    ],
    yes: prompts.Yes = False,
) -> None:
    """Take an SSH key away; sessions that it opened are over.

    \b
    Examples:
      plantops users keys remove ada SHA256:Xw0kfTnI8l5YFPJ7GkzN7RzsFAS5mVHAcBuR9gGgEXc
    """
    call = invocation(context)

    async def look(client: PlantOpsClient) -> tuple[str, wire.SshKey]:
        owner = await _whose(client, user)
        return owner, _named(await client.list_ssh_keys(owner), user, key)

    owner, found = call.ask(look)
    prompts.confirm(call, f"Take the key {found.fingerprint} away from {found.username!r}", yes=yes)
    call.ask(lambda client: client.delete_ssh_key(owner, found.id))
    diagnostics.say(f"{found.username!r} no longer gets in with {found.fingerprint}.")


async def _whose(client: PlantOpsClient, user: str) -> str:
    """The id of the user in paths. One's own name needs no look at everybody's, which is for admins."""
    if user == "me" or user == (await client.get_me()).username:
        return "me"
    return (await find_user(client, user)).id


def _named(keys: list[wire.SshKey], user: str, wanted: str) -> wire.SshKey:
    """The key with that id, fingerprint, or beginning of one, as a narrow table shows it."""
    beginning = wanted.removesuffix("…")
    found = [key for key in keys if wanted in (key.id, key.fingerprint)] or [
        key for key in keys if len(beginning) >= _SHORTEST and key.fingerprint.startswith(beginning)
    ]
    if len(found) == 1:
        return found[0]
    how_many = "several keys that begin with" if found else "no key"
    raise Stop(
        ExitCode.USAGE if found else ExitCode.NOT_FOUND,
        f"{user} has {how_many} {wanted!r}.",
        f'"plantops users keys list {user} -o json" shows them.',
    )


def _read(source: str) -> str:
    try:
        if source == "-":
            content = sys.stdin.read(_LONGEST_FILE + 1)
        else:
            with Path(source).expanduser().open(encoding="utf-8") as file:
                content = file.read(_LONGEST_FILE + 1)
    except UnicodeDecodeError:
        content = ""
    if "PRIVATE KEY" in content:
        raise Stop(
            ExitCode.USAGE,
            "This is a private key; it stays with you, and was not sent.",
            "Give the file beside it that ends in .pub.",
        )
    line = content.strip()
    if not line or len(content) > _LONGEST_FILE:
        raise Stop(
            ExitCode.USAGE,
            f"{'Stdin' if source == '-' else source} holds no public key. Nothing was changed.",
            "Give the file that ends in .pub, such as ~/.ssh/id_ed25519.pub.",
        )
    return line
