"""Light or dark: what a browser chose is kept in its own cookie, for no account has to know."""

from __future__ import annotations

from fastapi import APIRouter, Response

from plantops_server.web.forms import FieldsDep
from plantops_server.web.login import own_place
from plantops_server.web.pages import THEME_COOKIE, THEMES, redirect

router = APIRouter(include_in_schema=False)

_A_YEAR_S = 31_536_000


@router.post("/theme")
async def choose_theme(fields: FieldsDep) -> Response:
    """Keep the choice and go back to the page; anything but light and dark follows the system again."""
    answer = redirect(own_place(fields.text("back") or "/"))
    theme = fields.text("theme")
    if theme in THEMES:
        answer.set_cookie(THEME_COOKIE, theme, max_age=_A_YEAR_S, path="/", httponly=True, samesite="lax")
    else:
        answer.delete_cookie(THEME_COOKIE, path="/")
    return answer
