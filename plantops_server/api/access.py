"""Doors to login, users and API tokens."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from plantops_api.wire import (
    LoginBody,
    LoginLink,
    LoginLinkBody,
    Me,
    Page,
    PasswordBody,
    Token,
    TokenBody,
    TokenCreated,
    User,
    UserBody,
    UserPatch,
)
from plantops_server.access import passwords, sessions, tokens, users
from plantops_server.access.callers import Caller
from plantops_server.entrance import login
from plantops_server.entrance.auth import Admin, HouseDep, Viewer
from plantops_server.entrance.paging import PageDep
from plantops_server.entrance.papers import SECRET_ANSWER

router = APIRouter(prefix="/api", tags=["access"])


@router.post("/auth/login", response_model=Me)
async def log_in(body: LoginBody, request: Request, response: Response, house: HouseDep) -> dict[str, Any]:
    """Log in with name and password; the answer sets the session cookie."""
    login.refuse_other_sites(request)
    address = login.client_address(request)
    user = await login.user_with_password(house, body.username, body.password, address)
    await login.begin_session(request, response, house, user["id"])
    return {"username": user["username"], "role": user["role"], "via": "session"}


@router.post("/auth/logout", status_code=204)
async def log_out(request: Request, house: HouseDep, _caller: Viewer) -> Response:
    """End the session of this browser. An API token is not touched: it is revoked under /api/tokens."""
    response = Response(status_code=204)
    await login.end_session(request, response, house)
    return response


@router.post("/auth/password", status_code=204)
async def change_password(body: PasswordBody, request: Request, house: HouseDep, caller: Viewer) -> Response:
    """Set your own password. It ends all your sessions, also this browser's, which gets a new one."""
    address = login.client_address(request)
    await login.change_password(house, caller, body.current_password, body.new_password, address)
    response = Response(status_code=204)
    if caller.via == "session":
        await login.begin_session(request, response, house, caller.user_id)
    return response


@router.post("/auth/login-links", response_model=LoginLink, status_code=201)
async def make_login_link(
    request: Request, response: Response, house: HouseDep, caller: Viewer, body: LoginLinkBody | None = None
) -> dict[str, Any]:
    """Make a link that logs a browser in once, within 10 minutes: for yourself or, as admin, for another user.

    The session has the user's whole role, so a token that may less than its user cannot make one.
    """
    response.headers.update(SECRET_ANSWER)
    username, base_url = body.username if body else None, str(request.base_url)
    async with house.db.transaction() as conn:
        return await sessions.give_login_link(conn, caller, username, base_url, house.clock())


@router.get("/auth/me", response_model=Me)
async def me(caller: Viewer) -> Caller:
    """Who the server thinks you are."""
    return caller


@router.get("/users", response_model=Page[User])
async def list_users(page: PageDep, house: HouseDep, _caller: Admin) -> dict[str, Any]:
    """Users by name."""
    async with house.db.connection() as conn:
        rows = await users.list_users(conn, page.fetch, page.after, page.q)
    return page.page([_shown_user(row) for row in rows], "username")


@router.post("/users", response_model=User, status_code=201)
async def create_user(body: UserBody, house: HouseDep, _caller: Admin) -> dict[str, Any]:
    """Add a user with a password."""
    password_hash = await passwords.hash_password(body.password)
    async with house.db.transaction() as conn:
        row = await users.create_user(conn, body.username, password_hash, body.role, house.clock())
    return _shown_user(row)


@router.get("/users/{user_id}", response_model=User)
async def get_user(user_id: str, house: HouseDep, _caller: Admin) -> dict[str, Any]:
    """One user."""
    async with house.db.connection() as conn:
        return _shown_user(await users.get_user(conn, user_id))


@router.patch("/users/{user_id}", response_model=User)
async def change_user(user_id: str, body: UserPatch, house: HouseDep, _caller: Admin) -> dict[str, Any]:
    """Change a role or set a new password, which ends the user's sessions. The last admin stays admin (409)."""
    password_hash = None if body.password is None else await passwords.hash_password(body.password)
    async with house.db.transaction() as conn:
        return _shown_user(await users.change_user(conn, user_id, body.role, password_hash))


@router.delete("/users/{user_id}", status_code=204)
async def remove_user(user_id: str, house: HouseDep, _caller: Admin) -> Response:
    """Remove a user; tokens and sessions stop working at once. The last admin cannot be removed (409)."""
    async with house.db.transaction() as conn:
        await users.remove_user(conn, user_id)
    return Response(status_code=204)


@router.get("/tokens", response_model=Page[Token])
async def list_tokens(page: PageDep, house: HouseDep, caller: Viewer) -> dict[str, Any]:
    """Your API tokens; an admin sees everybody's."""
    owner = None if caller.may("admin") else caller.user_id
    async with house.db.connection() as conn:
        rows = await tokens.list_tokens(conn, owner, page.fetch, page.after, page.q)
    return page.page(rows, "id")


@router.post("/tokens", response_model=TokenCreated, status_code=201)
async def create_token(
    body: TokenBody, response: Response, house: HouseDep, caller: Viewer
) -> dict[str, Any]:
    """Make an API token for yourself or, as admin, for another user. ``token`` is shown this once."""
    response.headers.update(SECRET_ANSWER)
    async with house.db.transaction() as conn:
        return await tokens.give_token(conn, caller, body, house.clock())


@router.get("/tokens/{token_id}", response_model=Token)
async def get_token(token_id: str, house: HouseDep, caller: Viewer) -> dict[str, Any]:
    """One of your API tokens; an admin may look at anybody's."""
    async with house.db.connection() as conn:
        return await tokens.get_token(conn, token_id, caller)


@router.delete("/tokens/{token_id}", status_code=204)
async def revoke_token(token_id: str, house: HouseDep, caller: Viewer) -> Response:
    """Revoke an API token: its next request is refused."""
    async with house.db.transaction() as conn:
        await tokens.revoke_token(conn, token_id, caller)
    return Response(status_code=204)


def _shown_user(row: users.Row) -> dict[str, Any]:
    return {**row, "has_password": row["password_hash"] is not None}
