"""Settings in the browser: what belongs to oneself, people, tokens, notifications, the advisor."""

from __future__ import annotations

import re

import httpx2

from plantops_server.access import users
from plantops_server.web.own_forms import form_token
from tests.web.conftest import View, Visitor

PASSWORD, NEW = "correct horse battery", "another long password"


async def send(visitor: Visitor, path: str, **fields: str) -> httpx2.Response:
    csrf = form_token(visitor.http.cookies["plantops_session"])
    return await visitor.send(path, {"csrf": csrf, **fields})


async def said(visitor: Visitor, answer: httpx2.Response) -> str:
    """What the page says after a form was sent, and everything else on it."""
    assert answer.status_code == 303, answer.text
    page = await visitor.see(answer.headers["location"])
    assert page.status_code == 200
    return page.text


def refused(answer: httpx2.Response) -> str:
    """The page that a form came back on, with what is wrong beside what was typed."""
    assert 400 <= answer.status_code < 500, answer.status_code
    assert 'class="flash problem"' in answer.text
    return answer.text


async def logged_in(view: View, role: str = "operator") -> Visitor:
    await view.user("ada", PASSWORD, role)  # type: ignore[arg-type]
    visitor = await view.visitor()
    assert (await visitor.send("/login", {"username": "ada", "password": PASSWORD})).status_code == 303
    return visitor


async def test_a_new_password_keeps_this_browser_in_and_the_others_out(view: View) -> None:
    visitor = await logged_in(view)
    elsewhere = await view.visitor()
    await elsewhere.send("/login", {"username": "ada", "password": PASSWORD})
    answer = await send(visitor, "/settings/password", current_password=PASSWORD, new_password=NEW)
    assert "The new password holds" in await said(visitor, answer)
    assert (await elsewhere.see("/")).status_code == 303
    stranger = await view.visitor()
    assert (await stranger.send("/login", {"username": "ada", "password": PASSWORD})).status_code == 401
    assert (await stranger.send("/login", {"username": "ada", "password": NEW})).status_code == 303


async def test_a_password_that_does_not_do_is_refused_and_not_repeated(view: View) -> None:
    visitor = await logged_in(view)
    for current, new, sentence in (
        ("guessed", NEW, "current password is wrong"), ("", NEW, "current password is wrong"),
        (PASSWORD, "tiny-pass", "at least 10 characters"),
    ):  # fmt: skip
        fields = {"current_password": current, "new_password": new}
        page = refused(await send(visitor, "/settings/password", **fields))
        assert sentence in page
        assert new not in page


async def test_a_token_is_shown_once_works_and_is_revoked(view: View) -> None:
    visitor = await logged_in(view)
    made = await send(visitor, "/settings/tokens", name="laptop", role="viewer", expires_in_s="86400")
    assert made.headers["cache-control"] == "no-store"
    (secret,) = re.findall(r"po_[\w-]{40,}", made.text)
    script = await view.doors.client(headers={"Authorization": f"Bearer {secret}"})
    assert (await script.get("/api/auth/me")).json()["role"] == "viewer"
    page = (await visitor.see("/settings")).text
    assert "laptop" in page
    assert secret not in page
    (token_id,) = re.findall(r"/settings/tokens/(tok_\w+)/revoke", page)
    await said(visitor, await send(visitor, f"/settings/tokens/{token_id}/revoke"))
    assert (await script.get("/api/auth/me")).status_code == 401


async def test_nobody_makes_a_token_above_the_own_role(view: View) -> None:
    visitor = await logged_in(view)
    answer = await send(visitor, "/settings/tokens", name="more", role="admin")
    assert "cannot give the role admin" in refused(answer)
    assert 'value="more"' in answer.text


async def test_one_link_lets_another_browser_in_as_oneself(view: View) -> None:
    visitor = await logged_in(view)
    made = await send(visitor, "/settings/login-link")
    (secret,) = re.findall(r"http://plantops.test/login\?link=([\w-]+)", made.text)
    phone = await view.visitor()
    assert (await phone.send("/login", {"link": secret})).status_code == 303
    assert (await phone.http.get("/api/auth/me")).json()["username"] == "ada"


async def test_an_ssh_key_comes_and_goes(view: View) -> None:
    visitor = await logged_in(view)
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ada@laptop"
    assert "ada@laptop" in await said(visitor, await send(visitor, "/settings/ssh-keys", public_key=key))
    page = (await visitor.see("/settings")).text
    (key_id,) = re.findall(r"/settings/ssh-keys/(\w+)/remove", page)
    assert "ada@laptop" not in await said(visitor, await send(visitor, f"/settings/ssh-keys/{key_id}/remove"))
    assert ">no key</textarea>" in refused(await send(visitor, "/settings/ssh-keys", public_key="no key"))
    private = "-----BEGIN OPENSSH PRIVATE KEY----- canary"
    assert "canary" not in refused(await send(visitor, "/settings/ssh-keys", public_key=private))


