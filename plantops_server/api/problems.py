"""Every failure leaves as an RFC 9457 problem document that says what to do; nothing internal ever does.

PlantOpsError knows its own status and sentence. What is not ours (validation, unknown routes, the database,
bugs) is put into the same words here, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import psycopg
import psycopg_pool
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from plantops_api.refusals import sentence_of
from plantops_server.entrance.guard import MAX_BODY_BYTES, Guard
from plantops_server.errors import BodyTooLarge, PlantOpsError, Unauthenticated, Unavailable

MEDIA_TYPE = "application/problem+json"

log = structlog.get_logger(__name__)

_DATABASE_DOWN = (psycopg.OperationalError, psycopg.InterfaceError, psycopg_pool.PoolTimeout)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document as a response; ``detail`` is shown to people and says what to do."""
    body = {
        "type": "about:blank", "title": _title(status), "status": status,
        "detail": detail, "code": code, "errors": errors or [],
    }  # fmt: skip
    return Response(
        msgspec.json.encode(body), status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def of_error(error: PlantOpsError) -> Response:
    """The problem document of one of our own errors."""
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="plantops"'
    return problem(error.status, error.code, str(error), headers=headers)


def install(app: FastAPI) -> None:
    """Teach ``app`` to answer every failure with a problem document."""
    app.exception_handler(PlantOpsError)(_on_own_error)
    app.exception_handler(RequestValidationError)(_on_invalid_request)
    app.exception_handler(HTTPException)(_on_http_exception)
    app.exception_handler(psycopg.DataError)(_on_data_error)
    for unreachable in _DATABASE_DOWN:
        app.exception_handler(unreachable)(_on_database_down)
    app.add_middleware(Guard, too_large=_too_large, unexpected=_unexpected)


def _too_large(_request: Request) -> Response:
    return of_error(BodyTooLarge(limit=MAX_BODY_BYTES))


def _unexpected(_request: Request, sentence: str) -> Response:
    return problem(500, "internal_error", sentence)


async def _on_own_error(_request: Request, error: PlantOpsError) -> Response:
    if error.status >= 500:
        log.error("request failed", code=error.code, detail=str(error))
    return of_error(error)


async def _on_invalid_request(_request: Request, error: RequestValidationError) -> Response:
    errors = [
        {"loc": [_short(part) for part in e["loc"]], "msg": _short(sentence_of(e))} for e in error.errors()
    ]
    first = error.errors()[0]
    where = ".".join(str(_short(part)) for part in first["loc"][1:] if isinstance(part, str)) or "the body"
    more = f' ({len(errors) - 1} more in "errors")' if len(errors) > 1 else ""
    detail = f"{where}: {errors[0]['msg']}{more}. Correct it and send the request again; nothing was changed."
    return problem(422, "invalid_request", detail, errors=errors)


async def _on_http_exception(request: Request, error: HTTPException) -> Response:
    if error.status_code == 404:
        return problem(
            404, "no_such_route", "There is nothing here. GET /api/openapi.json lists every route."
        )
    if error.status_code == 413:
        return of_error(BodyTooLarge(limit=MAX_BODY_BYTES))
    if (
        error.status_code == 400
    ):  # FastAPI's answer to a body that no parser gets through, such as deep nesting
        detail = (
            "The body cannot be read as JSON. Correct it and send the request again; nothing was changed."
        )
        return problem(400, "invalid_request", detail)
    if error.status_code == 405:
        allowed = ", ".join(_methods_here(request))
        detail = f"{request.method} is not possible here; use {allowed}."
        return problem(405, "method_not_allowed", detail, headers={"Allow": allowed})
    return problem(error.status_code, "http_error", str(error.detail), headers=error.headers)


def _methods_here(request: Request) -> list[str]:
    """What the routes of this path take together; Starlette itself names those of the first one only."""
    found: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.path is not None and compile_path(route.path)[0].match(request.url.path):
            found |= route.methods or set()
    return sorted(found)


async def _on_data_error(_request: Request, error: Exception) -> Response:
    """PostgreSQL cannot hold a value: a NUL character in text, a number beyond its type."""
    log.warning("value refused by the database", kind=type(error).__name__)
    detail = (
        "A value cannot be stored: text must not contain NUL characters, and numbers must fit their range. "
        "Correct it and send the request again; nothing was changed."
    )
    return problem(422, "value_not_storable", detail)


async def _on_database_down(_request: Request, error: Exception) -> Response:
    log.error("database not reachable", kind=type(error).__name__)
    return of_error(Unavailable(what="The database"))


def _short(part: object) -> object:
    """Outside text in an error stays short and on one line."""
    if isinstance(part, int):
        return part
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(part))[:200]


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
