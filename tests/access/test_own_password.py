"""Changing one's own password, and links that let somebody else's browser in."""

from __future__ import annotations

import httpx2
import pytest

from plantops_server.access import tokens, users
from plantops_server.access.backoff import FREE_TRIES
from tests.access.test_login import OURS, PASSWORD, login, with_user
from tests.running_server import Doors

NEW = "another long password"


async def set_password(browser: httpx2.AsyncClient, current: str | None, new: str = NEW) -> httpx2.Response:
    body = {"current_password": current, "new_password": new}
    return await browser.post("/api/auth/password", json=body, headers=OURS)


async def test_a_new_password_ends_the_other_sessions_and_keeps_this_one_under_a_new_cookie(
    doors: Doors,
) -> None:
    await with_user(doors)
    elsewhere, _ = await login(doors)
    browser, _ = await login(doors)
    before = dict(browser.cookies)
    assert (await set_password(browser, PASSWORD)).status_code == 204
    assert dict(browser.cookies) != before
    assert (await browser.get("/api/auth/me")).status_code == 200
    assert (await elsewhere.get("/api/auth/me")).status_code == 401
    assert (await login(doors, NEW))[1].status_code == 200
    assert (await login(doors))[1].status_code == 401


async def test_who_took_an_open_session_cannot_change_the_password_by_guessing(doors: Doors) -> None:
    await with_user(doors)
    browser, _ = await login(doors)
    for _ in range(FREE_TRIES):
        assert (await set_password(browser, "a guess of the thief")).json()["code"] == "wrong_login"
    assert (await set_password(browser, PASSWORD)).status_code == 429


async def test_a_short_password_is_refused_and_not_repeated(doors: Doors) -> None:
    await with_user(doors)
    browser, _ = await login(doors)
    answer = await set_password(browser, PASSWORD, "tiny-pass")
    assert answer.status_code == 422
    assert "tiny-pass" not in answer.text


async def test_a_token_that_may_less_than_its_user_gets_neither_password_nor_link(doors: Doors) -> None:
    """The local admin has no password; a read-only token of it must not grow into one."""
    now = doors.clock()
    async with doors.house.db.transaction() as conn:
        user = await users.create_user(conn, "root", None, "admin", now)
        weak = await tokens.issue_token(conn, user["id"], "reads", "viewer", None, now)
    script = await doors.client(headers={"Authorization": f"Bearer {weak.secret}"})
    for path, body in (
        ("/api/auth/password", {"new_password": NEW}),
        ("/api/auth/login-links", {}),
    ):
        answer = await script.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "role_too_high")
    async with doors.house.db.connection() as conn:
        assert (await users.get_user(conn, user["id"]))["password_hash"] is None


@pytest.mark.parametrize(("caller", "status"), [("viewer", 403), ("operator", 403), ("admin", 201)])
async def test_only_an_admin_makes_a_link_for_somebody_else(doors: Doors, caller: str, status: int) -> None:
    await with_user(doors)
    client = await doors.client(caller)  # type: ignore[arg-type]
    answer = await client.post("/api/auth/login-links", json={"username": "ada"})
    assert answer.status_code == status
    if status == 201:
        assert answer.json()["username"] == "ada"
        assert answer.headers["cache-control"] == "no-store"


async def test_a_link_for_nobody_says_so(doors: Doors) -> None:
    admin = await doors.client("admin")
    answer = await admin.post("/api/auth/login-links", json={"username": "nobody"})
    assert (answer.status_code, answer.json()["code"]) == (404, "user_not_found")
