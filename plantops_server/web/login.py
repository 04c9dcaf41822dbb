"""The page to log in, with a password or a one-time link, and the way out."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from plantops_server.access import sessions
from plantops_server.entrance import login
from plantops_server.entrance.auth import HouseDep, Viewer, authenticate
from plantops_server.entrance.house import House
from plantops_server.errors import LoginLinkNotAccepted, PlantOpsError, Unauthenticated, WrongLogin
from plantops_server.web.forms import Fields, FieldsDep
from plantops_server.web.pages import redirect, render

router = APIRouter(include_in_schema=False)

_OWN_PLACE = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]{0,2000}")
"""A path of ours: no other host (``//evil``, ``/\\evil``), no line break."""


@router.get("/login")
async def login_page(
    request: Request,
    house: HouseDep,
    link: Annotated[str | None, Query(max_length=200)] = None,
    then: Annotated[str, Query(alias="next", max_length=2000)] = "/",
) -> Response:
    """The form. A link shows a button instead: looking at it (as mail and chat programs do) does not spend it."""
    if link is not None:
        return await _link_page(request, house, link)
    if await _is_logged_in(request):
        return redirect(own_place(then))
    return render(request, "login.html", then=own_place(then), username="", problem="", link="")


@router.post("/login")
async def log_in(request: Request, house: HouseDep, fields: FieldsDep) -> Response:
    """Begin a session, and go on to the page that was asked for."""
    place = own_place(fields.text("next") or "/")
    try:
        user_id = await _user_id(request, house, fields)
    except PlantOpsError as error:
        if error.status not in (401, 429):
            raise
        return _again(request, error, place, fields.text("username") or "")
    answer = redirect(place)
    await login.begin_session(request, answer, house, user_id)
    return answer


@router.post("/logout")
async def log_out(request: Request, house: HouseDep, _caller: Viewer) -> Response:
    """End this browser's session."""
    answer = redirect("/login", "You are logged out.")
    await login.end_session(request, answer, house)
    return answer


def own_place(place: str) -> str:
    """``place`` when it is a path of this site, else the plants: a login leads nowhere else."""
    return place if _OWN_PLACE.fullmatch(place) else "/"


def login_address(place: str) -> str:
    """Where whoever is not logged in goes, to come back to ``place``."""
    return "/login" if place in ("", "/") else f"/login?{urlencode({'next': place})}"


async def _user_id(request: Request, house: House, fields: Fields) -> str:
    link = fields.text("link")
    if link is not None:
        return await login.user_of_link(house, link)
    username, password = fields.text("username"), fields.text("password")
    if not username or not password or len(username) > 120 or len(password) > 500:
        raise WrongLogin
    user = await login.user_with_password(house, username, password, login.client_address(request))
    return str(user["id"])


async def _link_page(request: Request, house: House, link: str) -> Response:
    try:
        async with house.db.connection() as conn:
            username = await sessions.login_link_owner(conn, link, house.clock())
    except LoginLinkNotAccepted as error:
        return _again(request, error, "/", "")
    return render(request, "login.html", then="/", username=username, problem="", link=link)


def _again(request: Request, error: PlantOpsError, place: str, username: str) -> Response:
    answer = render(
        request, "login.html", status=error.status, then=place, username=username, problem=str(error), link=""
    )
    if error.retry_after_s is not None:
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer


async def _is_logged_in(request: Request) -> bool:
    try:
        await authenticate(request)
    except Unauthenticated:
        return False
    return True