async def test_an_admin_adds_changes_and_removes_people(view: View) -> None:
    admin = await view.visitor("admin")
    home = "/settings/access"
    added = await said(
        admin, await send(admin, f"{home}/users", username="ada", password=PASSWORD, role="viewer")
    )
    assert "Added ada." in added
    async with view.doors.house.db.connection() as conn:
        ada = await users.user_named(conn, "ada")
    assert ada is not None
    person = f"{home}/users/{ada['id']}"
    await said(admin, await send(admin, person, role="operator"))
    await said(admin, await send(admin, person, password=NEW))
    visitor = await view.visitor()
    assert (await visitor.send("/login", {"username": "ada", "password": NEW})).status_code == 303
    assert (await visitor.http.get("/api/auth/me")).json()["role"] == "operator"
    assert "/login?link=" in (await send(admin, f"{person}/login-link")).text
    assert "po_" in (await send(admin, f"{person}/tokens", name="hers", role="viewer")).text
    assert "Removed" in await said(admin, await send(admin, f"{person}/remove"))
    assert (await visitor.see("/")).status_code == 303


async def test_a_person_that_cannot_be_added_is_said_to_be_so(view: View) -> None:
    admin = await view.visitor("admin")
    for username, password, sentence in (
        ("Ada Lovelace", PASSWORD, "Username:"), ("ada", "short", "Password:"), ("admin", PASSWORD, "already a user"),
    ):  # fmt: skip
        answer = await send(admin, "/settings/access/users", username=username, password=password)
        page = refused(answer)
        assert sentence in page
        assert f'value="{username}"' in page
        assert password not in page


async def test_the_last_admin_stays(view: View) -> None:
    admin = await view.visitor("admin")
    async with view.doors.house.db.connection() as conn:
        me = await users.user_named(conn, "admin")
    assert me is not None
    page = refused(await send(admin, f"/settings/access/users/{me['id']}/remove"))
    assert "is the last admin" in page


async def test_an_enrolment_token_is_shown_once_and_revoked(view: View) -> None:
    admin = await view.visitor("admin")
    made = await send(admin, "/settings/enrolment", name="balcony", uses="3", expires_in_s="3600")
    assert "3 device(s)" in made.text
    page = (await admin.see("/settings/enrolment")).text
    (token_id,) = re.findall(r"/settings/enrolment/(ent_\w+)/revoke", page)
    assert "balcony" not in await said(admin, await send(admin, f"/settings/enrolment/{token_id}/revoke"))
    for uses in ("0", "many", "1.5"):
        page = refused(await send(admin, "/settings/enrolment", name="porch", uses=uses))
        assert 'value="porch"' in page
        assert f'value="{uses}"' in page


async def test_a_channel_is_added_changed_and_removed_and_its_secret_never_shown(view: View) -> None:
    admin = await view.visitor("admin")
    home, url = "/settings/notifications", "https://discord.com/api/webhooks/42/SeCrEtOfTheHook"
    added = await send(
        admin, f"{home}/channels", name="family", type="discord", url=url, min_severity="warning"
    )
    page = await said(admin, added)
    assert "SeCrEtOfTheHook" not in page
    (masked,) = set(re.findall(r'value="(https://discord[^"]+)"', page))
    saved = await send(
        admin, f"{home}/channels/save", channel="family", name="all of us", type="discord", url=masked,
        min_severity="critical", enabled="on", **{"kind-low": "on"},
    )  # fmt: skip
    assert "all of us" in await said(admin, saved)
    kept = (await (await view.doors.client("admin")).get("/api/settings/notifications")).json()["channels"]
    assert [(c["name"], c["kinds"], c["min_severity"]) for c in kept] == [("all of us", ["low"], "critical")]
    removed = await said(admin, await send(admin, f"{home}/channels/remove", channel="all of us"))
    assert "Nobody is told anything yet" in removed


NO_CHANNELS = [
    {"name": "x", "type": "discord", "url": "http://10.0.0.1/api/webhooks/1/x"},
    {"name": "x", "type": "discord", "url": "https://evil.example/api/webhooks/1/x"},
    {"name": "", "type": "discord", "url": "https://discord.com/api/webhooks/1/x"},
    {"name": "x", "type": "pigeon", "url": "https://discord.com/api/webhooks/1/x"},
    {"name": "x", "type": "apprise", "url": "nonsense"},
]


async def test_a_channel_that_may_not_be_is_refused(view: View) -> None:
    admin = await view.visitor("admin")
    for fields in NO_CHANNELS:
        page = refused(await send(admin, "/settings/notifications/channels", **fields))
        assert fields["url"] not in page
        assert "Type it once more" in page
        assert "Nobody is told anything yet" in page


