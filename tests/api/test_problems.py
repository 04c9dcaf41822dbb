"""Whatever goes wrong, the answer is a problem document that says what to do and tells nothing internal."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from plantops_server import logs
from plantops_server.api.problems import MAX_BODY_BYTES
from tests.running_server import Doors


def check(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "code", "errors"}
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"].endswith(".")
    return body


async def test_an_unknown_route_and_a_wrong_method(doors: Doors) -> None:
    client = await doors.client("viewer")
    assert "openapi" in check(await client.get("/api/nothing"), 404, "no_such_route")["detail"]
    answer = await client.patch("/api/plants")
    assert "GET, POST" in check(answer, 405, "method_not_allowed")["detail"]
    assert answer.headers["allow"] == "GET, POST"


async def test_an_unknown_plant_says_how_to_find_one(doors: Doors) -> None:
    body = check(await (await doors.client("viewer")).get("/api/plants/plt_x"), 404, "plant_not_found")
    assert "plantops plants list" in body["detail"]


async def test_a_misspelt_field_is_an_error_and_every_wrong_field_is_named(doors: Doors) -> None:
    answer = await (await doors.client("operator")).post("/api/plants", json={"nmae": "Fern", "notes": 3})
    body = check(answer, 422, "invalid_request")
    assert {tuple(e["loc"]) for e in body["errors"]} == {
        ("body", "name"),
        ("body", "notes"),
        ("body", "nmae"),
    }
    assert body["detail"].startswith("name: ")


@pytest.mark.parametrize(
    "sent", [b"{", b"\xff\xfe", b"[1,2]", b'"text"', b"null", b'{"name": "x"', b"", b"NaN"]
)
async def test_what_is_no_json_object_is_refused_with_a_sentence(doors: Doors, sent: bytes) -> None:
    answer = await (await doors.client("operator")).post(
        "/api/plants", content=sent, headers={"Content-Type": "application/json"}
    )
    check(answer, 422, "invalid_request")


async def test_deep_nesting_is_refused(doors: Doors) -> None:
    answer = await (await doors.client("operator")).post(
        "/api/plants", content=b"[" * 100_000, headers={"Content-Type": "application/json"}
    )
    check(answer, 400, "invalid_request")


@pytest.mark.parametrize("name", ["nul \x00 inside", "\x00"])
async def test_what_the_database_cannot_hold_is_refused(doors: Doors, name: str) -> None:
    check(
        await (await doors.client("operator")).post("/api/plants", json={"name": name}),
        422,
        "value_not_storable",
    )


async def test_a_lone_surrogate_is_refused(doors: Doors) -> None:
    answer = await (await doors.client("operator")).post(
        "/api/plants", content=b'{"name": "\\ud800"}', headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "path", ["/api/plants/%00", "/api/plants/%ff%fe", "/api/plants?q=%00", "/api/plants?cursor=%00"]
)
async def test_bytes_that_are_no_text_in_the_address_do_no_harm(doors: Doors, path: str) -> None:
    answer = await (await doors.client("viewer")).get(path)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("cursor", ["%%%", "AAAA", "_w", "bm8gc3VjaCBwbGFudA"])
async def test_a_foreign_cursor_gives_no_error_of_ours(doors: Doors, cursor: str) -> None:
    answer = await (await doors.client("viewer")).get("/api/plants", params={"cursor": cursor})
    assert answer.status_code in (200, 422)


async def test_a_body_that_is_too_large_is_refused_announced_or_not(doors: Doors) -> None:
    client = await doors.client("operator")
    check(await client.post("/api/plants", content=b"x" * (MAX_BODY_BYTES + 1)), 413, "body_too_large")

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 50_000 + 2):
            yield b"x" * 50_000

    json_type = {"Content-Type": "application/json"}
    check(await client.post("/api/plants", content=pieces(), headers=json_type), 413, "body_too_large")


async def test_a_bug_tells_its_number_and_nothing_else(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    logs.configure("console", "INFO", stream)
    client = await doors.client("viewer")

    def broken() -> None:
        raise RuntimeError("inside: /srv/plantops po_AAAABBBBCCCCDDDDEEEE")

    monkeypatch.setattr(doors.house, "clock", broken)
    body = check(await client.get("/api/plants"), 500, "internal_error")
    number = body["detail"].split("error id ")[1].split(".")[0]
    assert "inside" not in str(body)
    assert "Traceback" not in str(body)
    assert number in stream.getvalue()
    assert "RuntimeError" in stream.getvalue()
    assert "po_AAAA" not in stream.getvalue()


async def test_a_database_that_is_away_is_a_503_with_a_time_to_come_back(doors: Doors) -> None:
    client = await doors.client("viewer")
    await doors.house.db.close()
    answer = await client.get("/api/plants")
    check(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "5"
    assert (await client.get("/healthz")).status_code == 200
    ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert not ready.json()["checks"]["database"]["ok"]
