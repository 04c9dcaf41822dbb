"""Doors to login, users and API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response

from plantops_api.wire import (
    LoginBody,
    Me,
    Page,
    Token,
    TokenBody,
    TokenCreated,
    User,
    UserBody,
    UserPatch,
)
from plantops_server.access import passwords, sessions, tokens, users
from plantops_server.access.callers import SESSION_ABSOLUTE, Caller, lower_role
from plantops_server.api.paging import PageDep
from plantops_server.entrance import auth
from plantops_server.entrance.auth import Admin, HouseDep, Viewer
from plantops_server.entrance.house import House
from plantops_server.errors import CrossSiteRequest, NotAllowed, UserNotFound, WrongLogin

router = APIRouter(prefix="/api", tags=["access"])
log = structlog.get_logger(__name__)


@router.post("/auth/login", response_model=Me)
async def login(body: LoginBody, request: Request, response: Response, house: HouseDep) -> dict[str, Any]:
    """Log in with name and password; the answer sets the session cookie."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise CrossSiteRequest
    user = await _user_with_password(body, client_address(request), house)
    await begin_session(request, response, house, user["id"])
    return {"username": user["username"], "role": user["role"], "via": "session"}


@router.post("/auth/logout", status_code=204)
async def logout(request: Request, house: HouseDep, _caller: Viewer) -> Response:
    """End the session of this browser. An API token is not touched: it is revoked under /api/tokens."""
    secret = auth.session_secret(request)
    if secret is not None:
        async with house.db.transaction() as conn:
            await sessions.close_session(conn, secret)
    response = Response(status_code=204)
    for name in (auth.SESSION_COOKIE, auth.SECURE_SESSION_COOKIE):
        response.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True)
    return response


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
async def create_token(body: TokenBody, house: HouseDep, caller: Viewer) -> dict[str, Any]:
    """Make an API token for yourself or, as admin, for another user. ``token`` is shown this once."""
    role = tokens.role_to_give(caller, body.role)
    now = house.clock()
    expires_at = None if body.expires_in_s is None else now + timedelta(seconds=body.expires_in_s)
    async with house.db.transaction() as conn:
        owner = await _token_owner(conn, body.username, caller)
        issued = await tokens.issue_token(conn, owner["id"], body.name, role, expires_at, now)
    effective = lower_role(role, owner["role"])
    return {**issued.row, "username": owner["username"], "role": effective, "token": issued.secret}


@router.delete("/tokens/{token_id}", status_code=204)
async def revoke_token(token_id: str, house: HouseDep, caller: Viewer) -> Response:
    """Revoke an API token: its next request is refused."""
    async with house.db.transaction() as conn:
        await tokens.revoke_token(conn, token_id, caller)
    return Response(status_code=204)


async def begin_session(request: Request, response: Response, house: House, user_id: str) -> None:
    """Open a session for a user who proved who they are, and set its cookie; the web view's login uses it too."""
    async with house.db.transaction() as conn:
        secret = await sessions.open_session(conn, user_id, house.clock(), auth.session_secret(request))
    secure = request.url.scheme == "https"
    response.set_cookie(
        auth.SECURE_SESSION_COOKIE if secure else auth.SESSION_COOKIE, secret, path="/", secure=secure,
        max_age=int(SESSION_ABSOLUTE.total_seconds()), httponly=True, samesite="lax",
    )  # fmt: skip
    response.headers["Cache-Control"] = "no-store"


def client_address(request: Request) -> str:
    """The peer's address; what X-Forwarded-For says counts only from PLANTOPS_TRUSTED_PROXIES (uvicorn does it)."""
    return request.client.host if request.client else ""


async def _user_with_password(body: LoginBody, address: str, house: House) -> users.Row:
    """The user whose password this is; raises WrongLogin (same answer, same time for unknown users), TooManyLogins."""
    house.logins.begin(body.username, address, house.clock())
    async with house.db.connection() as conn:
        user = await users.user_named(conn, body.username)
    known_hash = None if user is None else user["password_hash"]
    if not await passwords.verify_password(body.password, known_hash) or user is None:
        auth.auth_failures.labels(reason="wrong_login").inc()
        log.warning("login refused", username=body.username, address=address)
        raise WrongLogin
    house.logins.succeeded(body.username, address)
    new_hash = None
    if passwords.needs_rehash(user["password_hash"]):
        new_hash = await passwords.hash_password(body.password)
    async with house.db.transaction() as conn:
        await users.note_login(conn, user["id"], house.clock(), new_hash)
    return user


async def _token_owner(conn: Any, username: str | None, caller: Caller) -> users.Row:
    if username is None or username == caller.username:
        return await users.get_user(conn, caller.user_id)
    if not caller.may("admin"):
        raise NotAllowed(needed="admin", username=caller.username, role=caller.role)
    user = await users.user_named(conn, username)
    if user is None:
        raise UserNotFound(id=username)
    return user


def _shown_user(row: users.Row) -> dict[str, Any]:
    return {**row, "has_password": row["password_hash"] is not None}
