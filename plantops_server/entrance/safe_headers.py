"""What every answer tells a browser: load nothing from elsewhere, run nothing inline, sit in nobody's frame."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OF_PAGES = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
OF_DATA = "default-src 'none'; frame-ancestors 'none'"
"""An answer that is no page has nothing to load, even when a browser is made to show it."""

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    # Our own server alone is told where a request came from. "no-referrer" would be stricter, and would make browsers
    # send "Origin: null" with our own forms, which then look like another site's (Fetch standard, "append a request
    # Origin header").
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Frame-Options": "DENY",
}


class SafeHeaders:
    """Adds the headers to every answer of an application, whatever it answers."""

    def __init__(self, app: ASGIApp, policy: str = OF_PAGES) -> None:
        self._app = app
        self._headers = {"Content-Security-Policy": policy, **_ALWAYS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, with_headers)
