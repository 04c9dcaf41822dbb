"""Every route against every kind of caller, generated from the OpenAPI document so that none is forgotten (X24)."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest

from plantops_api.wire import ROLES, Role
from plantops_server.api.app import create_app, operations, role_of
from tests.running_server import Doors

OPEN = {"GET /healthz", "GET /readyz", "POST /api/auth/login", "POST /api/devices/register"}
"""Whoever asks gets an answer: health, and the two doors at which callers say who they are."""


def routes(doors: Doors) -> dict[str, str]:
    """``METHOD /path`` and the role it needs."""
    return {
        f"{method} {route.path_format}": role_of(route)
        for route in operations(doors.app)
        for method in route.methods or ()
    }


async def knock(client: httpx2.AsyncClient, route: str) -> int:
    """The status of a harmless request: names that nobody has, and an empty body."""
    method, path = route.split()
    path = re.sub(r"\{[^}]*alert[^}]*\}", "999999", path)
    path = re.sub(r"\{[^}]+\}", "nobody_has_this", path)
    body: dict[str, Any] = {} if method in ("GET", "DELETE") else {"json": {}}
    return (await client.request(method, path, **body)).status_code


async def test_only_the_named_routes_are_open(doors: Doors) -> None:
    assert {route for route, role in routes(doors).items() if role == "none"} == OPEN


async def test_every_other_route_names_a_role_that_exists(doors: Doors) -> None:
    assert set(routes(doors).values()) - {"none"} <= set(ROLES)
    document = doors.app.openapi()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["x-role"] == routes(doors)[f"{method.upper()} {path}"]
            assert ("security" in operation) == (operation["x-role"] != "none")


@pytest.mark.parametrize("caller", [None, "viewer", "operator", "admin"])
async def test_a_caller_gets_in_exactly_where_the_role_reaches(doors: Doors, caller: Role | None) -> None:
    client = await doors.client(caller)
    doors.house.live.close()  # the event stream then ends at once, for those whom it is open to
    wrong = {}
    for route, needed in routes(doors).items():
        if needed == "none":
            continue
        status = await knock(client, route)
        allowed = caller is not None and ROLES.index(caller) >= ROLES.index(needed)  # type: ignore[arg-type]
        expected = {"in": allowed, "refused as": 401 if caller is None else 403}
        if (status in (401, 403)) == allowed or (not allowed and status != expected["refused as"]):
            wrong[route] = status
    assert wrong == {}


@pytest.mark.parametrize(
    "header",
    [
        "Bearer po_" + "x" * 43,
        "Bearer ",
        "Bearer",
        "Basic YWRtaW46YWRtaW4=",
        "po_no_scheme",
        "Bearer a b",
        "Bearer \xff",
    ],
)
async def test_what_is_no_token_of_ours_opens_nothing(doors: Doors, header: str) -> None:
    client = await doors.client()
    answer = await client.get("/api/plants", headers={"Authorization": header.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_not_accepted")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_bad_token_is_not_helped_by_a_good_cookie(doors: Doors) -> None:
    """A script that sends both means its token; falling back to the cookie would hide that it was revoked."""
    browser = await doors.client(cookies={"plantops_session": "whatever"})
    answer = await browser.get("/api/plants", headers={"Authorization": "Bearer po_revoked"})
    assert answer.status_code == 401


async def test_refusals_are_counted(doors: Doors) -> None:
    await (await doors.client()).get("/api/plants")
    metrics = (await (await doors.client("viewer")).get("/metrics")).text
    assert re.search(
        r'^plantops_auth_failures_total\{reason="unauthenticated"\} [1-9]', metrics, re.MULTILINE
    )


async def test_the_document_is_the_same_for_every_server(doors: Doors) -> None:
    assert create_app(doors.house).openapi() == doors.app.openapi()
