"""Access: what can be done to users, their API tokens, and the tokens by which devices come in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

from plantops_api import wire
from plantops_tui import rules
from plantops_tui.screens.choice import ChoiceDialog
from plantops_tui.screens.form import Field, FormDialog, Values
from plantops_tui.screens.shown_once import ShownOnceDialog

if TYPE_CHECKING:
    from plantops_tui.screens.settings import SettingsScreen

ROLES: tuple[str, ...] = get_args(wire.Role)
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
LEAST_PASSWORD = 10
"""What the server accepts, in characters."""
MOST_USES = 10_000
"""What the server accepts of an enrolment token."""


def _role(value: str) -> Field:
    return Field("role", "role", value, rules.one_of(*ROLES), 20, lambda t: rules.wrong_choice(t, *ROLES))


def _wrong_username(typed: str) -> str:
    return (
        "" if _USERNAME.fullmatch(typed) else "Small letters, digits, dot, dash and underscore, at most 63."
    )


def _wrong_password(typed: str) -> str:
    return "" if len(typed) >= LEAST_PASSWORD else f"At least {LEAST_PASSWORD} characters."


def _wrong_expiry(typed: str) -> str:
    return "" if not typed or rules.duration_s(typed) else "Give a time such as 90 d, or nothing for no end."


def add_user(screen: SettingsScreen) -> None:
    """A person with a password."""

    async def save(values: Values) -> object:
        return await screen.client.create_user(wire.UserBody.model_validate(values))

    fields = [
        Field("username", "user name", "", "ada", 63, _wrong_username),
        Field("password", "password", "", "a long pass phrase", 500, _wrong_password, secret=True),
        _role("viewer"),
    ]
    screen.app.push_screen(FormDialog("New user", fields, save), screen.saved)


def edit_user(screen: SettingsScreen, user: wire.User) -> None:
    """Another role, or a new password."""

    async def save(values: Values) -> object:
        changes: dict[str, Any] = {"role": values["role"]}
        if values["password"]:
            changes["password"] = values["password"]
        return await screen.client.update_user(user.id, wire.UserPatch(**changes))

    fields = [
        _role(user.role),
        Field(
            "password",
            "new password",
            "",
            "empty: the old one stays",
            500,
            lambda typed: _wrong_password(typed) if typed else "",
            secret=True,
        ),
    ]
    screen.app.push_screen(FormDialog(f"Change {user.username}", fields, save), screen.saved)


def add_token(screen: SettingsScreen, role: str) -> None:
    """An API token for yourself; its secret is shown once."""

    async def save(values: Values) -> object:
        body = wire.TokenBody.model_validate(
            {
                "name": values["name"],
                "role": values["role"],
                "expires_in_s": rules.duration_s(values["expires_in_s"]),
            }
        )
        return await screen.client.create_token(body)

    fields = [
        Field("name", "name", "", "phone", check=lambda typed: "" if typed else "Give it a name."),
        _role(role),
        Field("expires_in_s", "expires in", "", "never; or 90 d", 20, _wrong_expiry),
    ]
    screen.app.push_screen(FormDialog("New API token", fields, save), lambda made: _show_token(screen, made))


def _show_token(screen: SettingsScreen, made: object) -> None:
    if isinstance(made, wire.TokenCreated):
        words = "Put it into a file that only you can read, and name that with --token-file."
        screen.app.push_screen(ShownOnceDialog(f"The token {made.name}, role {made.role}", made.token, words))
        screen.load()


def _wrong_uses(typed: str) -> str:
    return (
        "" if typed.isdecimal() and 1 <= int(typed) <= MOST_USES else f"Give a number from 1 to {MOST_USES}."
    )


def add_enrolment_token(screen: SettingsScreen) -> None:
    """A token by which devices register themselves while no pairing window is open; shown once."""

    async def save(values: Values) -> object:
        expires = rules.duration_s(values["expires_in_s"])
        body = wire.EnrolmentTokenBody(
            name=values["name"], uses=int(values["uses"]), **({"expires_in_s": expires} if expires else {})
        )
        return await screen.client.create_enrolment_token(body)

    fields = [
        Field("name", "name", "", "balcony", check=lambda typed: "" if typed else "Give it a name."),
        Field("uses", "devices", "1", "how many may use it", 5, _wrong_uses),
        Field("expires_in_s", "expires in", "", "24 h; or 7 d", 20, _wrong_expiry),
    ]
    words = "A device that brings it may register at any hour."
    screen.app.push_screen(
        FormDialog("New enrolment token", fields, save, words), lambda made: _show_enrolment(screen, made)
    )


def _show_enrolment(screen: SettingsScreen, made: object) -> None:
    if isinstance(made, wire.EnrolmentTokenCreated):
        words = "Put it into the device's configuration: it registers with it by itself."
        screen.app.push_screen(ShownOnceDialog(f"The enrolment token {made.name}", made.token, words))
        screen.load()


def add(screen: SettingsScreen, role: str) -> None:
    """Ask what is to be added."""
    ways = {
        1: lambda: add_token(screen, role),
        2: lambda: add_user(screen),
        3: lambda: add_enrolment_token(screen),
    }
    screen.app.push_screen(
        ChoiceDialog("Add", [("an API token", 1), ("a user", 2), ("an enrolment token, for devices", 3)]),
        lambda chosen: ways[chosen]() if chosen else None,
    )
