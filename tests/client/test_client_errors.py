"""Whatever a server answers becomes a typed error with a sentence, and never shows a token."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx2
import pytest

from plantops_api import errors
from plantops_api.client import PlantOpsClient

TOKEN = "po_canary_token_that_must_not_show"


def client_for(answer: Callable[[httpx2.Request], httpx2.Response]) -> PlantOpsClient:
    return PlantOpsClient("http://garden.test", TOKEN, transport=httpx2.MockTransport(answer))


async def error_of(answer: Callable[[httpx2.Request], httpx2.Response]) -> errors.ApiError:
    async with client_for(answer) as client:
        with pytest.raises(errors.ApiError) as caught:
            await client.list_plants()
    assert TOKEN not in repr(caught.value) + caught.value.advice + repr(client)
    return caught.value


def problem(status: int, **fields: object) -> Callable[[httpx2.Request], httpx2.Response]:
    body = {"title": "x", "status": status, "detail": "Do this.", "code": "some_code", "errors": [], **fields}
    return lambda _: httpx2.Response(status, json=body)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidInput),
        (401, errors.Unauthenticated),
        (403, errors.NotAllowed),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (413, errors.InvalidInput),
        (418, errors.Refused),
        (422, errors.InvalidInput),
        (429, errors.TooManyRequests),
        (500, errors.ServerFailed),
        (502, errors.ServerUnavailable),
        (503, errors.ServerUnavailable),
    ],
)
async def test_a_problem_document_becomes_the_error_of_its_status(
    status: int, kind: type[errors.Refused]
) -> None:
    error = await error_of(problem(status))

    assert type(error) is kind
    assert str(error) == "Do this."
    assert error.advice == ""  # the server's own sentence says what to do
    assert isinstance(error, errors.Refused)
    assert (error.status, error.code) == (status, "some_code")


async def test_wrong_fields_are_named_in_the_sentence() -> None:
    wrong = [{"loc": ["body", "thresholds", "soil_moisture", "min"], "msg": "must be a number"}]

    error = await error_of(problem(422, errors=wrong))

    assert str(error) == "Do this. thresholds.soil_moisture.min: must be a number."


async def test_retry_after_is_kept() -> None:
    error = await error_of(
        lambda _: httpx2.Response(429, headers={"Retry-After": "7"}, json={"title": "slow"})
    )

    assert isinstance(error, errors.TooManyRequests)
    assert error.retry_after_s == 7


@pytest.mark.parametrize(
    "body",
    [
        b"<html><h1>500</h1></html>",
        b"",
        b"\xff\xfe\x00",
        b"[]",
        b'"detail"',
        b"null",
        b"[" * 100_000,
        b'{"detail": 5}',
    ],
)
async def test_an_error_without_a_problem_document_still_has_a_sentence_and_advice(body: bytes) -> None:
    error = await error_of(lambda _: httpx2.Response(500, content=body))

    assert isinstance(error, errors.ServerFailed)
    assert "HTTP 500" in str(error)
    assert error.advice
    assert "html" not in str(error)


async def test_an_unknown_address_without_a_problem_document_is_no_plantops_server() -> None:
    assert isinstance(await error_of(lambda _: httpx2.Response(404, content=b"nginx")), errors.NotPlantOps)


async def test_hostile_error_text_is_cleaned() -> None:
    error = await error_of(problem(409, detail="\x1b]0;owned\x07Taken\u202e\x9b2J by \nsomebody"))

    assert str(error) == "Taken by \nsomebody"


async def test_a_long_error_text_is_cut() -> None:
    assert len(str(await error_of(problem(409, detail="x" * 50_000)))) <= 600


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"<html>welcome</html>", {"content-type": "text/html"}),
        (b'{"items": 5}', {}),
        (b'{"items": [{"id": 1}]}', {}),
        (b"[" * 100_000, {}),
        (b'{"items": NaN}', {}),
    ],
)
async def test_a_success_that_makes_no_sense_is_no_plantops_server(
    content: bytes, headers: dict[str, str]
) -> None:
    error = await error_of(lambda _: httpx2.Response(200, content=content, headers=headers))

    assert isinstance(error, errors.NotPlantOps)
    assert error.advice


async def test_a_redirect_is_not_followed_so_the_token_goes_nowhere_else() -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url.host))
        return httpx2.Response(307, headers={"Location": "http://evil.test/"})

    assert isinstance(await error_of(answer), errors.NotPlantOps)
    assert asked == ["garden.test"]


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx2.ConnectError("refused"), errors.ServerUnreachable),
        (httpx2.ReadTimeout("slow"), errors.ServerUnreachable),
        (httpx2.ReadError("reset"), errors.ServerUnreachable),
        (
            httpx2.RemoteProtocolError("Server disconnected without sending a response."),
            errors.ServerUnreachable,
        ),
        (httpx2.RemoteProtocolError("illegal status line"), errors.NotPlantOps),
    ],
)
async def test_a_failed_connection_says_which_server_and_what_to_do(
    failure: httpx2.HTTPError, kind: type[errors.ApiError]
) -> None:
    def answer(_: httpx2.Request) -> httpx2.Response:
        raise failure

    error = await error_of(answer)

    assert type(error) is kind
    assert "http://garden.test" in str(error)
    assert error.advice


async def test_nobody_listening_is_unreachable(free_port: int) -> None:
    async with PlantOpsClient(f"http://127.0.0.1:{free_port}", TOKEN) as client:
        with pytest.raises(errors.ServerUnreachable, match="No PlantOps server answers"):
            await client.get_me()


@pytest.mark.parametrize(
    "address", ["", "garden", "ftp://garden", "http://", "http://[::1", "http://x:99999", "http://x:y"]
)
def test_what_is_no_address_is_said_before_anything_is_sent(address: str) -> None:
    with pytest.raises(errors.WrongAddress):
        PlantOpsClient(address, TOKEN)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(errors.WrongAddress) as caught:
        PlantOpsClient("http://ada:hunter2@garden.test", TOKEN)

    assert "hunter2" not in str(caught.value)


async def test_a_problem_document_that_lies_about_its_fields_does_no_harm() -> None:
    body = json.dumps({"title": [], "detail": {}, "errors": "none", "code": 7}).encode()

    error = await error_of(lambda _: httpx2.Response(422, content=body))

    assert isinstance(error, errors.InvalidInput)
    assert "HTTP 422" in str(error)
