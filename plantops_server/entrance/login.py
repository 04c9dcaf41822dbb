"""Letting people in and out: a password or a one-time link opens a session, whose cookie is set and taken here."""

from __future__ import annotations

import structlog
from fastapi import Request, Response

from plantops_server.access import passwords, sessions, users
from plantops_server.access.callers import SESSION_ABSOLUTE, Caller, require_role
from plantops_server.entrance import auth
from plantops_server.entrance.house import House
from plantops_server.errors import CrossSiteRequest, WrongLogin

log = structlog.get_logger(__name__)


def refuse_other_sites(request: Request) -> None:
    """Raises CrossSiteRequest when another site's page tries to log its visitor in as somebody."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise CrossSiteRequest


def client_address(request: Request) -> str:
    """The peer's address; what X-Forwarded-For says counts only from PLANTOPS_TRUSTED_PROXIES (uvicorn does it)."""
    return request.client.host if request.client else ""


async def user_with_password(house: House, username: str, password: str, address: str) -> users.Row:
    """The user whose password this is; raises WrongLogin (same answer, same time for unknown users), TooManyLogins."""
    house.logins.begin(username, address, house.clock())
    async with house.db.connection() as conn:
        user = await users.user_named(conn, username)
    known_hash = None if user is None else user["password_hash"]
    if not await passwords.verify_password(password, known_hash) or user is None:
        auth.auth_failures.labels(reason="wrong_login").inc()
        log.warning("login refused", username=username, address=address)
        raise WrongLogin
    house.logins.succeeded(username, address)
    new_hash = None
    if passwords.needs_rehash(user["password_hash"]):
        new_hash = await passwords.hash_password(password)
    async with house.db.transaction() as conn:
        await users.note_login(conn, user["id"], house.clock(), new_hash)
    return user


async def user_of_link(house: House, secret: str) -> str:
    """The id of the user whom a login link lets in; the link is spent by this. Raises LoginLinkNotAccepted."""
    now = house.clock()
    async with house.db.transaction() as conn:
        user_id = await sessions.use_login_link(conn, secret, now)
        await users.note_login(conn, user_id, now, None)
    log.info("login by link", user_id=user_id)
    return user_id


async def begin_session(request: Request, response: Response, house: House, user_id: str) -> None:
    """Open a session for a user who proved who they are, and set its cookie."""
    async with house.db.transaction() as conn:
        secret = await sessions.open_session(conn, user_id, house.clock(), auth.session_secret(request))
    secure = request.url.scheme == "https"
    response.set_cookie(
        auth.SECURE_SESSION_COOKIE if secure else auth.SESSION_COOKIE, secret, path="/", secure=secure,
        max_age=int(SESSION_ABSOLUTE.total_seconds()), httponly=True, samesite="lax",
    )  # fmt: skip
    response.headers["Cache-Control"] = "no-store"


async def end_session(request: Request, response: Response, house: House) -> None:
    """End the session of this browser, on the server and in its cookies. Without one nothing is ended."""
    secret = auth.session_secret(request)
    if secret is not None:
        async with house.db.transaction() as conn:
            await sessions.close_session(conn, secret)
    for name in (auth.SESSION_COOKIE, auth.SECURE_SESSION_COOKIE):
        response.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True)


async def change_password(house: House, caller: Caller, current: str | None, new: str, address: str) -> None:
    """Set the caller's own password, which ends all of the caller's sessions.

    Raises WrongLogin unless ``current`` is the password until now, and TooManyLogins. Whoever has none yet needs none,
    but the whole role of the user: RoleTooHigh for a token that may less.
    """
    async with house.db.connection() as conn:
        user = await users.get_user(conn, caller.user_id)
    if user["password_hash"] is None:
        require_role(caller, user["role"])
    else:
        await user_with_password(house, caller.username, current or "", address)
    new_hash = await passwords.hash_password(new)
    async with house.db.transaction() as conn:
        await users.change_user(conn, caller.user_id, None, new_hash)
    log.info("password changed", username=caller.username)
