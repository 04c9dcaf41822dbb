"""What can go wrong when a client talks to a PlantOps server.

    ApiError                      catch this to catch everything below
    ├── WrongAddress              what should be the server's address is none
    ├── ServerUnreachable         no connection, no answer in time, or the connection broke
    ├── NotPlantOps               something answered, and it is not a PlantOps server
    └── Refused                   the server answered with an error; has ``status``, ``code``, ``errors``
        ├── InvalidInput          400, 413, 415, 422: a field is wrong; ``errors`` says which
        ├── Unauthenticated       401: no token, or one that is not valid any more
        ├── NotAllowed            403: the role does not suffice
        ├── NotFound              404: there is no such thing
        ├── Conflict              409, 412: it exists already, or is in another state
        ├── TooManyRequests       429: ``retry_after_s`` says when to try again
        └── ServerFailed          500 and the rest: the fault is on the server's side
            └── ServerUnavailable 502, 503, 504: it is up, and something that it needs is not

``str(error)`` is a sentence for people that says what is wrong and why. ``advice`` says what to do next;
it is empty when the server's own sentence says it already. Neither ever holds a token.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from plantops_api import text

_SENTENCE_LIMIT = 600
"""Longest server-made sentence that is repeated to a person, in characters."""


class ApiError(Exception):
    """A call to the server did not succeed."""

    advice: str = 'Run "plantops doctor" to find out what is wrong.'

    def __init__(self, message: str, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if advice is not None:
            self.advice = advice


class WrongAddress(ApiError):
    """What should be the server's address is none."""

    advice = "It must look like http://127.0.0.1:8420; see PLANTOPS_URL and --url."


class ServerUnreachable(ApiError):
    """No connection, no answer in time, or the connection broke half-way."""

    advice = (
        'Start it with "plantops up", or name another one with PLANTOPS_URL or --url. '
        '"plantops doctor" looks closer.'
    )


class NotPlantOps(ApiError):
    """Something answered, and it does not speak as a PlantOps server does."""

    advice = (
        "Check the address in PLANTOPS_URL or --url; another program, a proxy, or another version of PlantOps "
        "may be listening there."
    )


class Refused(ApiError):
    """The server answered with an error status.

    ``status`` is the HTTP status, ``code`` the stable machine-readable name from the problem document,
    ``errors`` one entry a wrong field (``loc``, ``msg``), ``retry_after_s`` what Retry-After said.
    """

    fallback: ClassVar[str] = "The server refused the request."

    def __init__(
        self,
        message: str,
        advice: str | None = None,
        *,
        status: int,
        code: str = "",
        errors: list[dict[str, Any]] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, advice)
        self.status = status
        self.code = code
        self.errors = errors or []
        self.retry_after_s = retry_after_s


class InvalidInput(Refused):
    """A value that was sent is wrong."""

    fallback = "The server did not accept what was sent."
    advice = "Correct it and try again."


class Unauthenticated(Refused):
    """No token was sent, or one that is not valid."""

    fallback = "The server wants a token, and this one (or none) is not valid."
    advice = "Put a valid token into a file and name it with PLANTOPS_TOKEN_FILE or --token-file."


class NotAllowed(Refused):
    """The token's role does not suffice."""

    fallback = "Your role does not allow this."
    advice = "Ask an admin for a token with a higher role."


class NotFound(Refused):
    """There is no such thing on the server."""

    fallback = "The server knows no such thing."
    advice = "Check the name or id."


class Conflict(Refused):
    """It exists already, or its state does not allow this now."""

    fallback = "That conflicts with what the server holds."
    advice = "Look at its present state, then try again."


class TooManyRequests(Refused):
    """Asked too often; ``retry_after_s`` says when to try again."""

    fallback = "Too many requests."
    advice = "Wait a little and try again."


class ServerFailed(Refused):
    """The fault is on the server's side."""

    fallback = "The server failed while it worked on this."
    advice = "Try again; if it stays, the server's log says why."


class ServerUnavailable(ServerFailed):
    """The server is up, and something that it needs is not."""

    fallback = "The server cannot do this right now."
    advice = 'Try again in a few seconds; "plantops doctor" shows what is missing.'


_BY_STATUS: dict[int, type[Refused]] = {
    400: InvalidInput,
    401: Unauthenticated,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    413: InvalidInput,
    415: InvalidInput,
    422: InvalidInput,
    429: TooManyRequests,
    502: ServerUnavailable,
    503: ServerUnavailable,
    504: ServerUnavailable,
}


def from_answer(status: int, headers: Mapping[str, str], body: bytes) -> ApiError:
    """Turn any answer that is not a success into the error that says what happened.

    ``body`` may be a problem document, an HTML page, or garbage; it is cleaned here and repeated to the
    person only when it is a problem document.
    """
    if status < 400:
        return NotPlantOps(f"The server answered with an unexpected status {status}.")
    kind = _BY_STATUS.get(status, ServerFailed if status >= 500 else Refused)
    retry_after = _seconds(headers.get("retry-after"))
    problem = _problem(body)
    if problem is None and status in (404, 405):
        return NotPlantOps(f"What answered has no such address (HTTP {status}).")
    if problem is None:
        return kind(f"{kind.fallback} (HTTP {status})", status=status, retry_after_s=retry_after)
    errors = [entry for entry in problem.get("errors") or [] if isinstance(entry, dict)]
    sentence = _sentence(problem, errors)
    return kind(
        sentence or f"{kind.fallback} (HTTP {status})",
        "" if sentence and problem.get("detail") else None,
        status=status,
        code=str(problem.get("code") or ""),
        errors=errors,
        retry_after_s=retry_after,
    )


def _problem(body: bytes) -> dict[str, Any] | None:
    try:
        found = text.clean(json.loads(body))
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not ("detail" in found or "title" in found):
        return None
    return found


def _sentence(problem: Mapping[str, Any], errors: list[dict[str, Any]]) -> str:
    told = problem.get("detail") or problem.get("title")
    sentence = told if isinstance(told, str) else ""
    missing = [line for line in map(_field, errors) if line and line not in sentence]
    return text.shorten(" ".join([sentence, *missing]).strip(), _SENTENCE_LIMIT)


def _field(entry: Mapping[str, Any]) -> str:
    """One line for one wrong field: ``thresholds.soil_moisture.min: must be a number``."""
    where, what = entry.get("loc"), entry.get("msg")
    if not isinstance(what, str):
        return ""
    steps = [str(step) for step in where if step != "body"] if isinstance(where, list) else []
    name = ".".join(steps) if steps else (where if isinstance(where, str) else "")
    return f"{name}: {what}." if name else what


def _seconds(value: str | None) -> float | None:
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None
