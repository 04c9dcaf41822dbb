"""Every form against every kind of caller and every other site, generated from the routes so that none is forgotten."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from plantops_api.wire import ROLES, Role
from plantops_server.api.app import role_of
from plantops_server.web.own_forms import form_token
from tests.web.conftest import OURS, View, Visitor

OPEN = {"GET /login", "POST /login", "POST /theme", "GET /static/{digest}/{name}"}
"""Whoever asks gets an answer: the way in, colours, and style and scripts, which hold nobody's data."""


def routes(view: View, method: str) -> dict[str, str]:
    """The paths of a method and the role that each needs."""
    return {
        str(route.path_format or route.path): role_of(route)
        for route in iter_route_contexts(view.web.routes)
        if method in (route.methods or ())
    }


def address(path: str) -> str:
    """A path with names that nobody has."""
    path = re.sub(r"\{(plan_id|number)\}", "9", path)
    return re.sub(r"\{[^}]+\}", "nobody_has_this", path)


def test_only_the_named_routes_are_open(view: View) -> None:
    every = [
        (method, path, role) for method in ("GET", "POST") for path, role in routes(view, method).items()
    ]
    assert {f"{method} {path}" for method, path, role in every if role == "none"} == OPEN
    assert len(routes(view, "POST")) > 40


def test_pages_know_no_other_method(view: View) -> None:
    methods = {method for route in iter_route_contexts(view.web.routes) for method in route.methods or ()}
    assert methods == {"GET", "POST"}


@pytest.mark.parametrize("role", [None, *ROLES])
async def test_a_caller_gets_in_exactly_where_the_role_reaches(view: View, role: Role | None) -> None:
    visitor = await view.visitor(role)
    wrong = {}
    for method in ("GET", "POST"):
        for path, needed in routes(view, method).items():
            if needed == "none" or path == "/logout":
                continue
            answer = await knock(visitor, method, address(path), role)
            allowed = role is not None and ROLES.index(role) >= ROLES.index(needed)  # type: ignore[arg-type]
            if was_let_in(answer, method) != allowed:
                wrong[f"{method} {path}"] = answer.status_code
    assert wrong == {}


async def knock(visitor: Visitor, method: str, path: str, role: Role | None) -> Any:
    if method == "GET":
        return await visitor.see(path)
    token = form_token(visitor.http.cookies["plantops_session"]) if role else ""
    return await visitor.http.post(path, data={"csrf": token}, headers=OURS)


def was_let_in(answer: Any, method: str) -> bool:
    """Whether somebody got further than the lock: a login or a refusal says no."""
    to_login = answer.status_code == 303 and answer.headers["location"].startswith("/login")
    return answer.status_code not in (401, 403) and not to_login


FOREIGN = [
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"}, 403),
    ({"Sec-Fetch-Site": "same-site", "Origin": "http://evil.plantops.test"}, 403),
    ({"Origin": "http://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": "http://plantops.test.evil.example"}, 403),
    ({}, 403),
    ({**OURS, "Content-Type": "text/plain"}, 415),
    ({**OURS, "Content-Type": "application/json"}, 415),
    ({**OURS, "Content-Type": "multipart/form-data; boundary=x"}, 415),
]


async def test_no_form_is_carried_out_for_another_site(view: View) -> None:
    """With the cookie and even with the right token: the browser's word on where it started decides, too."""
    visitor = await view.visitor("admin")
    token = form_token(visitor.http.cookies["plantops_session"])
    before = await everything(view)
    for path in routes(view, "POST"):
        for headers, status in FOREIGN:
            sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
            answer = await visitor.http.post(address(path), content=f"csrf={token}", headers=sent)
            assert answer.status_code == status, (path, headers)
    assert await everything(view) == before


async def test_no_form_is_carried_out_without_the_token_of_this_session(view: View) -> None:
    visitor = await view.visitor("admin")
    another = form_token(await view.session("admin"))
    before = await everything(view)
    for path in set(routes(view, "POST")) - {"/login"}:
        for token in ("", "0" * 32, "é", another):
            answer = await visitor.http.post(address(path), data={"csrf": token}, headers=OURS)
            assert answer.status_code == 403, path
            assert "does not belong to your present login" in answer.text
    assert await everything(view) == before


async def test_looking_changes_nothing(view: View) -> None:
    """Also where a form would be sent: GET is answered, and carries nothing out."""
    visitor = await view.visitor("admin")
    await view.doors.client("admin")
    before = await everything(view)
    for path in {*routes(view, "GET"), *routes(view, "POST")} - {"/login"}:
        answer = await visitor.see(
            address(path) + "?csrf=x&username=mallory&password=long-enough-one&role=admin"
        )
        assert answer.status_code < 500, path
        assert "set-cookie" not in answer.headers, path
    assert await everything(view) == before


async def test_every_answer_keeps_strangers_out(view: View) -> None:
    visitor = await view.visitor("admin")
    program = await view.doors.client("admin")
    answers = [
        await visitor.see("/"), await visitor.see("/nowhere"), await visitor.see("/login"),
        await visitor.http.post("/theme", data={}, headers={}), await (await view.visitor()).see("/alerts"),
        await visitor.see(re.findall(r'href="(/static/[^"]+css)"', (await visitor.see("/")).text)[0]),
    ]  # fmt: skip
    assert {answer.status_code for answer in answers} == {200, 303, 403, 404}
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
    data = await program.get("/api/plants")
    assert data.headers["content-security-policy"].startswith("default-src 'none'")
    for answer in [*answers, data]:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
    head = await visitor.http.head("/alerts")
    assert (head.status_code, head.content, head.headers["cache-control"]) == (200, b"", "no-store")
    assert (await visitor.http.put("/alerts")).headers["allow"] == "GET"


async def test_a_form_that_is_too_large_or_no_form_is_refused(view: View) -> None:
    visitor = await view.visitor("admin")
    csrf = form_token(visitor.http.cookies["plantops_session"])
    large = await visitor.send("/settings/tokens", {"csrf": csrf, "name": "x" * 1_100_000})
    assert large.status_code == 413
    many = "&".join(f"f{n}=1" for n in range(1100))
    sent = {**OURS, "Content-Type": "application/x-www-form-urlencoded"}
    assert (await visitor.http.post("/settings/tokens", content=many, headers=sent)).status_code == 422
    assert (await visitor.http.post("/settings/tokens", content=b"\xff\xfe", headers=sent)).status_code == 422


def test_the_token_of_a_form_does_not_tell_the_session() -> None:
    assert form_token("one") != form_token("other")
    assert "one" not in form_token("one")


async def everything(view: View) -> dict[str, str]:
    """A digest of every table that people change."""
    tables = (
        "users", "api_tokens", "enrolment_tokens", "login_links", "plants", "devices", "alerts", "settings",
        "waterings", "care_plans", "pairing_windows",
    )  # fmt: skip
    found = {}
    async with view.doors.house.db.connection() as conn:
        for table in tables:
            query = (
                f"SELECT coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '') AS sum FROM {table} t"  # noqa: S608
            )
            row = await (await conn.execute(query)).fetchone()  # type: ignore[arg-type]
            found[table] = str(row["sum"]) if row else ""
    return found
