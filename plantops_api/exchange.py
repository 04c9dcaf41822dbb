"""One request, one answer: the part of the client that knows HTTP.

Whatever comes back becomes cleaned JSON, a stream, or one of the errors of :mod:`plantops_api.errors`.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx2

from plantops_api import __version__, errors, places, text

TIMEOUT_S = 10.0
"""How long a call may wait for the server before it is called unreachable."""

_ERROR_BODY_LIMIT = 65_536
"""Bytes of an error body that are read; a problem document is far smaller."""


class Exchange:
    """Sends requests to one server with one token; neither ever shows the token."""

    def __init__(
        self,
        base_url: str,
        token: str | None,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        timeout: float = TIMEOUT_S,
    ) -> None:
        self.url = _checked(base_url)
        self.timeout = timeout
        self._credentials = {"Authorization": f"Bearer {token}"} if token else {}
        # Without TLS no certificate is asked for: a context that trusts nobody, and costs nothing to make.
        verify = True if self.url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # A redirect could carry the token to another host, so none is followed. A proxy of the environment is for
        # the world outside, never for this machine.
        self._http = httpx2.AsyncClient(
            base_url=self.url,
            headers={"User-Agent": f"plantops/{__version__}", "Accept": "application/json"},
            transport=transport,
            verify=verify,
            timeout=timeout,
            follow_redirects=False,
            trust_env=not places.is_loopback(self.url),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (),
        patience_s: float | None = None,
    ) -> Any:
        """The cleaned JSON of the answer, None when there is no body.

        ``accept`` lists error statuses whose body is an answer all the same (503 of /readyz); ``patience_s`` is how
        long this answer may take when that is longer than usual.
        """
        response = await self.send(
            method, path, params=params, body=body, headers=headers, patience_s=patience_s
        )
        if not response.is_success and response.status_code not in accept:
            raise errors.from_answer(response.status_code, response.headers, response.content)
        if not response.content:
            return None
        try:
            return text.clean(json.loads(response.content))
        except (ValueError, RecursionError):
            raise errors.NotPlantOps(f"The answer of {self.url} is not JSON.") from None

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        patience_s: float | None = None,
    ) -> httpx2.Response:
        """The bare answer, whatever its status.

        Raises:
            ServerUnreachable: there was none.
        """
        timeout = httpx2.Timeout(self.timeout, read=patience_s or self.timeout)
        try:
            return await self._http.request(
                method,
                path,
                params=_given(params),
                json=body,
                headers=self._headers(headers),
                timeout=timeout,
            )
        except httpx2.HTTPError as problem:
            raise self._unreachable(problem, patience_s) from None

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        silence_s: float | None = None,
        method: str = "GET",
        body: Any = None,
    ) -> AsyncIterator[httpx2.Response]:
        """An answer that is read piece by piece; ``silence_s`` is the longest pause between two pieces."""
        timeout = httpx2.Timeout(self.timeout, read=silence_s or self.timeout)
        try:
            async with self._http.stream(
                method,
                path,
                params=_given(params),
                json=body,
                headers=self._headers(headers),
                timeout=timeout,
            ) as response:
                if not response.is_success:
                    raise errors.from_answer(response.status_code, response.headers, await _head(response))
                yield response
        except httpx2.HTTPError as problem:
            raise self._unreachable(problem, silence_s) from None

    def _headers(self, given: Mapping[str, str] | None) -> dict[str, str]:
        """The call's own headers over the credentials; an empty Authorization sends none."""
        merged = {**self._credentials, **(given or {})}
        return {name: value for name, value in merged.items() if value}

    def _unreachable(self, problem: httpx2.HTTPError, patience_s: float | None = None) -> errors.ApiError:
        if isinstance(problem, httpx2.ConnectTimeout | httpx2.ReadTimeout | httpx2.WriteTimeout):
            waited = patience_s if patience_s and isinstance(problem, httpx2.ReadTimeout) else self.timeout
            return errors.ServerUnreachable(f"The server at {self.url} did not answer within {waited:g} s.")
        if isinstance(problem, httpx2.ConnectError):
            if isinstance(problem.__cause__ or problem.__context__, ssl.SSLError) or "SSL" in str(problem):
                return errors.ServerUnreachable(
                    f"The certificate of {self.url} is not trusted, or it does not speak TLS.",
                    "Check the address; a private authority's certificate can be named with SSL_CERT_FILE.",
                )
            return errors.ServerUnreachable(f"No PlantOps server answers at {self.url}.")
        # httpx has one class for "hung up" and for "sent nonsense"; only its words tell them apart.
        nonsense = isinstance(problem, httpx2.RemoteProtocolError) and not re.search(
            "clos|disconn", str(problem)
        )
        if nonsense or isinstance(problem, httpx2.DecodingError | httpx2.SSEError):
            return errors.NotPlantOps(
                f"What answers at {self.url} does not speak HTTP as a PlantOps server does."
            )
        return errors.ServerUnreachable(f"The connection to {self.url} broke.")


def _checked(base_url: str) -> str:
    """The address without a trailing slash; refuses what is no HTTP address, or carries a password."""
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise errors.WrongAddress(f"{text.clean_line(base_url, 200)!r} is not the address of a server.")
    if parts.username is not None or parts.password is not None:
        raise errors.WrongAddress(
            "The server's address must not contain a user name or password.",
            "Put a token into a file and name it with PLANTOPS_TOKEN_FILE or --token-file.",
        )
    return base_url.rstrip("/")


def _given(params: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {name: value for name, value in params.items() if value is not None} if params else None


async def _head(response: httpx2.Response) -> bytes:
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) >= _ERROR_BODY_LIMIT:
            break
    return body
