"""Getting in and out in a browser: password, one-time link, session cookie."""

from __future__ import annotations

import httpx2

from plantops_server.access import sessions, users
from plantops_server.access.backoff import FREE_TRIES
from tests.web.conftest import OURS, View, Visitor

PASSWORD = "correct horse battery"


async def log_in(visitor: Visitor, password: str = PASSWORD, **more: str) -> httpx2.Response:
    return await visitor.send("/login", {"username": "ada", "password": password, **more})


async def link_for(view: View, username: str = "ada") -> str:
    async with view.doors.house.db.transaction() as conn:
        user = await users.user_named(conn, username)
        user = user or await users.create_user(conn, username, None, "viewer", view.doors.clock())
        return await sessions.make_login_link(conn, user["id"], view.doors.clock())


async def test_a_stranger_is_sent_to_the_login_and_comes_back_to_the_page(view: View) -> None:
    await view.user("ada", PASSWORD)
    stranger = await view.visitor()
    sent = await stranger.see("/?q=fern")
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=%2F%3Fq%3Dfern")
    form = await stranger.see(sent.headers["location"])
    assert 'name="next" value="/?q=fern"' in form.text
    answer = await log_in(stranger, next="/?q=fern")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?q=fern")
    assert (await stranger.see("/")).status_code == 200


async def test_a_login_leads_to_no_other_site(view: View) -> None:
    await view.user("ada", PASSWORD)
    for place in (
        "//evil.example", "https://evil.example", "/\\evil.example", "/\tx", "javascript:alert(1)", "/a\nb", "",
    ):  # fmt: skip
        assert (await log_in(await view.visitor(), next=place)).headers["location"] == "/"


async def test_a_wrong_password_keeps_the_name_and_says_what_to_do(view: View) -> None:
    await view.user("ada", PASSWORD)
    visitor = await view.visitor()
    answer = await log_in(visitor, "guessed")
    assert answer.status_code == 401
    assert "User name or password is wrong" in answer.text
    assert 'value="ada"' in answer.text
    assert "guessed" not in answer.text
    assert "set-cookie" not in answer.headers


async def test_guessing_in_the_form_is_slowed_down_as_in_the_api(view: View) -> None:
    await view.user("ada", PASSWORD)
    visitor = await view.visitor()
    for _ in range(FREE_TRIES):
        assert (await log_in(visitor, "guessed")).status_code == 401
    answer = await log_in(visitor)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    program = await view.doors.client()
    refused = await program.post("/api/auth/login", json={"username": "ada", "password": PASSWORD})
    assert refused.status_code == 429


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(view: View) -> None:
    await view.user("ada", PASSWORD)
    cookie = (await log_in(await view.visitor())).headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie  # plain http, the exception for the local network that docs/web.md tells of
    assert "Domain" not in cookie


async def test_over_https_the_cookie_is_bound_to_this_host(view: View) -> None:
    await view.user("ada", PASSWORD)
    visitor = await view.visitor()
    visitor.http.base_url = httpx2.URL("https://plantops.test")
    data = {"username": "ada", "password": PASSWORD}
    answer = await visitor.http.post("/login", data=data, headers={"Sec-Fetch-Site": "same-origin"})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-plantops_session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert len(cookie.partition("=")[2].partition(";")[0]) >= 43  # 256 bits
    assert (await visitor.see("/")).status_code == 200


async def test_a_login_gives_a_new_session_and_ends_the_one_that_came(view: View) -> None:
    await view.user("ada", PASSWORD)
    planted = await view.session("viewer", "mallory")
    visitor = await view.visitor()
    visitor.http.cookies.set("plantops_session", planted)
    answer = await log_in(visitor)
    assert answer.status_code == 303
    assert planted not in answer.headers["set-cookie"]
    thief = await view.visitor()
    thief.http.cookies.set("plantops_session", planted)
    assert (await thief.see("/")).status_code == 303


async def test_logging_out_ends_the_session_on_the_server(view: View) -> None:
    visitor = await view.visitor("operator")
    stolen = visitor.http.cookies["plantops_session"]
    answer = await visitor.send("/logout", {"csrf": await visitor.token("/")})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert 'plantops_session=""' in answer.headers["set-cookie"] or any(
        "plantops_session=" in c and "Max-Age=0" in c for c in answer.headers.get_list("set-cookie")
    )
    thief = await view.visitor()
    thief.http.cookies.set("plantops_session", stolen)
    assert (await thief.see("/")).status_code == 303
    assert (await thief.http.get("/api/auth/me")).status_code == 401


async def test_an_open_link_shows_a_button_and_is_not_spent_by_looking(view: View) -> None:
    """Chat and mail programs fetch links to show a preview."""
    link = await link_for(view)
    for _ in range(3):
        preview = await (await view.visitor()).see(f"/login?link={link}")
        assert "Log in as ada" in preview.text
        assert "set-cookie" not in preview.headers
    visitor = await view.visitor()
    answer = await visitor.send("/login", {"link": link})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await visitor.see("/")).status_code == 200


async def test_a_link_is_used_once(view: View) -> None:
    link = await link_for(view)
    assert (await (await view.visitor()).send("/login", {"link": link})).status_code == 303
    late = await view.visitor()
    for answer in (await late.send("/login", {"link": link}), await late.see(f"/login?link={link}")):
        assert answer.status_code == 401
        assert "already used or has expired" in answer.text
        assert "set-cookie" not in answer.headers


async def test_a_link_gets_old(view: View) -> None:
    link = await link_for(view)
    view.doors.clock.advance(seconds=sessions.LINK_LIFE.total_seconds() + 1)
    assert (await (await view.visitor()).see(f"/login?link={link}")).status_code == 401
    assert (await (await view.visitor()).send("/login", {"link": link})).status_code == 401


async def test_a_link_of_the_api_opens_this_page(view: View) -> None:
    admin = await view.doors.client("admin")
    made = (await admin.post("/api/auth/login-links")).json()
    assert made["url"].startswith("http://plantops.test/login?link=")
    assert "Log in as admin" in (await (await view.visitor()).see(made["url"])).text


async def test_another_site_cannot_log_its_visitor_in_as_somebody(view: View) -> None:
    await view.user("ada", PASSWORD)
    visitor = await view.visitor()
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {},
    ):
        data = {"username": "ada", "password": PASSWORD}
        answer = await visitor.http.post("/login", data=data, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


async def test_a_browser_without_fetch_metadata_logs_in_over_plain_http(view: View) -> None:
    """In a local network without TLS browsers send Origin alone."""
    await view.user("ada", PASSWORD)
    visitor = await view.visitor()
    data = {"username": "ada", "password": PASSWORD}
    answer = await visitor.http.post("/login", data=data, headers={"Origin": OURS["Origin"]})
    assert answer.status_code == 303
