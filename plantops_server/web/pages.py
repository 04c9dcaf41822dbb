"""How every page is made: one environment that escapes all it is given, and what each template may rely on."""

from __future__ import annotations

import base64
import binascii
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from plantops_api.text import clean_block
from plantops_server.entrance.version import product_version
from plantops_server.web.links import Links, ServerLinks
from plantops_server.web.moments import Moments, moments_of
from plantops_server.web.typed import Typed

TEMPLATES = Path(__file__).parent / "templates"
THEME_COOKIE = "plantops_theme"
FLASH_COOKIE = "plantops_flash"
THEMES = ("light", "dark")
_LONGEST_TEXT = 200_000

Tone = Literal["ok", "problem"]


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The one Jinja2 environment: everything is escaped, and a name that nobody set is an error."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False, extensions=["jinja2.ext.do"], finalize=_without_tricks,
    )  # fmt: skip


def _without_tricks(value: Any) -> Any:
    """What a template writes: text loses what no eye sees, such as terminal escapes and marks that turn its order."""
    return value if type(value) is not str or value.isprintable() else clean_block(value, _LONGEST_TEXT)


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    links: Links | None = None,
    **context: Any,
) -> Response:
    """A page. Besides ``context`` templates know:

    ``links`` (addresses), ``t`` (moments), ``me`` (the caller; None: nobody is logged in), ``theme``,
    ``flash``, ``path``, ``address``,
    ``csrf_token`` (of the session; empty without one), ``version``, ``typed`` (into a form that was refused).
    A flash message is shown once.
    """
    flash = _flash_of(request)
    body = environment().get_template(template).render(
        {**frame(request, links or ServerLinks(), moments_of(request)), "flash": flash, **context}
    )  # fmt: skip
    answer = HTMLResponse(body, status_code=status, headers={"Cache-Control": "no-store"})
    if flash is not None:
        answer.delete_cookie(FLASH_COOKIE, path="/")
    return answer


def frame(request: Request, links: Links, moments: Moments) -> dict[str, Any]:
    """What every template may rely on."""
    theme = request.cookies.get(THEME_COOKIE, "")
    return {
        "links": links, "t": moments, "theme": theme if theme in THEMES else "",
        "me": getattr(request.state, "caller", None), "csrf_token": getattr(request.state, "csrf_token", ""),
        "path": request.url.path, "address": _address(request), "version": product_version(), "flash": None,
        "typed": getattr(request.state, "typed", None) or Typed(),
    }  # fmt: skip


def _address(request: Request) -> str:
    """Path and query: where a form on the page comes back to."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def redirect(url: str, say: str = "", tone: Tone = "ok") -> Response:
    """On to another page of ours after a form was carried out, which then says so once."""
    answer = RedirectResponse(url, status_code=303)
    if say:
        text = base64.urlsafe_b64encode(json.dumps([tone, say[:500]]).encode()).decode()
        answer.set_cookie(FLASH_COOKIE, text, max_age=60, path="/", httponly=True, samesite="lax")
    return answer


def _flash_of(request: Request) -> tuple[str, str] | None:
    """The message of the page before, whatever a browser made of it."""
    try:
        tone, text = json.loads(base64.urlsafe_b64decode(request.cookies.get(FLASH_COOKIE, "")))
    except (ValueError, TypeError, binascii.Error):
        return None
    return ("problem" if tone == "problem" else "ok", text) if isinstance(text, str) else None
