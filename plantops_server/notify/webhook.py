"""Speaking to a Discord webhook: post, edit, and what its answers mean.

The URL is a secret: it is in no exception, reason or log line of ours. Whom it may point to is ``reach``'s business;
redirects are never followed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection
from typing import Any

import httpx2

from plantops_server.notify.answer import Answer
from plantops_server.notify.note import one_line
from plantops_server.reach import NotPublic, Resolve, resolve_host, target

TIMEOUT_S = 15.0
"""For one whole exchange, name resolution included; the outbox's lease is four times that."""
_BODY_LIMIT = 64 * 1024
_LONGEST_WAIT_S = 3600.0
_UNKNOWN_MESSAGE = 10008  # Discord's code for "that message does not exist", as opposed to an unknown webhook


class Webhook:
    """One Discord webhook. ``allow_hosts`` are hosts (or host:port) that may be private and speak plain http."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        url: str,
        allow_hosts: Collection[str] = (),
        *,
        resolve: Resolve = resolve_host,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._http = http
        self._url = url
        self._allow_hosts = allow_hosts
        self._resolve = resolve
        self._timeout_s = timeout_s

    async def post(self, body: dict[str, Any]) -> Answer:
        """Send a new message; ``external_id`` of the answer names it."""
        return await self._exchange("POST", "", "wait=true", body)

    async def edit(self, message_id: str, body: dict[str, Any]) -> Answer:
        """Change a message that ``post`` sent."""
        changed = {key: value for key, value in body.items() if key != "username"}
        return await self._exchange("PATCH", f"/messages/{message_id}", "", changed)

    async def _exchange(self, method: str, suffix: str, query: str, body: dict[str, Any]) -> Answer:
        try:
            async with asyncio.timeout(self._timeout_s):
                url, options = await target(self._url, self._allow_hosts, self._resolve, suffix, query)
                async with self._http.stream(
                    method, url, json=body, follow_redirects=False, timeout=self._timeout_s, **options
                ) as response:
                    return _meaning(response, await _read(response), editing=method == "PATCH")
        except TimeoutError:
            return Answer("later", f"Discord did not answer within {self._timeout_s:.0f} s.")
        except NotPublic:
            return Answer(
                "refused", "The webhook's host resolves to a private address, which is not allowed."
            )
        except OSError:
            return Answer("later", "The webhook's host name could not be resolved or reached.")
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:  # its own text may hold the URL
            return Answer("later", f"Discord could not be reached ({type(error).__name__}).")


async def _read(response: httpx2.Response) -> dict[str, Any]:
    """The JSON object of the answer; empty when it is something else or too long."""
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > _BODY_LIMIT:
            return {}
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _meaning(response: httpx2.Response, body: dict[str, Any], *, editing: bool) -> Answer:
    status = response.status_code
    if response.is_success:
        return Answer("sent", "", status, _snowflake(body.get("id")), wait_s=_bucket_wait_s(response))
    if status == 429:
        everywhere = body.get("global") is True or response.headers.get("x-ratelimit-global") == "true"
        wait_s = _retry_after_s(response, body)
        return Answer(
            "later", f"Discord asks to wait {wait_s:.1f} s.", status, wait_s=wait_s, everywhere=everywhere
        )
    if status == 404 and editing and body.get("code") == _UNKNOWN_MESSAGE:
        return Answer("gone", "The message was deleted in Discord.", status)
    if status in (401, 403, 404):
        return Answer("refused", _REFUSED[status], status)
    if response.is_redirect:
        return Answer("refused", f"Discord answered {status}, a redirect, which is not followed.", status)
    if status >= 500 or status == 408:
        return Answer("later", f"Discord answered {status}.", status)
    return Answer("invalid", f"Discord answered {status}: {_said(body)}", status)


_REFUSED = {
    401: "Discord answered 401: the webhook's token is not valid. Copy the URL again.",
    403: "Discord answered 403: the webhook may not post there. Check the channel's permissions.",
    404: "Discord answered 404: the webhook was deleted. Make a new one and enter its URL.",
}


def _said(body: dict[str, Any]) -> str:
    message = body.get("message")
    return one_line(message, 200) if isinstance(message, str) and message.strip() else "no reason given"


def _snowflake(value: object) -> str | None:
    """Discord's ids are decimal; anything else must not get into a URL of ours."""
    return (
        value if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 25 else None
    )


def _retry_after_s(response: httpx2.Response, body: dict[str, Any]) -> float:
    """The longer of header and body: obeying both cannot be wrong. 5 s when neither says anything."""
    said = [_seconds(response.headers.get("retry-after")), _seconds(body.get("retry_after"))]
    known = [s for s in said if s is not None]
    return max(known) if known else 5.0


def _bucket_wait_s(response: httpx2.Response) -> float | None:
    if response.headers.get("x-ratelimit-remaining") != "0":
        return None
    return _seconds(response.headers.get("x-ratelimit-reset-after"))


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        seconds = float(value)
    except ValueError:
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT_S) if seconds == seconds else None
