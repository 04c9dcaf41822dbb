"""Logging in with a password, staying logged in by a cookie, and what other sites cannot do with it."""

from __future__ import annotations

import time

import httpx2
import pytest

from plantops_server.access.backoff import FREE_TRIES
from plantops_server.access.callers import SESSION_ABSOLUTE, SESSION_IDLE
from tests.running_server import Doors

PASSWORD = "correct horse battery"
OURS = {"Origin": "http://plantops.test", "Sec-Fetch-Site": "same-origin"}


async def with_user(doors: Doors, username: str = "ada", role: str = "operator") -> str:
    admin = await doors.client("admin")
    made = await admin.post("/api/users", json={"username": username, "password": PASSWORD, "role": role})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def login(
    doors: Doors, password: str = PASSWORD, username: str = "ada"
) -> tuple[httpx2.AsyncClient, httpx2.Response]:
    browser = await doors.client()
    return browser, await browser.post("/api/auth/login", json={"username": username, "password": password})


async def test_a_login_gives_a_cookie_that_says_who_you_are(doors: Doors) -> None:
    await with_user(doors)
    browser, answer = await login(doors)
    assert answer.json() == {"username": "ada", "role": "operator", "via": "session", "token_name": None}
    assert (await browser.get("/api/auth/me")).json()["username"] == "ada"


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(doors: Doors) -> None:
    await with_user(doors)
    _, answer = await login(doors)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "secure" not in cookie  # plain http cannot have it


async def test_over_https_the_cookie_is_bound_to_this_host(doors: Doors) -> None:
    await with_user(doors)
    browser = await doors.client()
    browser.base_url = httpx2.URL("https://plantops.test")
    answer = await browser.post("/api/auth/login", json={"username": "ada", "password": PASSWORD})
    assert answer.headers["set-cookie"].startswith("__Host-plantops_session=")
    assert "secure" in answer.headers["set-cookie"].lower()
    assert (await browser.get("/api/auth/me")).status_code == 200


async def test_wrong_password_and_unknown_user_get_the_same_answer_in_about_the_same_time(
    doors: Doors,
) -> None:
    await with_user(doors)
    times: dict[str, list[float]] = {"ada": [], "nobody": []}
    answers = []
    for username in ("ada", "nobody") * 2:
        started = time.perf_counter()
        _, answer = await login(doors, "not the password", username)
        times[username].append(time.perf_counter() - started)
        answers.append((answer.status_code, answer.json()))
    assert answers[0][0] == 401
    assert answers == answers[:1] * 4
    assert 0.4 < min(times["nobody"]) / min(times["ada"]) < 2.5


async def test_guessing_is_slowed_down_and_the_right_password_works_after_the_wait(doors: Doors) -> None:
    await with_user(doors)
    for _ in range(FREE_TRIES):
        _, answer = await login(doors, "wrong password")
        assert answer.status_code == 401
    _, answer = await login(doors)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["code"] == "too_many_logins"
    doors.clock.advance(seconds=1)
    _, answer = await login(doors)
    assert answer.status_code == 200


async def test_a_session_ends_at_logout_on_the_server_too(doors: Doors) -> None:
    await with_user(doors)
    browser, _ = await login(doors)
    stolen = dict(browser.cookies)
    assert (await browser.post("/api/auth/logout", headers=OURS)).status_code == 204
    thief = await doors.client(cookies=stolen)
    assert (await thief.get("/api/auth/me")).status_code == 401


async def test_a_login_replaces_the_session_that_the_browser_came_with(doors: Doors) -> None:
    await with_user(doors)
    browser, _ = await login(doors)
    before = dict(browser.cookies)
    again = await browser.post("/api/auth/login", json={"username": "ada", "password": PASSWORD})
    assert again.status_code == 200
    assert dict(browser.cookies) != before
    assert (await (await doors.client(cookies=before)).get("/api/auth/me")).status_code == 401


async def test_an_idle_session_and_an_old_session_end(doors: Doors) -> None:
    await with_user(doors)
    browser, _ = await login(doors)
    doors.clock.advance(seconds=SESSION_IDLE.total_seconds() - 60)
    assert (await browser.get("/api/auth/me")).status_code == 200
    doors.clock.advance(seconds=SESSION_IDLE.total_seconds() + 1)
    assert (await browser.get("/api/auth/me")).status_code == 401
    browser, _ = await login(doors)
    steps = int(SESSION_ABSOLUTE / SESSION_IDLE) + 1
    answers = []
    for _ in range(steps):
        doors.clock.advance(seconds=SESSION_IDLE.total_seconds() - 60)
        answers.append((await browser.get("/api/auth/me")).status_code)
    assert answers[0] == 200
    assert answers[-1] == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://evil.plantops.test"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {},
    ],
)
async def test_another_site_cannot_act_with_your_cookie(doors: Doors, headers: dict[str, str]) -> None:
    await with_user(doors)
    browser, _ = await login(doors)
    answer = await browser.post("/api/plants", json={"name": "planted"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site_request")
    assert (await browser.get("/api/plants")).json()["items"] == []


async def test_our_own_pages_and_tokens_can(doors: Doors) -> None:
    await with_user(doors)
    browser, _ = await login(doors)
    assert (await browser.post("/api/plants", json={"name": "Fern"}, headers=OURS)).status_code == 201
    script = await doors.client("operator", headers={"Origin": "http://elsewhere.example"})
    assert (await script.post("/api/plants", json={"name": "Basil"})).status_code == 201


async def test_json_that_pretends_to_be_text_is_not_taken(doors: Doors) -> None:
    """A form of another site can send text/plain without asking; it must not be read as JSON."""
    operator = await doors.client("operator")
    answer = await operator.post(
        "/api/plants", content='{"name": "x"}', headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code == 422


async def test_a_new_password_ends_the_sessions_of_that_user(doors: Doors) -> None:
    user_id = await with_user(doors)
    browser, _ = await login(doors)
    admin = await doors.client("admin")
    await admin.patch(f"/api/users/{user_id}", json={"password": "another long password"})
    assert (await browser.get("/api/auth/me")).status_code == 401
    _, answer = await login(doors, "another long password")
    assert answer.status_code == 200
