"""API and web view at one address: a path says whose it is."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

_OF_THE_API = ("/api", "/healthz", "/readyz", "/metrics")


def one_site(api: ASGIApp, web: ASGIApp) -> ASGIApp:
    """One application: what programs ask goes to ``api``, everything else to ``web``."""

    async def site(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        ours = any(path == place or path.startswith(f"{place}/") for place in _OF_THE_API)
        await (api if ours else web)(scope, receive, send)

    return site
