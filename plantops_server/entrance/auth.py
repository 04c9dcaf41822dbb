"""Doors' locks: who is calling, may they, and was a browser's request really theirs.

A route names its role by taking ``Viewer``, ``Operator`` or ``Admin``; each gives the Caller. A route that takes
none of them is open to everybody, and a test lists those few by name.
"""

from __future__ import annotations

from typing import Annotated, cast

import structlog
from fastapi import Depends, Request
from prometheus_client import Counter

from plantops_api.wire import Role
from plantops_server.access.callers import Caller, caller_of_session, caller_of_token
from plantops_server.entrance.house import House
from plantops_server.errors import (
    CrossSiteRequest,
    NotAllowed,
    PlantOpsError,
    TokenNotAccepted,
    Unauthenticated,
)

SESSION_COOKIE = "plantops_session"
SECURE_SESSION_COOKIE = "__Host-plantops_session"
"""Over https the prefix makes browsers insist on Secure, no domain and path /; plain http cannot have it."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

auth_failures = Counter(
    "plantops_auth_failures_total", "Requests and logins that were refused, by reason.", ["reason"]
)
log = structlog.get_logger(__name__)


def house_of(request: Request) -> House:
    """The open resources of this process."""
    return cast(House, request.app.state.house)


HouseDep = Annotated[House, Depends(house_of)]


class RequireRole:
    """Dependency: lets callers with at least ``role`` in, and gives the Caller."""

    def __init__(self, role: Role) -> None:
        self.role = role

    async def __call__(self, request: Request) -> Caller:
        """Raises Unauthenticated, NotAllowed or CrossSiteRequest."""
        try:
            caller = await authenticate(request)
            if not caller.may(self.role):
                raise NotAllowed(needed=self.role, username=caller.username, role=caller.role)
        except PlantOpsError as error:
            auth_failures.labels(reason=error.code).inc()
            raise
        request.state.caller = caller
        return caller


Viewer = Annotated[Caller, Depends(RequireRole("viewer"))]
Operator = Annotated[Caller, Depends(RequireRole("operator"))]
Admin = Annotated[Caller, Depends(RequireRole("admin"))]


async def authenticate(request: Request) -> Caller:
    """The caller behind a request: its bearer token, else its session cookie.

    Raises Unauthenticated (nothing sent, or not accepted) and CrossSiteRequest.
    """
    house = house_of(request)
    token = bearer_token(request)
    if token is not None:
        async with house.db.connection() as conn:
            return await caller_of_token(conn, token, house.clock())
    session = session_secret(request)
    if session is None:
        raise Unauthenticated
    require_same_origin(request)
    async with house.db.connection() as conn:
        return await caller_of_session(conn, session, house.clock())


def bearer_token(request: Request) -> str | None:
    """The token of the Authorization header; None without one. Raises TokenNotAccepted for another scheme."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenNotAccepted
    return token.strip()


def session_secret(request: Request) -> str | None:
    """What the browser's session cookie holds, over http or https."""
    name = SECURE_SESSION_COOKIE if request.url.scheme == "https" else SESSION_COOKIE
    return request.cookies.get(name)


def require_same_origin(request: Request) -> None:
    """Raises CrossSiteRequest when a cookie-carrying request that changes something did not start on our own pages.

    Browsers send Sec-Fetch-Site or, the older ones, Origin (OWASP CSRF Cheat Sheet); without both it is refused.
    """
    if request.method in _SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    ours = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if site == "same-origin" or (site is None and origin is not None and origin == ours):
        return
    log.warning("cross-site request refused", method=request.method, path=request.url.path)
    raise CrossSiteRequest
