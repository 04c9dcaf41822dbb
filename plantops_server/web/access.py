"""The settings of access: people, what they may, and everybody's API tokens. For admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from plantops_api.wire import ROLES, UserBody, UserPatch
from plantops_server.access import passwords, sessions, tokens, users
from plantops_server.entrance.auth import Admin, HouseDep
from plantops_server.web.acting import acted, body_of, handed_over
from plantops_server.web.forms import FieldsDep
from plantops_server.web.own_account import LIVES, revoked, token_body, token_shown
from plantops_server.web.pages import render

router = APIRouter(prefix="/settings/access", include_in_schema=False)

ItemId = Annotated[str, Path(max_length=100)]
HOME = "/settings/access"
_MOST = 500


@router.get("")
async def access(request: Request, house: HouseDep, caller: Admin) -> Response:
    """People and tokens."""
    async with house.db.connection() as conn:
        people = await users.list_users(conn, _MOST, None, None)
        all_tokens = await tokens.list_tokens(conn, None, _MOST, None, None)
    return render(
        request, "access.html", people=people, tokens=all_tokens, roles=[(role, role) for role in ROLES], lives=LIVES,
        own_id=caller.user_id,
    )  # fmt: skip


@router.post("/users")
async def add_user(house: HouseDep, _caller: Admin, fields: FieldsDep) -> Response:
    """Add a person with a password."""

    async def work() -> None:
        body = body_of(
            UserBody, username=fields.text("username") or "", password=fields.text("password") or "",
            role=fields.text("role") or "viewer",
        )  # fmt: skip
        password_hash = await passwords.hash_password(body.password)
        async with house.db.transaction() as conn:
            await users.create_user(conn, body.username, password_hash, body.role, house.clock())

    return await acted(HOME, f"Added {fields.text('username')}.", work())


@router.post("/users/{user_id}")
async def change_user(user_id: ItemId, house: HouseDep, _caller: Admin, fields: FieldsDep) -> Response:
    """Another role or a new password."""

    async def work() -> None:
        body = body_of(UserPatch, role=fields.text("role"), password=fields.text("password"))
        password_hash = None if body.password is None else await passwords.hash_password(body.password)
        async with house.db.transaction() as conn:
            await users.change_user(conn, user_id, body.role, password_hash)

    new_password = fields.text("password") is not None
    sentence = "Saved." + (" The new password ended the sessions of that person." if new_password else "")
    return await acted(HOME, sentence, work())


@router.post("/users/{user_id}/remove")
async def remove_user(user_id: ItemId, house: HouseDep, _caller: Admin) -> Response:
    """Remove a person with all tokens and sessions."""

    async def work() -> None:
        async with house.db.transaction() as conn:
            await users.remove_user(conn, user_id)

    return await acted(HOME, "Removed; tokens and sessions of that person are dead.", work())


@router.post("/users/{user_id}/login-link")
async def make_login_link(user_id: ItemId, request: Request, house: HouseDep, caller: Admin) -> Response:
    """A link that lets somebody's browser in once."""
    async with house.db.transaction() as conn:
        user = await users.get_user(conn, user_id)
        base_url, now = str(request.base_url), house.clock()
        made = await sessions.give_login_link(conn, caller, user["username"], base_url, now)
    sentence = f"It logs a browser in as {made['username']}, once, within 10 minutes. It is shown this once."
    return handed_over(request, "Login link", sentence, made["url"], HOME, "settings")


@router.post("/users/{user_id}/tokens")
async def create_token(
    user_id: ItemId, request: Request, house: HouseDep, caller: Admin, fields: FieldsDep
) -> Response:
    """An API token of somebody, shown on this one answer."""
    async with house.db.transaction() as conn:
        user = await users.get_user(conn, user_id)
        made = await tokens.give_token(conn, caller, token_body(fields, user["username"]), house.clock())
    return token_shown(request, made, HOME)


@router.post("/tokens/{token_id}/revoke")
async def revoke_token(token_id: ItemId, house: HouseDep, caller: Admin) -> Response:
    """Its next request is refused."""
    return await revoked(house, token_id, caller, HOME)
