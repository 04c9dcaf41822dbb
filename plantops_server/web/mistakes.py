"""Whatever goes wrong leaves as a page that says what to do; nothing internal ever does."""

from __future__ import annotations

import psycopg
import psycopg_pool
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from plantops_api.refusals import name_of, sentence_of
from plantops_server.entrance.guard import MAX_BODY_BYTES, Guard
from plantops_server.errors import BodyTooLarge, PlantOpsError, Unauthenticated, Unavailable
from plantops_server.web.login import login_address
from plantops_server.web.pages import render
from plantops_server.web.refusals import page_again

log = structlog.get_logger(__name__)

_LOGGED_OUT = "You are not logged in any more, so nothing was changed. Log in again, and do it once more."
_HEADLINES = {
    401: "Who are you?", 403: "Not for you", 404: "Nothing grows here", 405: "Not this way", 409: "That does not fit",
    413: "Too much at once", 422: "Something is not right yet", 429: "Too fast", 503: "Just a moment",
}  # fmt: skip


def install(app: FastAPI) -> None:
    """Teach ``app`` to answer every failure with a page."""
    app.exception_handler(PlantOpsError)(_on_own_error)
    app.exception_handler(RequestValidationError)(_on_invalid_request)
    app.exception_handler(HTTPException)(_on_http_exception)
    app.exception_handler(psycopg.DataError)(_on_data_error)
    for unreachable in (psycopg.OperationalError, psycopg.InterfaceError, psycopg_pool.PoolTimeout):
        app.exception_handler(unreachable)(_on_database_down)
    app.add_middleware(Guard, too_large=_too_large, unexpected=_unexpected)


def page(request: Request, status: int, sentence: str, code: str = "") -> Response:
    """The page of an error; ``sentence`` says what to do."""
    headline = _HEADLINES.get(status, "Something went wrong" if status >= 500 else "That did not work")
    return render(
        request, "mistake.html", status=status, headline=headline, sentence=sentence, code=code, number=status
    )


def _too_large(request: Request) -> Response:
    return page(request, 413, str(BodyTooLarge(limit=MAX_BODY_BYTES)))


def _unexpected(request: Request, sentence: str) -> Response:
    return page(request, 500, sentence)


async def _on_own_error(request: Request, error: PlantOpsError) -> Response:
    if (
        isinstance(error, Unauthenticated)
        and request.method == "GET"
        and "authorization" not in request.headers
    ):
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(login_address(request.url.path + query), status_code=303)
    if isinstance(error, Unauthenticated):
        return page(request, 401, _LOGGED_OUT, error.code)
    if error.status >= 500:
        log.error("page failed", code=error.code, detail=str(error))
    mendable = error.status < 500 or error.status == 503
    field = str(error.values.get("field", ""))
    again = await page_again(request, error.status, str(error), field) if mendable else None
    answer = again or page(request, error.status, str(error), error.code)
    if error.retry_after_s is not None:
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer


async def _on_invalid_request(request: Request, error: RequestValidationError) -> Response:
    first = error.errors()[0]
    where = name_of([str(part)[:60] for part in first["loc"][1:]]) or "the address"
    return page(
        request, 422, f"{where}: {sentence_of(first)[:200]}. Go back and correct it; nothing was changed."
    )


async def _on_http_exception(request: Request, error: HTTPException) -> Response:
    if error.status_code == 404:
        return page(
            request, 404, "There is no such page. Perhaps it was moved, or the address has a typing error."
        )
    if error.status_code == 405:
        sentence = "This address does not take that kind of request. Go back and use the page's buttons."
        answer = page(request, 405, sentence)
        answer.headers.update(error.headers or {})
        return answer
    return page(request, error.status_code, str(error.detail))


async def _on_data_error(request: Request, error: Exception) -> Response:
    log.warning("value refused by the database", kind=type(error).__name__)
    sentence = "A value cannot be stored. Correct it; nothing was changed."
    return await page_again(request, 422, sentence) or page(request, 422, sentence)


async def _on_database_down(request: Request, error: Exception) -> Response:
    log.error("database not reachable", kind=type(error).__name__)
    return page(request, 503, str(Unavailable(what="The database")))
