"""``plantops users``: people and their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from plantops_api import wire
from plantops_cli import diagnostics, prompts, user_keys
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import invocation
from plantops_cli.lookup import find_user
from plantops_cli.noun import noun
from plantops_cli.output import Column

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

app = noun("People and their roles: viewer, operator, admin.")
app.add_typer(user_keys.app, name="keys")

RoleName = Literal["viewer", "operator", "admin"]
UserName = Annotated[str, typer.Argument(metavar="USER", help="The user name or id.")]

_COLUMNS = (
    Column("username", lambda user: user.username, title="USER"),
    Column("role", lambda user: user.role),
    Column("has_password", lambda user: user.has_password, title="PASSWORD"),
    Column("last_login_at", lambda user: user.last_login_at, title="LAST LOGIN"),
    Column("created_at", lambda user: user.created_at, title="CREATED"),
    Column("id", lambda user: user.id),
)


@app.command("list")
def list_users(context: typer.Context) -> None:
    """List users.

    \b
    Examples:
      plantops users list
    """
    call = invocation(context)
    call.writer().many(call.ask(lambda client: client.list_users()), _COLUMNS)


@app.command("add")
def add_user(
    context: typer.Context,
    username: Annotated[str, typer.Argument(help="Small letters, digits, . _ -")],
    role: Annotated[RoleName, typer.Option(help="What the user may do.")] = "viewer",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from stdin instead of asking.")
    ] = False,
) -> None:
    """Add a user; asks for the password.

    \b
    Examples:
      plantops users add ada --role operator
      pass show plantops/ada | plantops users add ada --password-stdin
    """
    call = invocation(context)
    password = prompts.secret(call, f"Password for {username}", "--password-stdin", from_stdin=password_stdin)
    _check_password(password)
    body = wire.UserBody(username=username, password=password, role=role)
    added = call.ask(lambda client: client.create_user(body))
    call.writer().one(added, _COLUMNS)
    diagnostics.say(f"Added user {added.username!r} as {added.role}.")


@app.command("edit")
def edit_user(
    context: typer.Context,
    user: UserName,
    role: Annotated[RoleName | None, typer.Option(help="What the user may do.")] = None,
    password: Annotated[bool, typer.Option("--password", help="Ask for a new password.")] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read a new password from stdin.")
    ] = False,
) -> None:
    """Change a user's role or password.

    \b
    Examples:
      plantops users edit ada --role admin
      plantops users edit ada --password
    """
    call = invocation(context)
    changes: dict[str, str] = {"role": role} if role else {}
    if password or password_stdin:
        typed = prompts.secret(
            call, f"New password for {user}", "--password-stdin", from_stdin=password_stdin
        )
        _check_password(typed)
        changes["password"] = typed
    if not changes:
        raise Stop(ExitCode.USAGE, "Nothing to change was given.", "Give --role or --password.")

    async def talk(client: PlantOpsClient) -> wire.User:
        found = await find_user(client, user)
        return await client.update_user(found.id, wire.UserPatch.model_validate(changes))

    changed = call.ask(talk)
    call.writer().one(changed, _COLUMNS)
    told = [f"role: {role}" if field == "role" else "a new password" for field in changes]
    diagnostics.say(f"Changed user {changed.username!r}: {', '.join(told)}.")


@app.command("remove")
def remove_user(context: typer.Context, user: UserName, yes: prompts.Yes = False) -> None:
    """Remove a user; the user's tokens stop working at once.

    \b
    Examples:
      plantops users remove ada
    """
    call = invocation(context)
    found = call.ask(lambda client: find_user(client, user))
    prompts.confirm(call, f"Remove user {found.username!r} and all tokens of that user", yes=yes)
    call.ask(lambda client: client.delete_user(found.id))
    diagnostics.say(f"Removed user {found.username!r}.")


def _check_password(password: str) -> None:
    """Checked here as well, so that a pydantic message never repeats the password."""
    if not 10 <= len(password) <= 500:
        raise Stop(ExitCode.USAGE, "A password has 10 to 500 characters. Nothing was changed.")