async def test_quiet_hours_and_repeats_are_kept_and_cleared(view: View) -> None:
    admin = await view.visitor("admin")
    home = "/settings/notifications"
    fields = {
        "quiet_start": "22:00",
        "quiet_end": "07:30",
        "quiet_zone": "Europe/Berlin",
        "repeat_after_h": "4",
        "digest": "on",
    }
    await said(admin, await send(admin, home, **fields))
    program = await view.doors.client("admin")
    kept = (await program.get("/api/settings/notifications")).json()
    assert kept["quiet_hours"] == {"start": "22:00", "end": "07:30", "timezone": "Europe/Berlin"}
    assert (kept["repeat_after_s"], kept["digest"]) == (14_400, True)
    for wrong in (
        {"quiet_start": "22:00"},
        {**fields, "quiet_zone": "Europe/Nowhere"},
        {"repeat_after_h": "0.01"},
    ):
        page = refused(await send(admin, home, **wrong))
        assert all(f'value="{typed}"' in page for typed in wrong.values())
    await said(admin, await send(admin, home))
    assert (await program.get("/api/settings/notifications")).json()["quiet_hours"] is None


async def test_a_test_without_a_channel_says_what_to_do(view: View) -> None:
    admin = await view.visitor("admin")
    assert "No notification channel" in refused(await send(admin, "/settings/notifications/test"))


async def test_the_key_of_the_advisor_is_kept_masked_and_forgotten(view: View) -> None:
    admin = await view.visitor("admin")
    home, key = "/settings/advisor", "sk-canary-0123456789abcdef"
    chosen = await send(
        admin, home, provider="anthropic", model="claude-haiku-5-5", api_key=key, daily_cap_usd="0.50"
    )
    page = await said(admin, chosen)
    assert key not in page
    assert "sk-…cdef" in page
    assert "of $0.5" in page
    await said(admin, await send(admin, home, provider="anthropic", model="another-model"))
    shown = (await (await view.doors.client("admin")).get("/api/settings/llm")).json()
    assert (shown["model"], shown["configured"], shown["daily_cap_usd"]) == ("another-model", True, None)
    operator = await view.visitor("operator")
    seen = (await operator.see(home)).text
    assert "another-model" in seen
    assert "Choose a model" not in seen
    assert "no language model is set up" in await said(admin, await send(admin, f"{home}/forget"))


async def test_a_test_of_the_advisor_tells_in_a_sentence_what_is_missing(view: View) -> None:
    admin = await view.visitor("admin")
    page = await said(admin, await send(admin, "/settings/advisor/test"))
    assert 'class="flash problem"' in page
    assert "No language model is set up" in page


NO_SETTINGS = [
    {"provider": "anthropic"},
    {"provider": "nobody", "model": "x"},
    {"provider": "openai-compatible", "model": "x"},
    {"provider": "openai-compatible", "model": "x", "base_url": "http://169.254.169.254/v1"},
    {"provider": "anthropic", "model": "x", "daily_cap_usd": "-1"},
    {"provider": "anthropic", "model": "x", "daily_cap_usd": "much"},
    {"provider": "anthropic", "model": "x", "api_key": "two words of a canary"},
]


async def test_settings_of_the_advisor_that_cannot_be_are_refused(view: View) -> None:
    admin = await view.visitor("admin")
    for fields in NO_SETTINGS:
        page = refused(await send(admin, "/settings/advisor", **fields))
        for name in fields.keys() & {"model", "base_url", "daily_cap_usd"}:
            assert f'value="{fields[name]}"' in page
        assert "canary" not in page


async def test_own_prices_come_before_the_table_and_go_again(view: View) -> None:
    admin = await view.visitor("admin")
    home, price = "/settings/advisor", {"model": "a-model", "input_usd": "1.5", "output_usd": "6,25"}
    assert "Choose a model first" in refused(await send(admin, f"{home}/prices", **price))
    await send(admin, home, provider="anthropic", model="a-model", daily_cap_usd="0.5")
    assert 'value="6,25"' in refused(await send(admin, f"{home}/prices", **{**price, "input_usd": ""}))
    assert "6.25" in await said(admin, await send(admin, f"{home}/prices", **price))
    shown = (await (await view.doors.client("admin")).get("/api/settings/llm")).json()
    assert shown["prices"] == {"a-model": {"input_usd": 1.5, "output_usd": 6.25}}
    assert shown["daily_cap_usd"] == 0.5
    assert "6.25" not in await said(admin, await send(admin, f"{home}/prices/forget", model="a-model"))


async def test_the_key_of_openplantbook_is_kept_masked_and_forgotten(view: View) -> None:
    admin = await view.visitor("admin")
    home, secret = "/settings/species", "canary-0123456789abcdef"
    assert "client id is missing" in refused(await send(admin, home, client_secret=secret))
    page = await said(admin, await send(admin, home, client_id="W8hRg3", client_secret=secret))
    assert ("…cdef" in page, secret in page) == (True, False)
    other = refused(await send(admin, home, client_id="another"))
    assert "needs its secret" in other
    assert 'value="another"' in other
    await said(admin, await send(admin, home, client_id="W8hRg3"))
    assert "W8hRg3" not in await said(admin, await send(admin, f"{home}/forget"))
    untold = await said(admin, await send(admin, f"{home}/test"))
    assert 'class="flash problem"' in untold
