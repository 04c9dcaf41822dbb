"""The first page of the settings: your own password, API tokens, SSH keys and login links."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from plantops_api.wire import ROLES, PasswordBody, SshKeyBody, TokenBody
from plantops_server.access import sessions, ssh_keys, tokens, users
from plantops_server.access.callers import Caller
from plantops_server.entrance import login
from plantops_server.entrance.auth import HouseDep, Viewer
from plantops_server.entrance.house import House
from plantops_server.errors import InvalidInput, WrongLogin
from plantops_server.web.acting import acted, body_of, handed_over
from plantops_server.web.forms import Fields, FieldsDep
from plantops_server.web.pages import redirect, render

router = APIRouter(prefix="/settings", include_in_schema=False)

ItemId = Annotated[str, Path(max_length=100)]
HOME = "/settings"
DAY_S = 86_400
LIVES = ((0, "until it is revoked"), (DAY_S, "a day"), (30 * DAY_S, "30 days"), (365 * DAY_S, "a year"))
"""How long a token may live, in s."""
_MOST = 500


@router.get("")
async def own_account(request: Request, house: HouseDep, caller: Viewer) -> Response:
    """What belongs to whoever is logged in."""
    async with house.db.connection() as conn:
        user = await users.get_user(conn, caller.user_id)
        own_tokens = await tokens.list_tokens(conn, caller.user_id, _MOST, None, None)
        keys = await ssh_keys.list_keys(conn, caller.user_id, _MOST, None, None)
    return render(
        request, "own_account.html", user=user, has_password=user["password_hash"] is not None, tokens=own_tokens,
        keys=keys, lives=LIVES, roles=[(role, role) for role in ROLES if caller.may(role)],
    )  # fmt: skip


@router.post("/password")
async def change_password(request: Request, house: HouseDep, caller: Viewer, fields: FieldsDep) -> Response:
    """Set the own password; it ends the other sessions, and this browser gets a new one."""
    body = body_of(
        PasswordBody,
        current_password=fields.text("current_password"),
        new_password=fields.text("new_password"),
    )
    address = login.client_address(request)
    try:
        await login.change_password(house, caller, body.current_password, body.new_password, address)
    except WrongLogin:
        problem = "The current password is wrong; nothing was changed."
        raise InvalidInput(problem=problem, field="current_password") from None
    answer = redirect(HOME, "The new password holds. Your sessions in other browsers have ended.")
    await login.begin_session(request, answer, house, caller.user_id)
    return answer


@router.post("/login-link")
async def make_login_link(request: Request, house: HouseDep, caller: Viewer) -> Response:
    """A link for another browser of one's own."""
    async with house.db.transaction() as conn:
        made = await sessions.give_login_link(conn, caller, None, str(request.base_url), house.clock())
    sentence = "Open it in the other browser within 10 minutes. It works once, and is shown this once."
    return handed_over(request, "Login link", sentence, made["url"], HOME, "settings")


@router.post("/tokens")
async def create_token(request: Request, house: HouseDep, caller: Viewer, fields: FieldsDep) -> Response:
    """An API token of one's own, shown on this one answer."""
    body = token_body(fields)
    async with house.db.transaction() as conn:
        made = await tokens.give_token(conn, caller, body, house.clock())
    return token_shown(request, made, HOME)


@router.post("/tokens/{token_id}/revoke")
async def revoke_token(token_id: ItemId, house: HouseDep, caller: Viewer) -> Response:
    """Its next request is refused."""
    return await revoked(house, token_id, caller, HOME)


@router.post("/ssh-keys")
async def add_ssh_key(house: HouseDep, caller: Viewer, fields: FieldsDep) -> Response:
    """A key that logs one in over SSH."""

    async def work() -> None:
        body = body_of(SshKeyBody, public_key=fields.text("public_key") or "")
        async with house.db.transaction() as conn:
            await ssh_keys.add_key(conn, caller, ssh_keys.ME, body.public_key, house.clock())

    return await acted(HOME, "Added: this key logs you in over SSH.", work())


@router.post("/ssh-keys/{key_id}/remove")
async def remove_ssh_key(key_id: ItemId, house: HouseDep, caller: Viewer) -> Response:
    """Nobody gets in with it any more."""

    async def work() -> None:
        async with house.db.transaction() as conn:
            await ssh_keys.remove_key(conn, caller, ssh_keys.ME, key_id)

    return await acted(HOME, "Removed: nobody gets in with this key any more.", work())


def token_shown(request: Request, made: dict[str, Any], place: str) -> Response:
    """The one answer that holds a new token."""
    sentence = (
        f"“{made['name']}” acts as {made['username']} with the role {made['role']}. It is shown this once."
    )
    return handed_over(request, "API token", sentence, made["token"], place, "settings")


async def revoked(house: House, token_id: str, caller: Caller, place: str) -> Response:
    """Back at ``place``, with the token gone, or with the sentence that says why it is not."""

    async def work() -> None:
        async with house.db.transaction() as conn:
            await tokens.revoke_token(conn, token_id, caller)

    return await acted(place, "Revoked: its next request is refused.", work())


def token_body(fields: Fields, username: str | None = None) -> TokenBody:
    """What the form of a token asks for. Raises InvalidInput."""
    seconds = fields.number("expires_in_s", "How long")
    return body_of(
        TokenBody, name=fields.text("name") or "", role=fields.text("role"), username=username,
        expires_in_s=round(seconds) if seconds else None,
    )  # fmt: skip
