"""Only forms of our own pages change anything: two independent checks against other sites (OWASP CSRF Cheat Sheet).

The browser says where a request started (``Sec-Fetch-Site``, else ``Origin``), and each form carries a token that only
pages of this very session can hold: it is derived from the session's cookie, which no script and no other site reads.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from fastapi import Request

from plantops_server.entrance.auth import require_same_origin, session_secret
from plantops_server.errors import FormNotAccepted, FormNotReadable
from plantops_server.web.forms import sent_fields

FORM_TYPE = "application/x-www-form-urlencoded"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_WITHOUT_TOKEN = frozenset({"/login"})
"""Whoever logs in may hold the cookie of a session that is over; where the form came from is checked all the same."""


async def own_forms_only(request: Request) -> None:
    """Dependency of every page: gives it the token for its forms, and lets no other form than ours in.

    A form that is let in is kept in the request's state, for its page when it is refused (refusals.py).
    Raises CrossSiteRequest, FormNotReadable and FormNotAccepted.
    """
    session = session_secret(request)
    token = "" if session is None else form_token(session)
    request.state.csrf_token = token
    if request.method in _SAFE_METHODS:
        return
    require_same_origin(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise FormNotReadable
    if token and request.url.path not in _WITHOUT_TOKEN:
        form = await sent_fields(request)
        if not hmac.compare_digest((form.text("csrf") or "").encode(), token.encode()):
            raise FormNotAccepted
        request.state.accepted_form = form


def form_token(session: str) -> str:
    """The token of a session's forms. It does not tell the session, and ends with it."""
    return hmac.new(session.encode("utf-8", "surrogateescape"), b"plantops form", sha256).hexdigest()[:32]
